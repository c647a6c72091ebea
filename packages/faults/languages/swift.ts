import type { LanguageTable } from './language.ts';

/** Swift with CocoaMQTT: texts of Apple's Secure Transport and of CocoaMQTT. */
export const swift: LanguageTable = {
  title: 'Swift, CocoaMQTT',
  topics: {
    address: { shows: 'nodename nor servname provided, or not known (kCFStreamErrorDomainNetDB 8)' },
    reach: { shows: 'Attempt to connect to host timed out; No route to host' },
    port: { shows: 'Connection refused (NSPOSIXErrorDomain 61)' },
    'tls-on': { shows: 'Socket closed by remote peer' },
    'tls-off': { shows: 'errSSLProtocol (-9800); errSSLPeerProtocolVersion (-9836)' },
    websocket: { shows: 'Invalid HTTP upgrade; 404' },
    'tls-version': { shows: 'errSSLPeerHandshakeFail (-9824); errSSLPeerProtocolVersion (-9836)' },
    ca: { shows: 'errSSLXCertChainInvalid (-9807); errSSLUnknownRootCert (-9812)' },
    'host-name': { shows: 'errSSLHostNameMismatch (-9843)' },
    clock: { shows: 'errSSLCertExpired (-9814); errSSLCertNotYetValid (-9815)' },
    handshake: { shows: 'errSSLClosedAbort (-9806); errSSLClosedNoNotify (-9816)' },
    credentials: { shows: 'didConnectAck: badUsernameOrPassword' },
    sni: { shows: 'didConnectAck: notAuthorized' },
    refused: { shows: 'didConnectAck: serverUnavailable, quotaExceeded, connectionRateExceeded, banned, serverBusy' },
    'client-id': { shows: 'didReceiveDisconnectReasonCode: sessionTakenOver; didConnectAck: clientIdentifierNotValid' },
    version: { shows: 'didConnectAck: unsupportedProtocolVersion' },
    rights: { shows: 'didSubscribeTopics: failed; didPublishAck: notAuthorized' },
    size: { shows: 'didReceiveDisconnectReasonCode: packetTooLarge' },
    'keep-alive': { shows: 'didReceiveDisconnectReasonCode: keepAliveTimeout; Socket closed by remote peer' },
  },
};
