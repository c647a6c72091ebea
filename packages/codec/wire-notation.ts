import { decode } from './decode.ts';
import { Framer } from './framer.ts';
import type { Packet, ProtocolVersion } from './types.ts';

/**
 * For tests: bytes as the tables of the standard write them, hexadecimal digits and quoted ASCII text, for example
 * `wire("10 0d 0004 'MQTT' 04 02 003c 0001 'p'")`.
 */
export function wire(notation: string): Uint8Array {
  const bytes: number[] = [];
  for (const [token] of notation.matchAll(/'[^']*'|[0-9a-fA-F]{2}|[^\s]/g)) {
    if (token.startsWith("'")) for (const character of token.slice(1, -1)) bytes.push(character.charCodeAt(0));
    else if (token.length === 2) bytes.push(Number.parseInt(token, 16));
    else throw new Error(`not in wire notation: ${token}`);
  }
  return Uint8Array.from(bytes);
}

/** For tests: a whole packet with its fixed header put in front of a body in wire notation. */
export function packetOf(header: number, body: string): Uint8Array {
  const bytes = wire(body);
  if (bytes.length > 127) throw new Error('only bodies with a Remaining Length of one byte');
  return Uint8Array.of(header, bytes.length, ...bytes);
}

/** For tests: cuts and decodes bytes that are exactly one packet. */
export function decodeWire(version: ProtocolVersion, bytes: Uint8Array): Packet {
  const framer = new Framer(Infinity);
  framer.push(bytes);
  if (!framer.next() || framer.bufferedBytes > 0) throw new Error('not exactly one packet');
  return decode(version, framer.header, framer.buffer, framer.bodyStart, framer.end);
}
