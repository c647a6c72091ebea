import type { Properties } from '../../../../packages/codec/types.ts';
import type { Text } from '../../../../packages/faults/mod.ts';
import { both, failed, ok, same, skipped, warning, type Finding } from '../finding.ts';
import type { MqttProbe } from '../mqtt-probe.ts';
import type { DoctorRequest } from '../request.ts';

/** Below this, ordinary messages of sensors are in danger. */
const smallBytes = 1024;
/** Fixed header, topic, packet identifier and properties around a message. */
const overheadBytes = 128;

/** What the server announced in its CONNACK (MQTT 5.0 section 3.2.2.3). */
export function readLimits(request: DoctorRequest, probe: MqttProbe): Finding {
  const { properties } = probe.connack;
  if (probe.version !== 5) {
    return skipped('limits', both('MQTT 3.1.1 announces none.', 'MQTT 3.1.1 不会告知限制。'));
  }
  const given = properties ?? {};
  const seen = [same(wordsOfLimits(given))];
  const details = { ...limitsIn(given) };
  const most = given.maximumPacketSize ?? null;
  if (most === null) return ok('limits', seen, details);
  const wanted = request.messageBytes === null ? null : request.messageBytes + overheadBytes;
  if (wanted !== null && wanted > most) {
    return failed('limits', 'limit.packet-size', [...seen, tooLarge(request.messageBytes ?? 0, most)], details);
  }
  if (wanted === null && most < smallBytes) {
    return warning('limits', 'limit.packet-size', [...seen, small(most)], details);
  }
  return ok('limits', seen, details);
}

function tooLarge(messageBytes: number, most: number): Text {
  return both(
    `A message of ${messageBytes} bytes does not fit into a packet of ${most}: the server closes the connection.`,
    `${messageBytes} 字节的消息超过了 ${most} 字节的报文上限：服务器会断开连接。`,
  );
}

function small(most: number): Text {
  return both(
    `A packet may have ${most} bytes only, CONNECT and topic with it: larger ones end the connection.`,
    `报文最多 ${most} 字节（包括 CONNECT 和主题）：更大的报文会导致连接断开。`,
  );
}

/** Absent is the default of the standard. */
function limitsIn(given: Properties) {
  return {
    maximumPacketSize: given.maximumPacketSize ?? null,
    receiveMaximum: given.receiveMaximum ?? 65_535,
    maximumQoS: given.maximumQoS ?? 2,
    retainAvailable: given.retainAvailable !== 0,
    topicAliasMaximum: given.topicAliasMaximum ?? 0,
    sessionExpiryInterval: given.sessionExpiryInterval ?? null,
    serverKeepAlive: given.serverKeepAlive ?? null,
    wildcardSubscriptionAvailable: given.wildcardSubscriptionAvailable !== 0,
    sharedSubscriptionAvailable: given.sharedSubscriptionAvailable !== 0,
    subscriptionIdentifierAvailable: given.subscriptionIdentifierAvailable !== 0,
  };
}

/** In the terms of the standard, which are the same in every language. */
function wordsOfLimits(given: Properties): string {
  const limits = limitsIn(given);
  return [
    `Maximum Packet Size ${limits.maximumPacketSize ?? '-'}`,
    `Receive Maximum ${limits.receiveMaximum}`,
    `Maximum QoS ${limits.maximumQoS}`,
    `Topic Alias Maximum ${limits.topicAliasMaximum}`,
    ...(limits.serverKeepAlive === null ? [] : [`Server Keep Alive ${limits.serverKeepAlive}`]),
    ...(limits.sessionExpiryInterval === null ? [] : [`Session Expiry Interval ${limits.sessionExpiryInterval}`]),
    ...(limits.retainAvailable ? [] : ['Retain Available 0']),
    ...(limits.wildcardSubscriptionAvailable ? [] : ['Wildcard Subscription Available 0']),
    ...(limits.sharedSubscriptionAvailable ? [] : ['Shared Subscription Available 0']),
  ].join(', ');
}
