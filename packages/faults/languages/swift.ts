import type { LanguageTable } from './language.ts';

const host = 'private let host = "your-deployment.example.com"';
const ports = ['private let tlsPort: UInt16 = 8883', 'private let wssPort: UInt16 = 8084'];
const roots = 'client.trustedServerCertificates = roots()';

/** Swift with CocoaMQTT: texts of Apple's Secure Transport and of CocoaMQTT. */
export const swift: LanguageTable = {
  title: 'Swift, CocoaMQTT',
  topics: {
    address: { shows: 'nodename nor servname provided, or not known (kCFStreamErrorDomainNetDB 8)', lines: [host] },
    reach: { shows: 'Attempt to connect to host timed out; No route to host' },
    port: { shows: 'Connection refused (NSPOSIXErrorDomain 61)', lines: ports },
    'tls-on': { shows: 'Socket closed by remote peer', lines: ['client.enableSSL = true'] },
    'tls-off': { shows: 'errSSLProtocol (-9800); errSSLPeerProtocolVersion (-9836)', lines: ports },
    websocket: { shows: 'Invalid HTTP upgrade; 404', lines: ['CocoaMQTTWebSocket(uri: "/mqtt")'] },
    'tls-version': { shows: 'errSSLPeerHandshakeFail (-9824); errSSLPeerProtocolVersion (-9836)' },
    ca: {
      shows: 'errSSLXCertChainInvalid (-9807); errSSLUnknownRootCert (-9812)',
      lines: [roots, 'client.usesSystemTrustStore = false'],
    },
    'host-name': { shows: 'errSSLHostNameMismatch (-9843)', lines: [host] },
    clock: { shows: 'errSSLCertExpired (-9814); errSSLCertNotYetValid (-9815)' },
    handshake: { shows: 'errSSLClosedAbort (-9806); errSSLClosedNoNotify (-9816)' },
    credentials: {
      shows: 'didConnectAck: badUsernameOrPassword',
      lines: ['private let username = "your-user"', 'private let password = "your-password"'],
    },
    sni: { shows: 'didConnectAck: notAuthorized', lines: [host] },
    refused: { shows: 'didConnectAck: serverUnavailable, quotaExceeded, connectionRateExceeded, banned, serverBusy' },
    'client-id': {
      shows: 'didReceiveDisconnectReasonCode: sessionTakenOver; didConnectAck: clientIdentifierNotValid',
      lines: ['private let clientID = "sample-swift"'],
    },
    version: { shows: 'didConnectAck: unsupportedProtocolVersion' },
    rights: {
      shows: 'didSubscribeTopics: failed; didPublishAck: notAuthorized',
      lines: ['client.subscribe(messagesTopic, qos: .qos1)'],
    },
    size: { shows: 'didReceiveDisconnectReasonCode: packetTooLarge' },
    'keep-alive': {
      shows: 'didReceiveDisconnectReasonCode: keepAliveTimeout; Socket closed by remote peer',
      lines: ['client.keepAlive = 30'],
    },
  },
};
