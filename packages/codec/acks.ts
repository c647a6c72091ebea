import { malformed, protocolError } from './errors.ts';
import { checkFlags } from './flags.ts';
import { decodeProperties, propertiesSize, withPropertyLength, writeProperties } from './properties.ts';
import { checkReasonCode } from './reason-codes.ts';
import { Reader, uint16At } from './reader.ts';
import { PacketType } from './types.ts';
import type { AckPacket, Properties, ProtocolVersion } from './types.ts';
import { Writer } from './writer.ts';

type AckType = AckPacket['type'];

/** Decodes the body of a PUBACK, PUBREC, PUBREL or PUBCOMP (MQTT 5.0 sections 3.4 to 3.7). @throws DecodeError */
export function decodeAck(
  version: ProtocolVersion,
  header: number,
  buffer: Uint8Array,
  start: number,
  end: number,
): AckPacket {
  const type = (header >> 4) as AckType;
  checkFlags(version, header, type === PacketType.PUBREL ? 2 : 0); // [MQTT-3.6.1-1]
  const length = end - start;
  if (length < 2) throw malformed('acknowledgement without a packet identifier');
  const packetIdentifier = uint16At(buffer, start);
  if (packetIdentifier === 0) throw protocolError('acknowledgement with packet identifier 0', 'MQTT-2.2.1-5'); // [MQTT-2.2.1-5]
  // Without a reason code it is 0; the Property Length is left out together with it or after it.
  if (length === 2) return { type, packetIdentifier, reasonCode: 0, properties: null };
  if (version !== 5) throw malformed('acknowledgement of more than a packet identifier');
  const reader = new Reader(buffer, start + 2, end);
  const reasonCode = checkReasonCode(type, reader.uint8());
  const properties = reader.remaining > 0 ? decodeProperties(reader, type) : null;
  reader.expectEnd();
  return { type, packetIdentifier, reasonCode, properties };
}

/**
 * Encodes a PUBACK, PUBREC, PUBREL or PUBCOMP, in the shortest form of 5.0. 3.x takes neither reason code nor properties.
 *
 * @throws RangeError for a property that does not fit the wire
 */
export function encodeAck(
  version: ProtocolVersion,
  type: AckType,
  packetIdentifier: number,
  reasonCode: number,
  properties: Properties | null,
): Uint8Array {
  const header = (type << 4) | (type === PacketType.PUBREL ? 2 : 0);
  const propertySize = version === 5 ? propertiesSize(properties) : 0;
  if (version !== 5 || (reasonCode === 0 && propertySize === 0)) {
    // Measured: 10 ns, and 48 ns with Uint8Array.of.
    const bytes = new Uint8Array(4);
    bytes[0] = header;
    bytes[1] = 2;
    bytes[2] = packetIdentifier >>> 8;
    bytes[3] = packetIdentifier;
    return bytes;
  }
  if (propertySize === 0) return Uint8Array.of(header, 3, packetIdentifier >>> 8, packetIdentifier, reasonCode);
  const writer = new Writer(header, 3 + withPropertyLength(propertySize));
  writer.uint16(packetIdentifier);
  writer.uint8(reasonCode);
  writeProperties(writer, properties, propertySize);
  return writer.bytes;
}
