import { malformed, protocolError } from './errors.ts';
import { checkFlags } from './flags.ts';
import { decodeProperties, propertiesSize, withPropertyLength, writeProperties } from './properties.ts';
import { checkReasonCode } from './reason-codes.ts';
import { Reader } from './reader.ts';
import { PacketType } from './types.ts';
import type { ConnackPacket, ProtocolVersion } from './types.ts';
import { Writer } from './writer.ts';

/** Highest return code of a 3.x CONNACK. */
const returnCodeMax = 5;

/** Decodes the body of a CONNACK (MQTT 5.0 section 3.2). @throws DecodeError */
export function decodeConnack(
  version: ProtocolVersion,
  header: number,
  buffer: Uint8Array,
  start: number,
  end: number,
): ConnackPacket {
  const type = PacketType.CONNACK;
  checkFlags(version, header, 0);
  const reader = new Reader(buffer, start, end);
  const flags = reader.uint8();
  if (flags > 1 && version !== 3) throw malformed('reserved Connect Acknowledge Flags', 'MQTT-3.2.2-1'); // [MQTT-3.2.2-1]
  const sessionPresent = flags === 1 && version !== 3; // the byte is not used in 3.1
  const reasonCode = reader.uint8();
  if (version === 5) checkReasonCode(type, reasonCode); // [MQTT-3.2.2-8]
  else if (reasonCode > returnCodeMax) throw malformed('CONNACK with a reserved return code');
  if (sessionPresent && reasonCode !== 0) throw protocolError('refusal with Session Present', 'MQTT-3.2.2-6'); // [MQTT-3.2.2-6]
  const properties = version === 5 ? decodeProperties(reader, type) : null;
  reader.expectEnd();
  return { type, sessionPresent, reasonCode, properties };
}

/**
 * Encodes a CONNACK; `reasonCode` is a return code in 3.x, which takes no properties. 3.1 has no Session Present.
 *
 * @throws RangeError for a property that does not fit the wire
 */
export function encodeConnack(
  version: ProtocolVersion,
  { sessionPresent, reasonCode, properties }: ConnackPacket,
): Uint8Array {
  const propertySize = version === 5 ? propertiesSize(properties) : 0;
  const writer = new Writer(PacketType.CONNACK << 4, 2 + (version === 5 ? withPropertyLength(propertySize) : 0));
  writer.uint8(sessionPresent && version !== 3 ? 1 : 0);
  writer.uint8(reasonCode);
  if (version === 5) writeProperties(writer, properties, propertySize);
  return writer.bytes;
}
