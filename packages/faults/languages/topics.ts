import type { FaultName } from '../names.ts';
import type { Text } from '../types.ts';

/** Faults that a program answers with the same change, whatever its language. */
export type Topic =
  | 'address'
  | 'reach'
  | 'port'
  | 'tls-on'
  | 'tls-off'
  | 'websocket'
  | 'tls-version'
  | 'ca'
  | 'host-name'
  | 'clock'
  | 'handshake'
  | 'credentials'
  | 'sni'
  | 'refused'
  | 'client-id'
  | 'version'
  | 'rights'
  | 'size'
  | 'keep-alive';

/** What to change in a program, in words; the lines of each language stand beside this file. */
export const changes: Readonly<Record<Topic, Text>> = {
  address: {
    en: 'Write the address of the deployment as the host: no scheme, no port, no path in it.',
    zh: '主机名只填写部署地址，不要带协议前缀、端口或路径。',
  },
  reach: {
    en: 'Nothing in the program is wrong: open the port in the network. Where only web traffic gets out, use WebSocket.',
    zh: '程序本身没有问题：请在网络中放行端口。如果网络只允许 Web 流量，请使用 WebSocket。',
  },
  port: {
    en: 'Use port 8883 for MQTT over TLS, or 8084 for WebSocket over TLS.',
    zh: 'MQTT over TLS 使用 8883 端口，WebSocket over TLS 使用 8084 端口。',
  },
  'tls-on': { en: 'Switch TLS on.', zh: '请启用 TLS。' },
  'tls-off': {
    en: 'Use the TLS port, 8883 or 8084; or switch TLS off for the plain port of a dedicated deployment.',
    zh: '请使用 TLS 端口 8883 或 8084；连接专有版部署的明文端口时请关闭 TLS。',
  },
  websocket: {
    en: 'Use WebSocket on port 8084 with path /mqtt and subprotocol mqtt, and plain MQTT over TLS on 8883.',
    zh: 'WebSocket 使用 8084 端口、路径 /mqtt 和子协议 mqtt；MQTT over TLS 使用 8883 端口。',
  },
  'tls-version': {
    en: 'Let the TLS library speak TLS 1.2 or 1.3 with ECDHE and P-256.',
    zh: '请让 TLS 库使用 TLS 1.2 或 1.3，并支持 ECDHE 和 P-256。',
  },
  ca: { en: 'Load the CA file of the installation.', zh: '请加载本服务的 CA 文件。' },
  'host-name': {
    en: 'Connect by the name that stands in the certificate: the address of the deployment, never an IP address.',
    zh: '请使用证书中包含的名称连接，即部署地址，不要使用 IP 地址。',
  },
  clock: {
    en: 'Set the clock before the TLS handshake: at 1970 no certificate is valid.',
    zh: '请在 TLS 握手之前校准时钟：1970 年时任何证书都未生效。',
  },
  handshake: {
    en: 'Give the handshake 30 s and enough memory, and keep one TLS connection only.',
    zh: '请为握手留出 30 秒和足够的内存，并且只保留一个 TLS 连接。',
  },
  credentials: {
    en: 'Set user name and password of a credential of this deployment.',
    zh: '请填写该部署的用户名和密码。',
  },
  sni: {
    en: 'Connect by the address of the deployment, so that the library sends it as SNI.',
    zh: '请使用部署地址连接，使客户端库将其作为 SNI 发送。',
  },
  refused: {
    en: 'The device has nothing to correct: let it try again with growing pauses and a random part.',
    zh: '设备端无需修正：请让其逐步加大间隔并加入随机量后重试。',
  },
  'client-id': {
    en: 'Give each device a client identifier of its own that stays the same.',
    zh: '请为每台设备设置唯一且固定的客户端 ID。',
  },
  version: { en: 'Set the protocol version to MQTT 3.1.1 or 5.0.', zh: '请将协议版本设为 MQTT 3.1.1 或 5.0。' },
  rights: {
    en: 'Look at the codes of SUBACK and PUBACK in the program, and allow the topic in the access rules.',
    zh: '请在程序中检查 SUBACK 和 PUBACK 的原因码，并在访问规则中放行该主题。',
  },
  size: {
    en: 'Send smaller messages than the Maximum Packet Size of the server, and give the library a buffer that holds them.',
    zh: '消息应小于服务器的 Maximum Packet Size，并为客户端库设置足够大的缓冲区。',
  },
  'keep-alive': {
    en: 'Set Keep Alive to 30 s, let the library run its loop, and connect again with back-off.',
    zh: '请将 Keep Alive 设为 30 秒，及时运行客户端库的循环，并在断开后退避重连。',
  },
};

/** The topic of a fault; what is missing here is nothing that a program can change. */
export const topicOf: Partial<Readonly<Record<FaultName, Topic>>> = {
  'address.unresolvable': 'address',
  'address.foreign-cname': 'host-name',
  'address.unreachable': 'reach',
  'address.timeout': 'reach',
  'port.refused': 'port',
  'port.plain-mqtt-on-tls': 'tls-on',
  'port.http-on-tls': 'tls-on',
  'port.not-tls': 'tls-on',
  'port.http-on-mqtt': 'websocket',
  'port.tls-on-plain': 'tls-off',
  'port.mqtt-on-websocket': 'websocket',
  'port.http-server': 'port',
  'port.not-mqtt': 'port',
  'port.silent': 'port',
  'websocket.path': 'websocket',
  'websocket.subprotocol': 'websocket',
  'websocket.not-upgrade': 'websocket',
  'websocket.bad-request': 'websocket',
  'websocket.protocol-error': 'websocket',
  'websocket.text-frame': 'websocket',
  'tls.version': 'tls-version',
  'tls.server-version': 'tls-version',
  'tls.cipher': 'tls-version',
  'tls.unknown-ca': 'ca',
  'tls.chain-incomplete': 'ca',
  'tls.certificate-rejected': 'host-name',
  'tls.host-name': 'host-name',
  'tls.certificate-expired': 'clock',
  'tls.certificate-not-yet-valid': 'clock',
  'tls.clock': 'clock',
  'tls.chain-large': 'handshake',
  'tls.timeout': 'handshake',
  'tls.cut': 'handshake',
  'tls.failed': 'handshake',
  'credentials.missing': 'credentials',
  'credentials.unknown-user': 'credentials',
  'credentials.wrong-password': 'credentials',
  'credentials.disabled': 'credentials',
  'credentials.changed': 'credentials',
  'credentials.deleted': 'credentials',
  'sni.missing': 'sni',
  'sni.unknown': 'sni',
  'deployment.stopped': 'refused',
  'deployment.idle': 'refused',
  'deployment.usage': 'refused',
  'deployment.deleted': 'address',
  'limit.sessions': 'refused',
  'limit.connect-rate': 'refused',
  'limit.sessions-per-user': 'refused',
  'limit.failed-logins': 'credentials',
  'banned.rule': 'refused',
  'banned.flapping': 'client-id',
  'protocol.version': 'version',
  'protocol.client-id': 'client-id',
  'protocol.second-connect': 'client-id',
  'access.publish-denied': 'rights',
  'access.subscribe-denied': 'rights',
  'limit.packet-size': 'size',
  'limit.client-packet-size': 'size',
  'limit.topic': 'rights',
  'limit.subscriptions': 'rights',
  'session.taken-over': 'client-id',
  'connection.keep-alive': 'keep-alive',
  'connection.lost': 'keep-alive',
  'connection.idle-cut': 'keep-alive',
  'server.draining': 'refused',
  'server.busy': 'refused',
  'server.storage': 'refused',
  'server.error': 'refused',
};
