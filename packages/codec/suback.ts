import { malformed, protocolError } from './errors.ts';
import { checkFlags } from './flags.ts';
import { decodeProperties, propertiesSize, withPropertyLength, writeProperties } from './properties.ts';
import { checkReasonCode } from './reason-codes.ts';
import { Reader } from './reader.ts';
import { PacketType } from './types.ts';
import type { ProtocolVersion, SubackPacket } from './types.ts';
import { Writer } from './writer.ts';

type SubackType = SubackPacket['type'];

/** Decodes the body of a SUBACK or UNSUBACK (MQTT 5.0 sections 3.9 and 3.11). @throws DecodeError */
export function decodeSuback(
  version: ProtocolVersion,
  header: number,
  buffer: Uint8Array,
  start: number,
  end: number,
): SubackPacket {
  const type = (header >> 4) as SubackType;
  checkFlags(version, header, 0);
  const reader = new Reader(buffer, start, end);
  const packetIdentifier = reader.uint16();
  if (packetIdentifier === 0) throw protocolError('acknowledgement with packet identifier 0', 'MQTT-2.2.1-6'); // [MQTT-2.2.1-6]
  const properties = version === 5 ? decodeProperties(reader, type) : null;
  const reasonCodes: number[] = [];
  if (version !== 5 && type === PacketType.UNSUBACK) {
    reader.expectEnd();
  } else {
    if (reader.remaining === 0) throw protocolError('acknowledgement without a reason code');
    while (reader.remaining > 0) {
      const code = reader.uint8();
      reasonCodes.push(version === 5 ? checkReasonCode(type, code) : checkReturnCode(code));
    }
  }
  return { type, packetIdentifier, reasonCodes, properties };
}

function checkReturnCode(code: number): number {
  if (code > 2 && code !== 0x80) throw malformed('SUBACK with a reserved return code', 'MQTT-3.9.3-2'); // [MQTT-3.9.3-2] of 3.1.1
  return code;
}

/**
 * Encodes a SUBACK or UNSUBACK. A 3.x UNSUBACK has neither reason codes nor properties.
 *
 * @throws RangeError for a property that does not fit the wire
 */
export function encodeSuback(version: ProtocolVersion, packet: SubackPacket): Uint8Array {
  const { type, packetIdentifier, properties } = packet;
  const reasonCodes = version === 5 || type === PacketType.SUBACK ? packet.reasonCodes : [];
  const propertySize = version === 5 ? propertiesSize(properties) : 0;
  const writer = new Writer(type << 4, 2 + (version === 5 ? withPropertyLength(propertySize) : 0) + reasonCodes.length);
  writer.uint16(packetIdentifier);
  if (version === 5) writeProperties(writer, properties, propertySize);
  for (const code of reasonCodes) writer.uint8(code);
  return writer.bytes;
}
