import { Socket } from 'node:net';
import type { Environment, Plant } from './test-environment.ts';
import { login, type Situation } from './test-situation.ts';

/** Before the first byte: names, routes, ports that do not answer, and what cuts connections. */
export async function networkSituations(environment: Environment): Promise<Situation[]> {
  const unreachable = (): Socket => {
    const socket = new Socket();
    const error = Object.assign(new Error('connect EHOSTUNREACH 203.0.113.7:8883'), { code: 'EHOSTUNREACH' });
    queueMicrotask(() => socket.destroy(error));
    return socket;
  };
  const closed = await environment.closedPort();
  const full = await environment.fullListener();
  const { mqtt } = await environment.dedicated('behind the idle proxy');
  const cutter = await environment.idleCutter(mqtt, 3000);
  return [
    {
      title: { en: 'Unresolvable name', zh: '域名无法解析' },
      made: {
        en: 'A name under .invalid, which never exists (RFC 6761), asked of the resolver of the machine.',
        zh: '使用 .invalid 下的名称（RFC 6761 规定其永不存在），由本机解析器查询。',
      },
      args: [`mqtts://no-such-plant.invalid`, ...login],
      step: 'resolve',
      fault: 'address.unresolvable',
      status: 'failed',
      exitCode: 11,
    },
    {
      title: { en: 'No route', zh: '没有路由' },
      made: {
        en: 'The error that a system without a route gives (EHOSTUNREACH), put in place of the connection.',
        zh: '用没有路由的系统所返回的错误（EHOSTUNREACH）代替真实连接。',
      },
      args: ['mqtts://203.0.113.7', ...login],
      world: { dial: unreachable },
      step: 'tcp',
      fault: 'address.unreachable',
      status: 'failed',
      exitCode: 11,
    },
    {
      title: { en: 'Refused', zh: '连接被拒绝' },
      made: { en: 'A port where nobody listens.', zh: '没有程序监听的端口。' },
      args: [`mqtts://localhost:${closed}`, ...login, '--for', 'go'],
      step: 'tcp',
      fault: 'port.refused',
      status: 'failed',
      exitCode: 12,
    },
    {
      title: { en: 'Silent drop', zh: '数据包被丢弃' },
      made: {
        en: 'A listener whose queue is full: the system drops further connections, as a firewall does.',
        zh: '监听队列已满：系统像防火墙一样丢弃新的连接。',
      },
      args: [`mqtts://localhost:${full}`, ...login, '--connect-timeout', '1'],
      step: 'tcp',
      fault: 'address.timeout',
      status: 'failed',
      exitCode: 11,
    },
    {
      title: { en: 'A proxy that cuts idle connections', zh: '代理切断空闲连接' },
      made: {
        en: 'A proxy in front of a dedicated deployment resets what was idle for three seconds.',
        zh: '专有版部署前的代理会重置空闲三秒的连接。',
      },
      args: [`mqtt://localhost:${cutter}`, ...login, '--idle', '10'],
      step: 'idle',
      fault: 'connection.idle-cut',
      status: 'failed',
      exitCode: 23,
    },
  ];
}

/** Something else speaks on the port than was thought. */
export async function portSituations(environment: Environment, plant: Plant): Promise<Situation[]> {
  const { service } = environment;
  const { mqtt } = await environment.dedicated('dedicated');
  const website = await environment.website();
  const ssh = await environment.plainServer((socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'), 22);
  const hangsUp = await environment.plainServer((socket) => void socket.once('data', () => socket.end()), 1883);
  const silent = await environment.plainServer(() => undefined, 8883);
  const data = ['--data', service.dataDirectory];
  const failure = { step: 'port', status: 'failed', exitCode: 12 } as const;
  return [
    {
      title: { en: 'An HTTP server', zh: 'HTTP 服务器' },
      made: { en: 'A web server without TLS.', zh: '一个不带 TLS 的 Web 服务器。' },
      args: [`mqtts://localhost:${website}`, ...login],
      ...failure,
      fault: 'port.http-server',
    },
    {
      title: { en: 'An HTTP server, asked without TLS', zh: 'HTTP 服务器，不使用 TLS' },
      made: { en: 'The same web server.', zh: '同一个 Web 服务器。' },
      args: [`mqtt://localhost:${website}`, ...login],
      ...failure,
      fault: 'port.http-server',
    },
    {
      title: { en: 'Plain MQTT on the TLS port', zh: '在 TLS 端口上使用明文' },
      made: { en: 'mqtt:// on port 8883 of the service.', zh: '用 mqtt:// 连接本服务的 8883 端口。' },
      args: [`mqtt://${plant.address}:${service.ready.mqtts}`, ...login, '--for', 'esp8266'],
      ...failure,
      fault: 'port.plain-mqtt-on-tls',
    },
    {
      title: { en: 'TLS on a plain port', zh: '在明文端口上使用 TLS' },
      made: {
        en: 'mqtts:// on the plain port of a dedicated deployment.',
        zh: '用 mqtts:// 连接专有版部署的明文端口。',
      },
      args: [`mqtts://localhost:${mqtt}`, ...login],
      ...failure,
      fault: 'port.tls-on-plain',
    },
    {
      title: { en: 'WebSocket on the MQTT port', zh: '在 MQTT 端口上使用 WebSocket' },
      made: { en: 'wss:// on port 8883 of the service.', zh: '用 wss:// 连接本服务的 8883 端口。' },
      args: [`wss://${plant.address}:${service.ready.mqtts}/mqtt`, ...login, ...data],
      ...failure,
      step: 'websocket',
      fault: 'port.http-on-mqtt',
    },
    {
      title: { en: 'MQTT on the WebSocket port', zh: '在 WebSocket 端口上直接使用 MQTT' },
      made: { en: 'mqtts:// on port 8084 of the service.', zh: '用 mqtts:// 连接本服务的 8084 端口。' },
      args: [`mqtts://${plant.address}:${service.ready.wss}`, ...login, ...data],
      ...failure,
      step: 'connect-5.0',
      fault: 'port.mqtt-on-websocket',
    },
    {
      title: { en: 'Something else on the port', zh: '端口上是其他服务' },
      made: { en: 'A server that greets as SSH does.', zh: '一个以 SSH 方式应答的服务器。' },
      args: [`mqtts://localhost:${ssh}`, ...login],
      ...failure,
      fault: 'port.not-mqtt',
    },
    {
      title: { en: 'Closed without an answer', zh: '没有应答就断开' },
      made: { en: 'A server that closes whatever comes.', zh: '一个收到任何数据都会断开的服务器。' },
      args: [`mqtt://localhost:${hangsUp}`, ...login],
      ...failure,
      exitCode: 19,
      step: 'connect-5.0',
      fault: 'protocol.no-connack',
    },
    {
      title: { en: 'Nothing but silence', zh: '没有任何应答' },
      made: { en: 'A server that accepts and never answers.', zh: '一个只接受连接、从不应答的服务器。' },
      args: [`mqtts://localhost:${silent}`, ...login, '--connect-timeout', '1'],
      ...failure,
      fault: 'port.silent',
    },
  ];
}
