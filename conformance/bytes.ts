import { lengthPrefixed, packet } from '../testkit/packets.ts';
import type { Dialect } from './registry.ts';
import { server } from './server.ts';

/** Bytes from hexadecimal digits with blanks between them. */
export function bytes(digits: string): Uint8Array {
  return Buffer.from(digits.replaceAll(/\s/g, ''), 'hex');
}

/** A string with its length, of bytes that need not be UTF-8. */
export function stringOf(raw: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(raw.length >> 8, raw.length & 0xff), raw]);
}

/** What a CONNECT made by hand may have other than a right one. */
export interface HandMade {
  readonly firstByte?: number;
  readonly name?: string;
  readonly level?: number;
  readonly flags?: number;
  /** Properties with their length; left out in 3.1.1. */
  readonly properties?: string;
  /** Fields of the payload; default: a client id, the user name and the password. */
  readonly payload?: readonly Uint8Array[];
}

/** CONNECT by hand: right but for what is given. */
export function handMadeConnect(dialect: Dialect, clientId: string, parts: HandMade = {}): Uint8Array {
  const { username, password } = server().standard;
  return packet(
    parts.firstByte ?? 0x10,
    lengthPrefixed(parts.name ?? 'MQTT'),
    Uint8Array.of(parts.level ?? dialect, parts.flags ?? 0xc2, 0, 60),
    dialect === 5 ? bytes(parts.properties ?? '00') : bytes(''),
    ...(parts.payload ?? [lengthPrefixed(clientId), ...credentials(username, password)]),
  );
}

/** The user name and the password as CONNECT carries them. */
export function credentials(username: string, password: string): Uint8Array[] {
  return [lengthPrefixed(username), lengthPrefixed(password)];
}

/** Empty properties in 5.0, nothing in 3.1.1. */
export function noProperties(dialect: Dialect): Uint8Array {
  return bytes(dialect === 5 ? '00' : '');
}
