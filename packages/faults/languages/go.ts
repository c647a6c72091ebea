import type { LanguageTable } from './language.ts';

const host = 'host      = "your-deployment.example.com"';
const tls = 'TlsCfg:           &tls.Config{RootCAs: trust(), ServerName: host},';
const ports = ['tlsPort   = 8883', 'wssPort   = 8084'];

/** Go with paho.golang. */
export const go: LanguageTable = {
  title: 'Go, paho.golang',
  topics: {
    address: { shows: 'dial tcp: lookup ...: no such host', lines: [host] },
    reach: { shows: 'dial tcp ...: i/o timeout; connect: no route to host' },
    port: { shows: 'dial tcp ...: connect: connection refused', lines: ports },
    'tls-on': {
      shows: 'failed to connect to server: EOF',
      lines: ['server := &url.URL{Scheme: "tls", Host: fmt.Sprintf("%s:%d", host, tlsPort)}', tls],
    },
    'tls-off': { shows: 'tls: first record does not look like a TLS handshake', lines: ports },
    websocket: {
      shows: 'websocket: bad handshake',
      lines: ['server = &url.URL{Scheme: "wss", Host: fmt.Sprintf("%s:%d", host, wssPort), Path: "/mqtt"}'],
    },
    'tls-version': {
      shows: 'remote error: tls: protocol version not supported; tls: handshake failure',
      lines: [tls],
    },
    ca: {
      shows: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      lines: ['roots.AppendCertsFromPEM(pem)', tls],
    },
    'host-name': {
      shows: 'tls: failed to verify certificate: x509: certificate is valid for A, not B',
      lines: [host, tls],
    },
    clock: {
      shows: 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
      lines: ['$ timedatectl set-ntp true'],
    },
    handshake: { shows: 'read: connection reset by peer; EOF; context deadline exceeded' },
    credentials: {
      shows: 'Bad User Name or Password (134)',
      lines: [
        'username  = "your-user"',
        'password  = "your-password"',
        'ConnectUsername:  username,',
        'ConnectPassword:  []byte(password),',
      ],
    },
    sni: { shows: 'Not authorized (135)', lines: [host, tls] },
    refused: {
      shows:
        'Server unavailable (136); Server busy (137); Banned (138); Quota exceeded (151); Connection rate exceeded (159)',
      lines: ['ReconnectBackoff: backOff(),'],
    },
    'client-id': {
      shows: 'OnServerDisconnect: Session taken over (142); Client Identifier not valid (133)',
      lines: ['clientID  = "sample-go"'],
    },
    version: {
      shows: {
        en: 'Unsupported Protocol Version (132). paho.golang speaks MQTT 5.0 only.',
        zh: 'Unsupported Protocol Version (132)。paho.golang 只支持 MQTT 5.0。',
      },
    },
    rights: {
      shows: 'suback.Reasons: 135; publish: reason code 135',
      lines: ['fmt.Println(refused(answer.Reasons[0], said, onMessage))'],
    },
    size: { shows: 'OnServerDisconnect: Packet too large (149)' },
    'keep-alive': {
      shows: 'OnServerDisconnect: Keep Alive timeout (141); OnClientError: EOF, PINGRESP timed out',
      lines: ['KeepAlive:        30,'],
    },
  },
};
