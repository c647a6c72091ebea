import { malformed, protocolError, truncated } from './errors.ts';
import { decodeProperties, propertiesSize, withPropertyLength, writeProperties } from './properties.ts';
import { Reader, uint16At } from './reader.ts';
import { decodeTopicName } from './topic-names.ts';
import { PacketType } from './types.ts';
import type { Properties, ProtocolVersion, PublishPacket, QoS } from './types.ts';
import { packetSize, stringSize, Writer } from './writer.ts';

const dupFlag = 0x08;
const retainFlag = 0x01;

/** A packet for `decodePublish` to fill. */
export function emptyPublish(): PublishPacket {
  return {
    type: PacketType.PUBLISH,
    dup: false,
    qos: 0,
    retain: false,
    topic: '',
    packetIdentifier: 0,
    payload: new Uint8Array(0),
    properties: null,
  };
}

/**
 * Decodes the body of a PUBLISH, `buffer` from `start` to `end`, into a packet that is used again and again (MQTT 5.0 section 3.3).
 * `payload` and binary properties are views of the buffer. When it throws, the packet is not to be used.
 *
 * @param userPropertiesMax see `decodeProperties`.
 * @throws DecodeError
 */
export function decodePublish(
  version: ProtocolVersion,
  header: number,
  buffer: Uint8Array,
  start: number,
  end: number,
  into: PublishPacket,
  userPropertiesMax?: number,
): void {
  const payloadStart = decodePublishHead(version, header, buffer, start, end, into, userPropertiesMax);
  into.payload = buffer.subarray(payloadStart, end);
}

/**
 * Decodes all of a PUBLISH but the payload, which reaches from the returned offset to `end`. A view of it costs as much as
 * decoding the rest, and who forwards the packet as it is needs none.
 *
 * @returns where the payload begins; `into.payload` stays as it was.
 * @throws DecodeError
 */
export function decodePublishHead(
  version: ProtocolVersion,
  header: number,
  buffer: Uint8Array,
  start: number,
  end: number,
  into: PublishPacket,
  userPropertiesMax?: number,
): number {
  const qos = (header >> 1) & 3;
  const dup = (header & dupFlag) !== 0;
  if (qos === 3) throw malformed('PUBLISH with QoS 3', 'MQTT-3.3.1-4'); // [MQTT-3.3.1-4]
  if (dup && qos === 0 && version !== 3) throw malformed('PUBLISH with DUP and QoS 0', 'MQTT-3.3.1-2'); // [MQTT-3.3.1-2]
  if (end - start < 2) throw truncated();
  const topicStart = start + 2;
  let offset = topicStart + uint16At(buffer, start);
  if (offset > end) throw truncated();
  const topic = decodeTopicName(buffer, topicStart, offset);
  let packetIdentifier = 0;
  if (qos > 0) {
    if (end - offset < 2) throw truncated();
    packetIdentifier = uint16At(buffer, offset);
    if (packetIdentifier === 0) throw protocolError('PUBLISH with packet identifier 0', 'MQTT-2.2.1-3'); // [MQTT-2.2.1-3]
    offset += 2;
  }
  let properties: Properties | null = null;
  if (version === 5) {
    if (buffer[offset] === 0 && offset < end) {
      offset++;
    } else {
      const reader = new Reader(buffer, offset, end);
      properties = decodeProperties(reader, PacketType.PUBLISH, userPropertiesMax);
      offset = end - reader.remaining;
    }
  }
  if (topic === '' && properties?.topicAlias === undefined) {
    throw protocolError('PUBLISH with an empty topic name', 'MQTT-4.7.3-1'); // [MQTT-4.7.3-1], section 3.3.2.1
  }
  into.dup = dup;
  into.qos = qos as QoS;
  into.retain = (header & retainFlag) !== 0;
  into.topic = topic;
  into.packetIdentifier = packetIdentifier;
  into.properties = properties;
  return offset;
}

function bodySize(
  version: ProtocolVersion,
  topic: string,
  payloadLength: number,
  qos: QoS,
  propertySize: number,
): number {
  const properties = version === 5 ? withPropertyLength(propertySize) : 0;
  return stringSize(topic) + (qos > 0 ? 2 : 0) + properties + payloadLength;
}

/**
 * Size of the whole packet that `encodePublish` would make, for comparison with the receiver's Maximum Packet Size.
 *
 * @throws RangeError for a string, binary or packet that does not fit the wire
 */
export function encodedPublishSize(
  version: ProtocolVersion,
  topic: string,
  payloadLength: number,
  qos: QoS,
  properties: Properties | null,
): number {
  const propertySize = version === 5 ? propertiesSize(properties) : 0;
  return packetSize(bodySize(version, topic, payloadLength, qos, propertySize));
}

/**
 * Encodes a PUBLISH (MQTT 5.0 section 3.3). `packetIdentifier` is not written with QoS 0, properties are not with 3.x.
 *
 * @throws RangeError for a string, binary or packet that does not fit the wire
 */
export function encodePublish(
  version: ProtocolVersion,
  topic: string,
  payload: Uint8Array,
  qos: QoS,
  retain: boolean,
  dup: boolean,
  packetIdentifier: number,
  properties: Properties | null,
): Uint8Array {
  const propertySize = version === 5 ? propertiesSize(properties) : 0;
  const header = (PacketType.PUBLISH << 4) | (dup ? dupFlag : 0) | (qos << 1) | (retain ? retainFlag : 0);
  const writer = new Writer(header, bodySize(version, topic, payload.length, qos, propertySize));
  writer.string(topic);
  if (qos > 0) writer.uint16(packetIdentifier);
  if (version === 5) writeProperties(writer, properties, propertySize);
  writer.raw(payload);
  return writer.bytes;
}

/**
 * Encodes a PUBLISH of 5.0 with QoS 0 and no flags into memory that is there, from `offset`: for storing messages. There must be
 * room: see `encodedPublishSize`.
 *
 * @throws RangeError for a string, binary or packet that does not fit the wire
 */
export function writePublish(
  into: Uint8Array,
  offset: number,
  topic: string,
  payload: Uint8Array,
  properties: Properties | null,
): void {
  const propertySize = propertiesSize(properties);
  const size = bodySize(5, topic, payload.length, 0, propertySize);
  const writer = new Writer(PacketType.PUBLISH << 4, size, into, offset);
  writer.string(topic);
  writeProperties(writer, properties, propertySize);
  writer.raw(payload);
}

/**
 * Where the Packet Identifier (two bytes, big-endian) stands in an encoded PUBLISH of QoS 1 or 2, so that one encoding can go to
 * many with the identifier patched; -1 for QoS 0.
 */
export function publishPacketIdentifierOffset(bytes: Uint8Array): number {
  if (((bytes[0] ?? 0) & 0x06) === 0) return -1;
  let topicStart = 2;
  while ((bytes[topicStart - 1] ?? 0) >= 0x80) topicStart++;
  return topicStart + 2 + uint16At(bytes, topicStart);
}
