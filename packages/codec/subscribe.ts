import { DecodeError, malformed, protocolError } from './errors.ts';
import { checkFlags } from './flags.ts';
import { decodeProperties, propertiesSize, withPropertyLength, writeProperties } from './properties.ts';
import { Reader } from './reader.ts';
import { PacketType, ReasonCode } from './types.ts';
import type { ProtocolVersion, QoS, SubscribePacket, SubscriptionRequest, UnsubscribePacket } from './types.ts';
import { stringSize, Writer } from './writer.ts';

/**
 * Topic Filters that a SUBSCRIBE or UNSUBSCRIBE may have. The standard sets no bound; but a packet of a mebibyte has room for hundreds of
 * thousands, each of which is work and an answer.
 */
export const topicFiltersMax = 10_000;

/** @throws DecodeError 0x97 where a further Topic Filter is one too many. */
function checkCount(filters: readonly unknown[]): void {
  if (filters.length >= topicFiltersMax)
    throw new DecodeError(ReasonCode.quotaExceeded, `more than ${topicFiltersMax} Topic Filters`);
}

/** Decodes the body of a SUBSCRIBE (MQTT 5.0 section 3.8). @throws DecodeError */
export function decodeSubscribe(
  version: ProtocolVersion,
  header: number,
  buffer: Uint8Array,
  start: number,
  end: number,
): SubscribePacket {
  checkFlags(version, header, 2); // [MQTT-3.8.1-1]
  const reader = new Reader(buffer, start, end);
  const packetIdentifier = readPacketIdentifier(reader);
  const properties = version === 5 ? decodeProperties(reader, PacketType.SUBSCRIBE) : null;
  if (reader.remaining === 0) throw protocolError('SUBSCRIBE without a topic filter', 'MQTT-3.8.3-2'); // [MQTT-3.8.3-2]
  const subscriptions: SubscriptionRequest[] = [];
  while (reader.remaining > 0) {
    checkCount(subscriptions);
    const topicFilter = readTopicFilter(reader);
    const options = reader.uint8();
    subscriptions.push(version === 5 ? request(topicFilter, options) : legacyRequest(version, topicFilter, options));
  }
  return { type: PacketType.SUBSCRIBE, packetIdentifier, subscriptions, properties };
}

function request(topicFilter: string, options: number): SubscriptionRequest {
  const qos = options & 3;
  const noLocal = (options & 0x04) !== 0;
  const retainHandling = (options >> 4) & 3;
  if (options >= 0x40) throw malformed('reserved bits of the subscription options', 'MQTT-3.8.3-5'); // [MQTT-3.8.3-5]
  if (qos === 3) throw protocolError('subscription with QoS 3');
  if (retainHandling === 3) throw protocolError('subscription with Retain Handling 3');
  if (noLocal && topicFilter.startsWith('$share/')) {
    throw protocolError('shared subscription with No Local', 'MQTT-3.8.3-4'); // [MQTT-3.8.3-4]
  }
  return {
    topicFilter,
    qos: qos as QoS,
    noLocal,
    retainAsPublished: (options & 0x08) !== 0,
    retainHandling: retainHandling as 0 | 1 | 2,
  };
}

/** In 3.x the byte is a QoS with six bits reserved; 3.1 does not say what the reserved ones are. */
function legacyRequest(version: 3 | 4, topicFilter: string, options: number): SubscriptionRequest {
  const qos = version === 3 ? options & 3 : options;
  if (qos > 2) throw malformed('subscription with a QoS above 2', 'MQTT-3.8.3-5');
  return { topicFilter, qos: qos as QoS, noLocal: false, retainAsPublished: false, retainHandling: 0 };
}

/** Decodes the body of an UNSUBSCRIBE (MQTT 5.0 section 3.10). @throws DecodeError */
export function decodeUnsubscribe(
  version: ProtocolVersion,
  header: number,
  buffer: Uint8Array,
  start: number,
  end: number,
): UnsubscribePacket {
  checkFlags(version, header, 2); // [MQTT-3.10.1-1]
  const reader = new Reader(buffer, start, end);
  const packetIdentifier = readPacketIdentifier(reader);
  const properties = version === 5 ? decodeProperties(reader, PacketType.UNSUBSCRIBE) : null;
  if (reader.remaining === 0) throw protocolError('UNSUBSCRIBE without a topic filter', 'MQTT-3.10.3-2'); // [MQTT-3.10.3-2]
  const topicFilters: string[] = [];
  while (reader.remaining > 0) {
    checkCount(topicFilters);
    topicFilters.push(readTopicFilter(reader));
  }
  return { type: PacketType.UNSUBSCRIBE, packetIdentifier, topicFilters, properties };
}

function readPacketIdentifier(reader: Reader): number {
  const packetIdentifier = reader.uint16();
  if (packetIdentifier === 0) throw protocolError('packet identifier is 0', 'MQTT-2.2.1-3'); // [MQTT-2.2.1-3]
  return packetIdentifier;
}

function readTopicFilter(reader: Reader): string {
  const topicFilter = reader.string(); // [MQTT-3.8.3-1] [MQTT-3.10.3-1]
  if (topicFilter === '') {
    throw new DecodeError(ReasonCode.topicFilterInvalid, 'topic filter is empty', 'MQTT-4.7.3-1'); // [MQTT-4.7.3-1]
  }
  return topicFilter;
}

/** Encodes a SUBSCRIBE. @throws RangeError for a field that does not fit the wire */
export function encodeSubscribe(version: ProtocolVersion, packet: SubscribePacket): Uint8Array {
  const propertySize = version === 5 ? propertiesSize(packet.properties) : 0;
  let size = 2 + (version === 5 ? withPropertyLength(propertySize) : 0);
  for (const { topicFilter } of packet.subscriptions) size += stringSize(topicFilter) + 1;
  const writer = new Writer((PacketType.SUBSCRIBE << 4) | 2, size);
  writer.uint16(packet.packetIdentifier);
  if (version === 5) writeProperties(writer, packet.properties, propertySize);
  for (const { topicFilter, qos, noLocal, retainAsPublished, retainHandling } of packet.subscriptions) {
    writer.string(topicFilter);
    const options = (noLocal ? 0x04 : 0) | (retainAsPublished ? 0x08 : 0) | (retainHandling << 4);
    writer.uint8(version === 5 ? options | qos : qos);
  }
  return writer.bytes;
}

/** Encodes an UNSUBSCRIBE. @throws RangeError for a field that does not fit the wire */
export function encodeUnsubscribe(version: ProtocolVersion, packet: UnsubscribePacket): Uint8Array {
  const propertySize = version === 5 ? propertiesSize(packet.properties) : 0;
  let size = 2 + (version === 5 ? withPropertyLength(propertySize) : 0);
  for (const topicFilter of packet.topicFilters) size += stringSize(topicFilter);
  const writer = new Writer((PacketType.UNSUBSCRIBE << 4) | 2, size);
  writer.uint16(packet.packetIdentifier);
  if (version === 5) writeProperties(writer, packet.properties, propertySize);
  for (const topicFilter of packet.topicFilters) writer.string(topicFilter);
  return writer.bytes;
}
