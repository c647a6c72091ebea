/**
 * The stable names of all faults with their class number. A name is never renamed, a number never changed.
 * Names are `<subject>.<what>`; numbers are Berth's error numbers 0 to -19 (0 is an ordinary end).
 */
export const faultNumbers = {
  // 0: ordinary ends, no fault
  'closed.by-client': 0,
  'closed.with-will': 0,
  'closed.unsubscribed': 0,
  // -1: address (seen by the doctor only)
  'address.unresolvable': -1,
  'address.foreign-cname': -1,
  'address.unreachable': -1,
  'address.timeout': -1,
  // -2: port or protocol
  'port.refused': -2,
  'port.plain-mqtt-on-tls': -2,
  'port.http-on-tls': -2,
  'port.not-tls': -2,
  'port.http-on-mqtt': -2,
  'port.tls-on-plain': -2,
  'port.mqtt-on-websocket': -2,
  'port.http-server': -2,
  'port.not-mqtt': -2,
  'port.silent': -2,
  'websocket.path': -2,
  'websocket.subprotocol': -2,
  'websocket.not-upgrade': -2,
  'websocket.bad-request': -2,
  'websocket.protocol-error': -2,
  'websocket.text-frame': -2,
  // -3: TLS
  'tls.version': -3,
  'tls.cipher': -3,
  'tls.unknown-ca': -3,
  'tls.certificate-rejected': -3,
  'tls.certificate-expired': -3,
  'tls.timeout': -3,
  'tls.cut': -3,
  'tls.failed': -3,
  'tls.server-version': -3,
  'tls.host-name': -3,
  'tls.certificate-not-yet-valid': -3,
  'tls.chain-incomplete': -3,
  'tls.chain-large': -3,
  'tls.clock': -3,
  // -4: credentials
  'credentials.missing': -4,
  'credentials.unknown-user': -4,
  'credentials.wrong-password': -4,
  'credentials.disabled': -4,
  'credentials.changed': -4,
  'credentials.deleted': -4,
  // -5: SNI
  'sni.missing': -5,
  'sni.unknown': -5,
  // -6: deployment not running
  'deployment.stopped': -6,
  'deployment.idle': -6,
  'deployment.usage': -6,
  'deployment.deleted': -6,
  // -7: limits on connecting
  'limit.sessions': -7,
  'limit.connect-rate': -7,
  'limit.sessions-per-user': -7,
  'limit.failed-logins': -7,
  'limit.credentials': -7,
  'limit.access-rules': -7,
  'limit.rest-rate': -7,
  'limit.deployments': -7,
  // -8: banned
  'banned.rule': -8,
  'banned.flapping': -8,
  // -9: protocol
  'protocol.version': -9,
  'protocol.client-id': -9,
  'protocol.malformed': -9,
  'protocol.error': -9,
  'protocol.first-packet': -9,
  'protocol.connect-timeout': -9,
  'protocol.closed-before-connect': -9,
  'protocol.second-connect': -9,
  'protocol.authentication-method': -9,
  'protocol.topic-alias': -9,
  'protocol.no-connack': -9,
  // -10: not permitted
  'access.publish-denied': -10,
  'access.subscribe-denied': -10,
  'access.will-denied': -10,
  'access.delivery-denied': -10,
  'access.subscription-revoked': -10,
  // -11: limits of a message or a subscription
  'limit.packet-size': -11,
  'limit.client-packet-size': -11,
  'limit.topic': -11,
  'limit.subscriptions': -11,
  'limit.queue': -11,
  'limit.retained': -11,
  'limit.receive-maximum': -11,
  'limit.outbound-buffer': -11,
  'limit.message-rate': -11,
  'limit.expired': -11,
  // -12: taken over
  'session.taken-over': -12,
  // -13: keep-alive, vanished
  'connection.keep-alive': -13,
  'connection.lost': -13,
  'connection.idle-cut': -13,
  // -14: kicked
  'connection.kicked': -14,
  // -15: server
  'server.draining': -15,
  'server.busy': -15,
  'server.storage': -15,
  'server.error': -15,
  'limit.unauthenticated-bytes': -15,
} as const satisfies Record<string, number>;

/** Stable name of a fault, for example `sni.missing`. */
export type FaultName = keyof typeof faultNumbers;

/** Berth's error number of a fault, 0 to -19. */
export type FaultNumber = (typeof faultNumbers)[FaultName];
