import type { LanguageTable } from './language.ts';

const host = 'HOST = "your-deployment.example.com"';
const tls = 'tls = ssl.create_default_context(cafile=CA_FILE)';
const connect = 'client.connect(HOST, port, keepalive=30, clean_start=False, properties=session)';

/** Python with paho-mqtt 2. */
export const python: LanguageTable = {
  title: 'Python, paho-mqtt 2',
  topics: {
    address: { shows: 'socket.gaierror: [Errno -2] Name or service not known', lines: [host] },
    reach: { shows: 'TimeoutError: timed out; OSError: [Errno 113] No route to host' },
    port: {
      shows: 'ConnectionRefusedError: [Errno 111] Connection refused',
      lines: ['TLS_PORT = 8883', 'WSS_PORT = 8084'],
    },
    'tls-on': {
      shows: {
        en: 'on_connect is never called; on_disconnect says "Unspecified error", again and again',
        zh: 'on_connect 从不被调用；on_disconnect 反复给出 "Unspecified error"',
      },
      lines: [tls],
    },
    'tls-off': { shows: 'ssl.SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number', lines: ['TLS_PORT = 8883'] },
    websocket: {
      shows: 'WebsocketConnectionError: WebSocket handshake error, connection not upgraded',
      lines: ['transport="websockets" if TRANSPORT == "wss" else "tcp",', 'client.ws_set_options(path="/mqtt")'],
    },
    'tls-version': {
      shows: 'ssl.SSLError: [SSL: TLSV1_ALERT_PROTOCOL_VERSION]; [SSL: SSLV3_ALERT_HANDSHAKE_FAILURE]',
      lines: [tls],
    },
    ca: {
      shows: 'ssl.SSLCertVerificationError: certificate verify failed: unable to get local issuer certificate',
      lines: ['CA_FILE = "ca.crt"', tls],
    },
    'host-name': {
      shows:
        "ssl.SSLCertVerificationError: certificate verify failed: Hostname mismatch, certificate is not valid for '...'",
      lines: [host],
    },
    clock: {
      shows:
        'ssl.SSLCertVerificationError: certificate verify failed: certificate is not yet valid; certificate has expired',
      lines: ['$ timedatectl set-ntp true'],
    },
    handshake: { shows: 'ConnectionResetError: [Errno 104] Connection reset by peer; ssl.SSLEOFError; TimeoutError' },
    credentials: {
      shows: 'on_connect: Bad user name or password',
      lines: ['USERNAME = "your-user"', 'PASSWORD = "your-password"', 'client.username_pw_set(USERNAME, PASSWORD)'],
    },
    sni: { shows: 'on_connect: Not authorized', lines: [host, connect] },
    refused: {
      shows: 'on_connect: Server unavailable; Quota exceeded; Connection rate exceeded; Banned; Server busy',
      lines: ['delay = min(60, 2**attempt) * random.uniform(0.5, 1)', 'time.sleep(delay)'],
    },
    'client-id': {
      shows: 'on_disconnect: Session taken over; on_connect: Client identifier not valid',
      lines: ['CLIENT_ID = "sample-python"'],
    },
    version: { shows: 'on_connect: Unsupported protocol version', lines: ['protocol=mqtt.MQTTv5,'] },
    rights: {
      shows: {
        en: 'on_subscribe, on_publish: Not authorized; nothing at QoS 0 and in 3.1.1',
        zh: 'on_subscribe、on_publish：Not authorized；QoS 0 和 3.1.1 没有任何提示',
      },
      lines: ['client.on_subscribe, client.on_publish, client.on_message = on_subscribe, on_publish, on_message'],
    },
    size: { shows: 'on_disconnect: Packet too large', lines: ['client.publish(MESSAGES, f"hello {count}", qos=1)'] },
    'keep-alive': { shows: 'on_disconnect: Keep alive timeout; Unspecified error', lines: [connect] },
  },
};
