import type { LanguageTable } from './language.ts';

const host = "const HOST = 'your-deployment.example.com';";
const url = "const url = TRANSPORT === 'wss' ? `wss://${HOST}:${WSS_PORT}/mqtt` : `mqtts://${HOST}:${TLS_PORT}`;";
const ports = ['const TLS_PORT = 8883;', 'const WSS_PORT = 8084;'];
const version = 'protocolVersion: 5,';

/** Node.js with MQTT.js. */
export const node: LanguageTable = {
  title: 'Node.js, MQTT.js',
  topics: {
    address: { shows: 'getaddrinfo ENOTFOUND', lines: [host] },
    reach: { shows: 'connect ETIMEDOUT; EHOSTUNREACH; connack timeout' },
    port: { shows: 'connect ECONNREFUSED', lines: ports },
    'tls-on': {
      shows: {
        en: "'close' again and again, without 'connect' and without 'error'",
        zh: "反复触发 'close'，没有 'connect' 也没有 'error'",
      },
      lines: [url],
    },
    'tls-off': { shows: 'EPROTO ... wrong version number; ERR_SSL_WRONG_VERSION_NUMBER', lines: ports },
    websocket: {
      shows: 'Unexpected server response: 404; Server sent no subprotocol; Parse Error: Expected HTTP/',
      lines: [url],
    },
    'tls-version': { shows: 'EPROTO ... alert protocol version; alert handshake failure' },
    ca: {
      shows: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE; UNABLE_TO_GET_ISSUER_CERT_LOCALLY; SELF_SIGNED_CERT_IN_CHAIN',
      lines: ["const CA_FILE = 'ca.crt';", 'ca = readFileSync(CA_FILE);'],
    },
    'host-name': { shows: "ERR_TLS_CERT_ALTNAME_INVALID: Host: ... is not in the cert's altnames", lines: [host] },
    clock: { shows: 'CERT_NOT_YET_VALID; CERT_HAS_EXPIRED', lines: ['$ timedatectl set-ntp true'] },
    handshake: {
      shows:
        'ECONNRESET: Client network socket disconnected before secure TLS connection was established; connack timeout',
    },
    credentials: {
      shows: 'Connection refused: Bad User Name or Password (134)',
      lines: [
        "const USERNAME = 'your-user';",
        "const PASSWORD = 'your-password';",
        'username: USERNAME,',
        'password: PASSWORD,',
      ],
    },
    sni: { shows: 'Connection refused: Not authorized (135)', lines: [host, url] },
    refused: {
      shows: 'Connection refused: Server unavailable; Quota exceeded; Connection rate exceeded; Banned; Server busy',
      lines: [
        'const delayMs = Math.min(60_000, 1000 * 2 ** attempt) * (0.5 + Math.random() / 2);',
        'client.reconnect({ incomingStore: client.incomingStore, outgoingStore: client.outgoingStore });',
      ],
    },
    'client-id': {
      shows: "'disconnect' with reasonCode 142; Connection refused: Client Identifier not valid",
      lines: ["const CLIENT_ID = 'sample-node';"],
    },
    version: { shows: 'Connection refused: Unsupported Protocol Version', lines: [version] },
    rights: {
      shows: {
        en: 'Publish error: Not authorized; the codes in "granted" of subscribe; nothing at QoS 0 and in 3.1.1',
        zh: 'Publish error: Not authorized；subscribe 回调的 granted 中的原因码；QoS 0 和 3.1.1 没有任何提示',
      },
      lines: ['client.subscribe(MESSAGES, { qos: 1 }, report);'],
    },
    size: { shows: "'disconnect' with reasonCode 149; exceeding packets size" },
    'keep-alive': { shows: "Keepalive timeout; 'disconnect' with reasonCode 141; 'close'", lines: ['keepalive: 30,'] },
  },
};
