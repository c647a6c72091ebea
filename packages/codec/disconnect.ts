import { malformed, protocolError } from './errors.ts';
import { checkFlags } from './flags.ts';
import { decodeProperties, propertiesSize, withPropertyLength, writeProperties } from './properties.ts';
import { checkReasonCode } from './reason-codes.ts';
import { Reader } from './reader.ts';
import { PacketType } from './types.ts';
import type { AuthPacket, DisconnectPacket, Properties, ProtocolVersion } from './types.ts';
import { Writer } from './writer.ts';

/** Decodes the body of a DISCONNECT (MQTT 5.0 section 3.14). @throws DecodeError */
export function decodeDisconnect(
  version: ProtocolVersion,
  header: number,
  buffer: Uint8Array,
  start: number,
  end: number,
): DisconnectPacket {
  const type = PacketType.DISCONNECT;
  checkFlags(version, header, 0); // [MQTT-3.14.1-1]
  if (start === end) return { type, reasonCode: 0, properties: null };
  if (version !== 5) throw malformed('DISCONNECT of 3.x with a body');
  const reader = new Reader(buffer, start, end);
  const reasonCode = checkReasonCode(type, reader.uint8()); // [MQTT-3.14.2-1]
  const properties = reader.remaining > 0 ? decodeProperties(reader, type) : null;
  reader.expectEnd();
  return { type, reasonCode, properties };
}

/**
 * Encodes a DISCONNECT, in the shortest form of 5.0. 3.x takes neither reason code nor properties.
 *
 * @throws RangeError for a property that does not fit the wire
 */
export function encodeDisconnect(
  version: ProtocolVersion,
  reasonCode: number,
  properties: Properties | null,
): Uint8Array {
  const header = PacketType.DISCONNECT << 4;
  const propertySize = version === 5 ? propertiesSize(properties) : 0;
  if (version !== 5 || (reasonCode === 0 && propertySize === 0)) return Uint8Array.of(header, 0);
  if (propertySize === 0) return Uint8Array.of(header, 1, reasonCode);
  const writer = new Writer(header, 1 + withPropertyLength(propertySize));
  writer.uint8(reasonCode);
  writeProperties(writer, properties, propertySize);
  return writer.bytes;
}

/** Decodes the body of an AUTH (MQTT 5.0 section 3.15). @throws DecodeError */
export function decodeAuth(
  version: ProtocolVersion,
  header: number,
  buffer: Uint8Array,
  start: number,
  end: number,
): AuthPacket {
  const type = PacketType.AUTH;
  if (version !== 5) throw protocolError('AUTH in MQTT 3.x');
  checkFlags(version, header, 0); // [MQTT-3.15.1-1]
  if (start === end) return { type, reasonCode: 0, properties: null };
  const reader = new Reader(buffer, start, end);
  const reasonCode = checkReasonCode(type, reader.uint8()); // [MQTT-3.15.2-1]
  const properties = decodeProperties(reader, type);
  reader.expectEnd();
  if (properties?.authenticationMethod === undefined) throw protocolError('AUTH without an Authentication Method');
  return { type, reasonCode, properties };
}

/** Encodes an AUTH, in its shortest form. @throws RangeError for a property that does not fit the wire */
export function encodeAuth(reasonCode: number, properties: Properties | null): Uint8Array {
  const header = PacketType.AUTH << 4;
  const propertySize = propertiesSize(properties);
  if (reasonCode === 0 && propertySize === 0) return Uint8Array.of(header, 0);
  const writer = new Writer(header, 1 + withPropertyLength(propertySize));
  writer.uint8(reasonCode);
  writeProperties(writer, properties, propertySize);
  return writer.bytes;
}
