import { certificateSituations, clockSituations } from './test-certificate-situations.ts';
import { password, type Environment, type Plant } from './test-environment.ts';
import { networkSituations, portSituations } from './test-network-situations.ts';
import { login, type Situation } from './test-situation.ts';

/** Makes all of them. The names of the rows of the issue stand in the titles. */
export async function makeSituations(environment: Environment): Promise<readonly Situation[]> {
  const { service } = environment;
  const data = ['--data', service.dataDirectory];
  const plants = await makePlants(environment);
  const tls = (plant: Plant, ...more: string[]) => [
    `mqtts://${plant.address}:${service.ready.mqtts}`,
    ...login,
    ...data,
    ...more,
  ];
  const wss = (plant: Plant, path: string, ...more: string[]) => [
    `wss://${plant.address}:${service.ready.wss}${path}`,
    ...login,
    ...data,
    ...more,
  ];
  return [
    ...(await networkSituations(environment)),
    ...(await portSituations(environment, plants.good)),
    ...(await certificateSituations(environment)),
    ...clockSituations(tls(plants.good), wss(plants.good, '/mqtt')),
    {
      title: { en: 'No SNI', zh: '没有 SNI' },
      made: {
        en: 'The service, asked with --no-sni, as a device whose TLS library sends none.',
        zh: '连接本服务并使用 --no-sni，模拟 TLS 库不发送 SNI 的设备。',
      },
      args: tls(plants.good, '--no-sni'),
      step: 'connect-5.0',
      fault: 'sni.missing',
      status: 'failed',
      exitCode: 15,
    },
    {
      title: { en: 'Unknown SNI', zh: '未知的 SNI' },
      made: {
        en: 'The service, asked for a deployment that does not exist.',
        zh: '连接本服务中不存在的部署。',
      },
      args: [`mqtts://nobody.berth.localhost:${service.ready.mqtts}`, ...login, ...data],
      step: 'connect-5.0',
      fault: 'sni.unknown',
      status: 'failed',
      exitCode: 15,
    },
    {
      title: { en: 'Stopped deployment', zh: '部署已停止' },
      made: { en: 'A deployment that was stopped.', zh: '一个已停止的部署。' },
      args: tls(plants.stopped),
      step: 'connect-5.0',
      fault: 'deployment.stopped',
      status: 'failed',
      exitCode: 16,
    },
    {
      title: { en: 'Wrong password', zh: '密码错误' },
      made: {
        en: 'The right user name with another password, in the URL.',
        zh: '正确的用户名和错误的密码，写在 URL 中。',
      },
      args: [`mqtts://device:${password}x@${plants.good.address}:${service.ready.mqtts}`, ...data, '--for', 'python'],
      step: 'connect-5.0',
      fault: 'credentials.wrong-password',
      status: 'failed',
      exitCode: 14,
    },
    {
      title: { en: 'No credentials', zh: '没有用户名和密码' },
      made: { en: 'Neither user name nor password.', zh: '既没有用户名也没有密码。' },
      args: [`mqtts://${plants.good.address}:${service.ready.mqtts}`, ...data],
      step: 'connect-5.0',
      fault: 'credentials.missing',
      status: 'failed',
      exitCode: 14,
    },
    {
      title: { en: 'Over the limit of sessions', zh: '超过会话数限制' },
      made: {
        en: 'A deployment for one session, with one device connected.',
        zh: '只允许一个会话的部署，且已有一台设备在线。',
      },
      args: tls(plants.full),
      step: 'connect-5.0',
      fault: 'limit.sessions',
      status: 'failed',
      exitCode: 17,
    },
    {
      title: { en: 'Denied topic', zh: '主题被拒绝' },
      made: {
        en: 'An access rule that denies publishing to factory/#, and --topic factory/state.',
        zh: '访问规则禁止向 factory/# 发布，并使用 --topic factory/state。',
      },
      args: tls(plants.ruled, '--topic', 'factory/state'),
      step: 'round-trip',
      fault: 'access.publish-denied',
      status: 'failed',
      exitCode: 20,
    },
    {
      title: { en: 'Denied topic filter', zh: '订阅被拒绝' },
      made: {
        en: 'An access rule that denies subscribing to secret/#, and --topic secret/state.',
        zh: '访问规则禁止订阅 secret/#，并使用 --topic secret/state。',
      },
      args: tls(plants.ruled, '--topic', 'secret/state'),
      step: 'round-trip',
      fault: 'access.subscribe-denied',
      status: 'failed',
      exitCode: 20,
    },
    {
      title: { en: 'Wrong WebSocket path', zh: 'WebSocket 路径错误' },
      made: { en: 'The path /socket instead of /mqtt.', zh: '路径为 /socket 而不是 /mqtt。' },
      args: wss(plants.good, '/socket', '--for', 'node'),
      step: 'websocket',
      fault: 'websocket.path',
      status: 'failed',
      exitCode: 12,
    },
    {
      title: { en: 'Wrong WebSocket subprotocol', zh: 'WebSocket 子协议错误' },
      made: { en: 'The subprotocol stomp instead of mqtt.', zh: '子协议为 stomp 而不是 mqtt。' },
      args: wss(plants.good, '/mqtt', '--subprotocol', 'stomp'),
      step: 'websocket',
      fault: 'websocket.subprotocol',
      status: 'failed',
      exitCode: 12,
    },
    {
      title: { en: 'Tiny packet limit', zh: '报文大小限制过小' },
      made: {
        en: 'A deployment that takes packets of 256 bytes, and a device that sends messages of 500.',
        zh: '部署只接受 256 字节的报文，而设备发送 500 字节的消息。',
      },
      args: tls(plants.tiny, '--message-bytes', '500'),
      step: 'limits',
      fault: 'limit.packet-size',
      status: 'failed',
      exitCode: 21,
    },
    {
      title: { en: 'Tiny packet limit, size of messages not told', zh: '报文大小限制过小，未指定消息大小' },
      made: { en: 'The same deployment without --message-bytes.', zh: '同一部署，不使用 --message-bytes。' },
      args: tls(plants.tiny),
      step: 'limits',
      fault: 'limit.packet-size',
      status: 'warning',
      exitCode: 0,
    },
  ];
}

async function makePlants(environment: Environment) {
  const good = await environment.plant('plant');
  const stopped = await environment.plant('stopped');
  await environment.api.stopDeployment(stopped.id);
  const full = await environment.plant('full', { sessions: 1 });
  await environment.device(full, 'pump-1');
  const ruled = await environment.plant('ruled');
  const all = { kind: 'all', permission: 'deny' } as const;
  await environment.api.createRule(ruled.id, { ...all, action: 'publish', topicFilter: 'factory/#' });
  await environment.api.createRule(ruled.id, { ...all, action: 'subscribe', topicFilter: 'secret/#' });
  const tiny = await environment.plant('tiny', { packetSizeBytes: 256 });
  return { good, stopped, full, ruled, tiny };
}
