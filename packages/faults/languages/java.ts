import type { LanguageTable } from './language.ts';

const host = 'static final String HOST = "your-deployment.example.com";';
const port = 'static final int TLS_PORT = 8883;';
const trust = '.trustManagerFactory(trust())';
const version = '.useMqttVersion5()';

/** Java with the HiveMQ client. */
export const java: LanguageTable = {
  title: 'Java 17, HiveMQ client',
  topics: {
    address: { shows: 'java.net.UnknownHostException', lines: [host] },
    reach: { shows: 'io.netty.channel.ConnectTimeoutException; NoRouteToHostException' },
    port: {
      shows: 'java.net.ConnectException: Connection refused',
      lines: [port, 'static final int WSS_PORT = 8084;'],
    },
    'tls-on': {
      shows: 'ConnectionClosedException: Server closed connection without DISCONNECT.',
      lines: ['.sslConfig(MqttClientSslConfig.builder()', trust],
    },
    'tls-off': { shows: 'NotSslRecordException: not an SSL/TLS record', lines: [port] },
    websocket: {
      shows: 'WebSocketHandshakeException: Invalid handshake response getStatus: 404 Not Found',
      lines: ['MqttWebSocketConfig.builder().serverPath("mqtt").subprotocol("mqtt").build());'],
    },
    'tls-version': { shows: 'SSLHandshakeException: Received fatal alert: protocol_version; handshake_failure' },
    ca: {
      shows:
        'SSLHandshakeException: PKIX path building failed: unable to find valid certification path to requested target',
      lines: ['static final String CA_FILE = "ca.crt";', trust],
    },
    'host-name': {
      shows:
        'CertificateException: No subject alternative DNS name matching ... found; No subject alternative names matching IP address ... found',
      lines: [host],
    },
    clock: {
      shows: 'CertificateNotYetValidException: NotBefore: ...; CertificateExpiredException: NotAfter: ...',
      lines: ['$ timedatectl set-ntp true'],
    },
    handshake: {
      shows: 'SSLHandshakeException: Remote host terminated the handshake; SslHandshakeTimeoutException',
      lines: ['.handshakeTimeout(30, TimeUnit.SECONDS)'],
    },
    credentials: {
      shows: 'Mqtt5ConnAckException: CONNECT failed as CONNACK contained an Error Code: BAD_USER_NAME_OR_PASSWORD.',
      lines: [
        'static final String USERNAME = "your-user";',
        'static final String PASSWORD = "your-password";',
        '.simpleAuth().username(USERNAME).password(bytes(PASSWORD)).applySimpleAuth()',
      ],
    },
    sni: {
      shows: {
        en: 'Mqtt5ConnAckException: NOT_AUTHORIZED. Java sends no SNI for an IP address or a name without a dot, such as localhost.',
        zh: 'Mqtt5ConnAckException: NOT_AUTHORIZED。对于 IP 地址或不含点的名称（例如 localhost），Java 不会发送 SNI。',
      },
      lines: [host, '.serverHost(HOST)'],
    },
    refused: {
      shows: 'Mqtt5ConnAckException: SERVER_UNAVAILABLE; QUOTA_EXCEEDED; CONNECTION_RATE_EXCEEDED; BANNED; SERVER_BUSY',
      lines: [
        'long full = Math.min(60_000, 1000L << Math.min(attempt++, 6));',
        '.delay(delay, TimeUnit.MILLISECONDS);',
      ],
    },
    'client-id': {
      shows: 'Mqtt5DisconnectException: SESSION_TAKEN_OVER; Mqtt5ConnAckException: CLIENT_IDENTIFIER_NOT_VALID',
      lines: ['static final String CLIENT_ID = "sample-java";'],
    },
    version: { shows: 'Mqtt5ConnAckException: UNSUPPORTED_PROTOCOL_VERSION', lines: [version] },
    rights: {
      shows: 'Mqtt5SubAckException, Mqtt5PubAckException: NOT_AUTHORIZED',
      lines: ['if (error != null) System.out.println(explain(error));'],
    },
    size: { shows: 'Mqtt5DisconnectException: PACKET_TOO_LARGE' },
    'keep-alive': {
      shows: 'Mqtt5DisconnectException: KEEP_ALIVE_TIMEOUT; ConnectionClosedException',
      lines: ['.keepAlive(30)'],
    },
  },
};
