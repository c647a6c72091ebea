import type { LanguageTable } from './language.ts';

const host = 'private const val HOST = "your-deployment.example.com"';
const port = 'private const val TLS_PORT = 8883';
const trust =
  'val tls = MqttClientSslConfig.builder().trustManagerFactory(trust()).handshakeTimeout(30, TimeUnit.SECONDS).build()';

/** Android in Kotlin with the HiveMQ client. */
export const android: LanguageTable = {
  title: 'Android in Kotlin, HiveMQ client',
  topics: {
    address: {
      shows: {
        en: 'java.net.UnknownHostException: Unable to resolve host "...": No address associated with hostname; also without the permission android.permission.INTERNET',
        zh: 'java.net.UnknownHostException: Unable to resolve host "...": No address associated with hostname；缺少 android.permission.INTERNET 权限时也会如此',
      },
      lines: [host],
    },
    reach: { shows: 'ConnectTimeoutException; ConnectException: ... ENETUNREACH, EHOSTUNREACH' },
    port: {
      shows: 'java.net.ConnectException: Connection refused (ECONNREFUSED)',
      lines: [port, 'private const val WSS_PORT = 8084'],
    },
    'tls-on': {
      shows: 'ConnectionClosedException: Server closed connection without DISCONNECT.',
      lines: [trust],
    },
    'tls-off': { shows: 'NotSslRecordException: not an SSL/TLS record', lines: [port] },
    websocket: {
      shows: 'WebSocketHandshakeException: Invalid handshake response getStatus: 404 Not Found',
      lines: ['val path = MqttWebSocketConfig.builder().serverPath("mqtt").subprotocol("mqtt").build()'],
    },
    'tls-version': {
      shows: {
        en: 'SSLHandshakeException: TLSV1_ALERT_PROTOCOL_VERSION; SSLV3_ALERT_HANDSHAKE_FAILURE. TLS 1.2 is on since Android 5.',
        zh: 'SSLHandshakeException: TLSV1_ALERT_PROTOCOL_VERSION；SSLV3_ALERT_HANDSHAKE_FAILURE。Android 5 起默认启用 TLS 1.2。',
      },
    },
    ca: {
      shows: 'CertPathValidatorException: Trust anchor for certification path not found.',
      lines: [trust],
    },
    'host-name': {
      shows: 'CertificateException: No subject alternative DNS name matching ... found; SSLPeerUnverifiedException',
      lines: [host],
    },
    clock: {
      shows: {
        en: 'CertificateNotYetValidException; CertificateExpiredException. Switch on "Set time automatically" in the settings of the device.',
        zh: 'CertificateNotYetValidException；CertificateExpiredException。请在系统设置中开启“自动确定时间”。',
      },
    },
    handshake: { shows: 'SSLHandshakeException: connection closed; SslHandshakeTimeoutException', lines: [trust] },
    credentials: {
      shows: 'Mqtt5ConnAckException: CONNECT failed as CONNACK contained an Error Code: BAD_USER_NAME_OR_PASSWORD.',
      lines: [
        'private const val USERNAME = "your-user"',
        'private const val PASSWORD = "your-password"',
        '.simpleAuth().username(USERNAME).password(PASSWORD.toByteArray()).applySimpleAuth()',
      ],
    },
    sni: {
      shows: {
        en: 'Mqtt5ConnAckException: NOT_AUTHORIZED. No SNI is sent for an IP address or a name without a dot.',
        zh: 'Mqtt5ConnAckException: NOT_AUTHORIZED。对于 IP 地址或不含点的名称不会发送 SNI。',
      },
      lines: [host, '.serverHost(HOST)'],
    },
    refused: {
      shows: 'Mqtt5ConnAckException: SERVER_UNAVAILABLE; QUOTA_EXCEEDED; CONNECTION_RATE_EXCEEDED; BANNED; SERVER_BUSY',
      lines: [
        'val full = min(60_000L, 1000L shl min(attempt++, 6))',
        'context.reconnector.reconnect(true).republishIfSessionExpired(true).delay(delay, TimeUnit.MILLISECONDS)',
      ],
    },
    'client-id': {
      shows: 'Mqtt5DisconnectException: SESSION_TAKEN_OVER; Mqtt5ConnAckException: CLIENT_IDENTIFIER_NOT_VALID',
      lines: ['private const val CLIENT_ID = "sample-android"'],
    },
    version: { shows: 'Mqtt5ConnAckException: UNSUPPORTED_PROTOCOL_VERSION', lines: ['.useMqttVersion5()'] },
    rights: {
      shows: 'Mqtt5SubAckException, Mqtt5PubAckException: NOT_AUTHORIZED',
      lines: ['.whenComplete { _, error -> if (error != null) log(explain(error)) }'],
    },
    size: { shows: 'Mqtt5DisconnectException: PACKET_TOO_LARGE' },
    'keep-alive': {
      shows: 'Mqtt5DisconnectException: KEEP_ALIVE_TIMEOUT; ConnectionClosedException',
      lines: ['.keepAlive(30)'],
    },
  },
};
