import type { FaultEntry } from './entry.ts';
import { faultNumbers } from './names.ts';
import type { FaultName } from './names.ts';
import type { Fault, Text } from './types.ts';

const text: Text = { en: '-', zh: '-' };
function w(v3: number | null, v5: number | null, disconnect: number | null, reason: string | null): FaultEntry {
  return { severity: 'warning', seenBy: ['owner', 'operator'], connack: v5 === null ? null : { v3, v5 }, disconnect, reason, title: text, cause: text, remedy: text };
}
const cred = w(4, 0x86, 0x87, 'user name or password not accepted');
const dep = (r: string) => w(3, 0x88, 0x98, r);
const none = w(null, null, null, null);
const ack = (r: string) => w(null, null, null, r);

const entries: Record<FaultName, FaultEntry> = {
  'closed.by-client': none, 'closed.with-will': none, 'closed.unsubscribed': none,
  'address.unresolvable': none, 'address.foreign-cname': none, 'address.unreachable': none, 'address.timeout': none,
  'port.refused': none, 'port.plain-mqtt-on-tls': none, 'port.http-on-tls': none, 'port.not-tls': none,
  'port.http-on-mqtt': ack('this port speaks MQTT, not HTTP; for WebSocket use port 8084 and path /mqtt'),
  'port.tls-on-plain': none, 'port.mqtt-on-websocket': none,
  'websocket.path': ack('no such path, use /mqtt'),
  'websocket.subprotocol': ack('WebSocket subprotocol must be mqtt or mqttv3.1'),
  'websocket.not-upgrade': ack('this is a WebSocket address, connect with an MQTT client over WebSocket'),
  'websocket.bad-request': ack('bad WebSocket request'),
  'websocket.protocol-error': ack('WebSocket protocol error'),
  'websocket.text-frame': ack('MQTT needs binary WebSocket frames'),
  'tls.version': none, 'tls.cipher': none, 'tls.unknown-ca': none, 'tls.certificate-rejected': none, 'tls.certificate-expired': none,
  'tls.timeout': none, 'tls.cut': none, 'tls.failed': none,
  'credentials.missing': cred, 'credentials.unknown-user': cred, 'credentials.wrong-password': cred, 'credentials.disabled': cred,
  'credentials.changed': cred, 'credentials.deleted': cred,
  'sni.missing': w(5, 0x87, null, 'no SNI was sent, set the server name of the TLS connection'),
  'sni.unknown': w(5, 0x87, null, 'the server name (SNI) is not the address of a deployment'),
  'deployment.stopped': dep('the deployment is stopped'),
  'deployment.idle': dep('the deployment was stopped because it was idle'),
  'deployment.usage': dep('the deployment is over its usage limit'),
  'deployment.deleted': dep('the deployment was deleted'),
  'limit.sessions': w(3, 0x97, null, 'the deployment has reached its limit of sessions'),
  'limit.connect-rate': w(3, 0x9f, null, 'too many connects per second, try again later'),
  'limit.sessions-per-user': w(3, 0x97, null, 'this user name has reached its limit of sessions'),
  'limit.failed-logins': w(3, 0x9f, null, 'too many failed log-ins, try again in a minute'),
  'banned.rule': w(5, 0x8a, 0x98, 'banned'),
  'banned.flapping': w(5, 0x8a, 0x98, 'banned for connecting too often'),
  'protocol.version': w(1, 0x84, null, 'protocol version not supported, use MQTT 3.1, 3.1.1 or 5.0'),
  'protocol.client-id': w(2, 0x85, null, 'client identifier not valid'),
  'protocol.malformed': w(null, 0x81, 0x81, 'malformed packet'),
  'protocol.error': w(null, 0x82, 0x82, 'protocol error'),
  'protocol.first-packet': none, 'protocol.connect-timeout': none, 'protocol.closed-before-connect': none,
  'protocol.second-connect': w(null, null, 0x82, 'second CONNECT on one connection'),
  'protocol.authentication-method': w(null, 0x8c, 0x82, 'enhanced authentication is not offered'),
  'protocol.topic-alias': w(null, null, 0x94, 'topic alias not valid'),
  'access.publish-denied': ack('not permitted to publish to this topic'),
  'access.subscribe-denied': ack('not permitted to subscribe to this topic filter'),
  'access.will-denied': w(5, 0x87, null, 'not permitted to publish to the topic of the will'),
  'access.delivery-denied': none,
  'access.subscription-revoked': none,
  'limit.packet-size': w(null, 0x95, 0x95, 'packet larger than the limit of the deployment'),
  'limit.client-packet-size': none,
  'limit.topic': w(5, 0x90, null, 'topic too long or with too many levels'),
  'limit.subscriptions': ack('limit of subscriptions per client reached'),
  'limit.queue': none,
  'limit.retained': ack('not retained: limit of retained messages reached'),
  'limit.receive-maximum': w(null, null, 0x93, 'more messages in flight than the Receive Maximum'),
  'limit.outbound-buffer': none, 'limit.message-rate': none, 'limit.expired': none,
  'session.taken-over': w(null, null, 0x8e, 'another connection with this client identifier took over'),
  'connection.keep-alive': w(null, null, 0x8d, 'keep-alive time-out'),
  'connection.lost': none,
  'connection.kicked': w(null, null, 0x98, 'disconnected by an administrator'),
  'server.draining': w(3, 0x88, 0x8b, 'the server is shutting down, reconnect later'),
  'server.busy': w(3, 0x89, 0x89, 'the server is busy, try again later'),
  'server.storage': w(3, 0x88, 0x89, 'the server cannot store messages now, try again later'),
  'server.error': w(3, 0x80, 0x80, 'internal error of the server'),
};

/** Every fault by its name. */
export const faults = Object.fromEntries(
  (Object.keys(faultNumbers) as FaultName[]).map((name) => {
    const { reason, ...entry } = entries[name];
    const number = faultNumbers[name];
    return [name, { name, number, ...entry, reasonString: reason === null ? null : `error ${number}: ${reason}` }];
  }),
) as unknown as Readonly<Record<FaultName, Fault>>;
