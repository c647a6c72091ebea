import { basename, dirname, resolve } from 'node:path';
import type { Ready } from '../server/ready.ts';
import type { Language } from './language.ts';
import { addressHere, hostInUrl } from './listen-address.ts';

interface Words {
  readonly ready: string;
  readonly deployment: string;
  readonly address: string;
  readonly ports: string;
  readonly guide: string;
  readonly console: string;
  readonly username: string;
  readonly password: string;
  readonly passwordOnce: string;
  readonly passwordHidden: string;
  readonly ca: string;
  readonly caNone: string;
  readonly tryIt: string;
  readonly placeholder: string;
  readonly berthHere: string;
  readonly stop: string;
}

const words: Readonly<Record<Language, Words>> = {
  en: {
    ready: 'Berth is ready.',
    deployment: 'Deployment',
    address: 'Address',
    ports: 'Ports',
    guide: 'Guide',
    console: 'REST',
    username: 'User name',
    password: 'Password',
    passwordOnce: 'shown this once: keep it',
    passwordHidden: 'shown at the first start only; a new one:',
    ca: 'CA file',
    caNone: '(none: clients use the trust store of their system)',
    tryIt: 'Try it, line by line, in another terminal:',
    placeholder: 'PASSWORD',
    berthHere: '# Berth, in this folder',
    stop: 'Ctrl-C stops the service.',
  },
  zh: {
    ready: 'Berth 已就绪。',
    deployment: '部署',
    address: '连接地址',
    ports: '端口',
    guide: '连接指引',
    console: 'REST',
    username: '用户名',
    password: '密码',
    passwordOnce: '仅显示这一次，请妥善保存',
    passwordHidden: '仅在首次启动时显示；设置新密码：',
    ca: 'CA 文件',
    caNone: '（无：客户端使用系统的信任库）',
    tryIt: '在另一个终端中逐行试用：',
    placeholder: '你的密码',
    berthHere: '# Berth（在本目录中）',
    stop: '按 Ctrl-C 停止服务。',
  },
};

/**
 * What `berth up` prints for people when it is ready: how to connect, and lines to copy that work as they stand.
 * They use `localhost`, which the first deployment answers to as well, since its own name does not resolve everywhere.
 */
export function renderBanner(ready: Ready, options: { language: Language; command: string }): string {
  const text = words[options.language];
  const ca = ready.ca === '' ? '' : resolve(ready.ca);
  const username = ready.username ?? 'USERNAME';
  const dataOption = ca === '' || dirname(ca) === resolve('berth-data') ? '' : ` --data ${shellQuote(dirname(ca))}`;
  const newPassword = `${options.command} credential set-password ${ready.deployment.id} ${shellQuote(username)}${dataOption}`;
  const rows: readonly (readonly [string, string])[] = [
    [text.deployment, `${ready.deployment.name} (${ready.deployment.id})`],
    [text.address, ready.address],
    [text.ports, `${ready.mqtts} MQTT over TLS, ${ready.wss} WebSocket over TLS (/mqtt)`],
    [text.guide, `${httpUrl(ready)}/guide`],
    [text.console, httpUrl(ready)],
    [text.username, username],
    [
      text.password,
      ready.password === undefined
        ? `(${text.passwordHidden} ${newPassword})`
        : `${ready.password}   (${text.passwordOnce})`,
    ],
    [text.ca, ca === '' ? text.caNone : ca],
  ];
  const width = Math.max(...rows.map(([label]) => Bun.stringWidth(label)));
  const facts = rows.map(([label, value]) => `  ${label}${' '.repeat(width - Bun.stringWidth(label))}  ${value}`);
  const samples = renderSamples(
    { ...ready, ca, username, password: ready.password ?? text.placeholder },
    text,
    options.command,
    dataOption,
  );
  return ['', text.ready, '', ...facts, '', text.tryIt, '', samples, '', text.stop, ''].join('\n');
}

function httpUrl({ httpTls, httpBind, http }: Ready): string {
  return `${httpTls ? 'https' : 'http'}://${hostInUrl(addressHere(httpBind))}:${http}`;
}

type Connection = Ready & { readonly username: string; readonly password: string };

function renderSamples(connection: Connection, text: Words, berth: string, dataOption: string): string {
  const login = `-u ${shellQuote(connection.username)} -P ${shellQuote(connection.password)}`;
  // A certificate of the operator need not cover localhost, and its root may be one that every system knows.
  const host = basename(connection.ca) === 'ca.crt' ? 'localhost' : connection.address;
  const berthHost = host === 'localhost' ? '' : ` -h ${host}`;
  const mosquitto = connection.ca === '' ? '--tls-use-os-certs' : `--cafile ${shellQuote(connection.ca)}`;
  const mqttx = connection.ca === '' ? '' : ` --ca ${shellQuote(connection.ca)}`;
  const port = connection.mqtts;
  const berthPort = port === 8883 ? '' : ` -p ${port}`;
  return [
    text.berthHere,
    `${berth} sub${berthHost}${berthPort}${dataOption} ${login} -t 'test/#' -v`,
    `${berth} pub${berthHost}${berthPort}${dataOption} ${login} -t test/hello -m hello`,
    '',
    `# Mosquitto`,
    `mosquitto_sub -h ${host} -p ${port} ${mosquitto} ${login} -t 'test/#' -v`,
    `mosquitto_pub -h ${host} -p ${port} ${mosquitto} ${login} -t test/hello -m hello`,
    '',
    `# MQTTX CLI`,
    `mqttx sub -h ${host} -p ${port} -l mqtts${mqttx} ${login} -t 'test/#'`,
    `mqttx pub -h ${host} -p ${port} -l mqtts${mqttx} ${login} -t test/hello -m hello`,
    '',
    `# Python: pip install 'paho-mqtt>=2'`,
    `python3 - <<'END'`,
    `import paho.mqtt.client as mqtt`,
    `client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)`,
    `client.username_pw_set(${pythonQuote(connection.username)}, ${pythonQuote(connection.password)})`,
    `client.tls_set(${connection.ca === '' ? '' : pythonQuote(connection.ca)})`,
    `client.on_message = lambda client, data, message: print(message.topic, message.payload.decode())`,
    `client.on_connect = lambda client, data, flags, reason, properties: (print(reason), client.subscribe('test/#'), client.publish('test/python', 'hello'))`,
    `client.connect('${host}', ${port})`,
    `client.loop_forever()`,
    `END`,
  ].join('\n');
}

/** For a POSIX shell; plain words stay as they are. */
export function shellQuote(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function pythonQuote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
}
