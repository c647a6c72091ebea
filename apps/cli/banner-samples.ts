import { basename } from 'node:path';
import type { Ready } from '../server/ready.ts';
import type { BannerWords } from './banner-words.ts';
import { addressHere } from './listen-address.ts';
import { dataOptionOf, shellQuote } from './shell.ts';

/** What the lines connect with. */
export type SampleConnection = Ready & {
  readonly address: string;
  readonly username: string;
  readonly password: string;
};

/**
 * Lines to copy for a first client on this machine. They use `localhost`, which the first deployment answers to as well, since
 * its own name does not resolve everywhere. Where `localhost` does not lead to the service, or its certificate need not cover it,
 * they use the address; `berth` is told besides where that is.
 */
export function renderSamples(connection: SampleConnection, text: BannerWords, berth: string): string[] {
  const { address, ca, mqtts: port } = connection;
  const login = `-u ${shellQuote(connection.username)} -P ${shellQuote(connection.password)}`;
  const here = addressHere(connection.bind);
  const isElsewhere = here !== 'localhost';
  // A certificate of the operator need not cover localhost, and its root may be one that every system knows.
  const host = isElsewhere || basename(ca) !== 'ca.crt' ? address : 'localhost';
  const toBerth = isElsewhere ? ` -h ${here} --servername ${address}` : host === 'localhost' ? '' : ` -h ${host}`;
  const berthOptions = `${toBerth}${port === 8883 ? '' : ` -p ${port}`}${dataOptionOf(connection)}`;
  const mosquitto = ca === '' ? '--tls-use-os-certs' : `--cafile ${shellQuote(ca)}`;
  const mqttx = ca === '' ? '' : ` --ca ${shellQuote(ca)}`;
  return [
    text.berthHere,
    `${berth} sub${berthOptions} ${login} -t 'test/#' -v`,
    `${berth} pub${berthOptions} ${login} -t test/hello -m hello`,
    '',
    ...(isElsewhere ? [`# ${text.resolves(address, here)}`, `# ${here} ${address}`, ''] : []),
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
    `client.tls_set(${ca === '' ? '' : pythonQuote(ca)})`,
    `client.on_message = lambda client, data, message: print(message.topic, message.payload.decode())`,
    `client.on_connect = lambda client, data, flags, reason, properties: (print(reason), client.subscribe('test/#'), client.publish('test/python', 'hello'))`,
    `client.connect('${host}', ${port})`,
    `client.loop_forever()`,
    `END`,
  ];
}

function pythonQuote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
}
