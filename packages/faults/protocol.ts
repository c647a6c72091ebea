import type { FaultEntries, FaultEntry } from './entry.ts';

const common = {
  severity: 'warning',
  seenBy: ['device', 'owner', 'operator'],
  connack: null,
  disconnect: null,
} as const satisfies Partial<FaultEntry>;

/** Closed without a word: whoever speaks no MQTT could not read an answer. */
const silent = { ...common, seenBy: ['owner', 'operator'], reason: null } as const satisfies Partial<FaultEntry>;

/** Number -9: what the client sent is not right as MQTT. */
export const protocolFaults = {
  'protocol.version': {
    ...common,
    connack: { v3: 1, v5: 0x84 },
    reason: 'protocol version not supported, use MQTT 3.1, 3.1.1 or 5.0',
    title: { en: 'Protocol version not supported', zh: '协议版本不受支持' },
    cause: {
      en: 'The protocol name or level in CONNECT is not MQTT 3.1 (MQIsdp, 3), 3.1.1 (MQTT, 4) or 5.0 (MQTT, 5).',
      zh: 'CONNECT 中的协议名或协议级别不是 MQTT 3.1（MQIsdp，3）、3.1.1（MQTT，4）或 5.0（MQTT，5）。',
    },
    remedy: {
      en: 'Set the version in the client: protocolVersion 4 or 5 in MQTT.js, protocol=mqtt.MQTTv311 or mqtt.MQTTv5 in paho for Python, -V mqttv311 for mosquitto_pub. MQTT-SN is another protocol.',
      zh: '请在客户端设置协议版本：MQTT.js 使用 protocolVersion 4 或 5，Python paho 使用 protocol=mqtt.MQTTv311 或 mqtt.MQTTv5，mosquitto_pub 使用 -V mqttv311。MQTT-SN 是另一种协议。',
    },
  },
  'protocol.client-id': {
    ...common,
    connack: { v3: 2, v5: 0x85 },
    reason: 'client identifier not valid: empty without clean session, or too long',
    title: { en: 'Client identifier not valid', zh: '客户端 ID 无效' },
    cause: {
      en: 'The client identifier is empty while clean session is 0 (or in MQTT 3.1 at all), or it is longer than the limit "clientIdBytes" (1,024 bytes by default).',
      zh: '客户端 ID 为空且 Clean Session 为 0（MQTT 3.1 中一律不允许为空），或者长度超过 clientIdBytes 限制（默认 1,024 字节）。',
    },
    remedy: {
      en: 'Give each device a client identifier of its own that stays the same, for example its serial number; or set clean session to 1 when it is left empty.',
      zh: '请为每台设备设置唯一且固定的客户端 ID，例如序列号；如果留空，请将 Clean Session 设为 1。',
    },
  },
  'protocol.malformed': {
    ...common,
    connack: { v3: null, v5: 0x81 },
    disconnect: 0x81,
    reason: 'malformed packet',
    title: { en: 'Malformed packet', zh: '报文格式错误' },
    cause: {
      en: 'A packet could not be read: a wrong length, reserved bits, text that is not UTF-8, or an unknown property. The detail says which.',
      zh: '报文无法解析：长度错误、使用了保留位、文本不是 UTF-8，或包含未知属性。具体见详情。',
    },
    remedy: {
      en: 'Update the client library. On small devices two tasks that write to one connection without a lock are the usual cause, next to a buffer that is too small for the packet.',
      zh: '请升级客户端库。在小型设备上，常见原因是两个任务未加锁同时写同一个连接，或缓冲区小于报文长度。',
    },
  },
  'protocol.error': {
    ...common,
    connack: { v3: null, v5: 0x82 },
    disconnect: 0x82,
    reason: 'protocol error',
    title: { en: 'Protocol error', zh: '协议错误' },
    cause: {
      en: 'A packet was readable but not allowed here: a property twice, a wrong value, a packet that only the server sends, a wildcard in a topic name, or a stray AUTH. The detail says which.',
      zh: '报文可以解析，但不允许在此处出现：属性重复、取值错误、只能由服务器发送的报文、主题名包含通配符，或意外的 AUTH。具体见详情。',
    },
    remedy: {
      en: 'Correct what the detail names, or update the client library.',
      zh: '请按详情修正，或升级客户端库。',
    },
  },
  'protocol.first-packet': {
    ...silent,
    title: { en: 'The first packet was not CONNECT', zh: '第一个报文不是 CONNECT' },
    cause: {
      en: 'The first bytes were not a CONNECT packet: another protocol, or a client that sends before it connects.',
      zh: '最先收到的不是 CONNECT 报文：可能是其他协议，或者客户端在连接之前就发送了数据。',
    },
    remedy: {
      en: 'Check that the program speaks MQTT, and let it wait for its connect callback before it publishes or subscribes.',
      zh: '请确认程序使用的是 MQTT，并在连接回调之后再发布或订阅。',
    },
  },
  'protocol.connect-timeout': {
    ...silent,
    title: { en: 'No CONNECT in time', zh: '未按时发送 CONNECT' },
    cause: {
      en: 'The connection was opened but no whole CONNECT arrived within 30 s: a port check that stays open, a device that hung, or a client that waits for the server to speak first.',
      zh: '连接已建立，但 30 秒内没有收到完整的 CONNECT：可能是保持打开的端口探测、设备卡死，或客户端在等待服务器先发数据。',
    },
    remedy: {
      en: 'Send CONNECT right behind the TLS or WebSocket handshake. A port check should close its connection.',
      zh: '请在 TLS 或 WebSocket 握手完成后立即发送 CONNECT；端口探测应当及时关闭连接。',
    },
  },
  'protocol.closed-before-connect': {
    ...silent,
    severity: 'info',
    title: { en: 'Closed before CONNECT', zh: '发送 CONNECT 前已断开' },
    cause: {
      en: 'The peer closed the connection before a whole CONNECT had arrived: a port check, a load balancer, a client that rejected the certificate after the handshake, or a device that was reset.',
      zh: '对端在发送完整的 CONNECT 之前关闭了连接：可能是端口探测、负载均衡器、握手后拒绝证书的客户端，或设备重启。',
    },
    remedy: {
      en: 'A port check needs no action. If it is a device, look at its log for a certificate error: load the CA file, connect by the address of the deployment, set the clock.',
      zh: '端口探测无需处理。如果是设备，请在其日志中查找证书错误：加载 CA 文件、使用部署地址连接、校准时钟。',
    },
  },
  'protocol.second-connect': {
    ...common,
    disconnect: 0x82,
    reason: 'second CONNECT on one connection',
    title: { en: 'Second CONNECT on one connection', zh: '同一连接上重复发送 CONNECT' },
    cause: {
      en: 'The client sent CONNECT again on a connection that was accepted already.',
      zh: '客户端在已建立的 MQTT 连接上再次发送了 CONNECT。',
    },
    remedy: {
      en: 'Call connect once per connection; to connect anew, close the socket first. Two reconnect loops on one client object are the usual cause.',
      zh: '每个连接只调用一次 connect；需要重新连接时请先关闭套接字。常见原因是同一个客户端对象上有两个重连循环。',
    },
  },
  'protocol.authentication-method': {
    ...common,
    connack: { v3: null, v5: 0x8c },
    disconnect: 0x82,
    reason: 'enhanced authentication is not offered, use user name and password',
    title: { en: 'Authentication method not supported', zh: '不支持的认证方法' },
    cause: {
      en: 'The CONNECT names an Authentication Method. Enhanced authentication (SCRAM and the like) is not offered.',
      zh: 'CONNECT 中指定了 Authentication Method。本服务不支持增强认证（例如 SCRAM）。',
    },
    remedy: {
      en: 'Leave Authentication Method and Authentication Data out and log in with user name and password.',
      zh: '请去掉 Authentication Method 和 Authentication Data，使用用户名和密码登录。',
    },
  },
  'protocol.topic-alias': {
    ...common,
    disconnect: 0x94,
    reason: 'topic alias not valid: zero, above Topic Alias Maximum, or not set before',
    title: { en: 'Topic alias not valid', zh: '主题别名无效' },
    cause: {
      en: 'A PUBLISH used topic alias 0, one above the Topic Alias Maximum of the CONNACK, or one that had no topic yet on this connection.',
      zh: 'PUBLISH 使用了主题别名 0、超过 CONNACK 中 Topic Alias Maximum 的别名，或在本连接上尚未绑定主题的别名。',
    },
    remedy: {
      en: 'Keep to the Topic Alias Maximum of the CONNACK and set all aliases anew after each reconnect; or leave aliases to the library (autoAssignTopicAlias in MQTT.js).',
      zh: '请遵守 CONNACK 中的 Topic Alias Maximum，每次重连后重新绑定别名；或交给客户端库处理（MQTT.js 的 autoAssignTopicAlias）。',
    },
  },
} as const satisfies FaultEntries;
