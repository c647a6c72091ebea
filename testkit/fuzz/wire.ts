import { join } from './chance.ts';

/** A Variable Byte Integer, at times in more bytes than it needs. */
export function variableByteInteger(value: number, bytesMin = 1): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  do {
    const byte = left % 128;
    left = Math.floor(left / 128);
    bytes.push(left > 0 || bytes.length + 1 < bytesMin ? byte | 0x80 : byte);
  } while (left > 0 || bytes.length < bytesMin);
  return Uint8Array.from(bytes);
}

export function uint16(value: number): readonly number[] {
  return [value >> 8, value & 0xff];
}

/** Two bytes of length, then the bytes. */
export function prefixed(bytes: Uint8Array): Uint8Array {
  return join(uint16(bytes.length), bytes);
}

/** A packet of its first byte and the parts of its body. */
export function framed(first: number, ...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const body = join(...parts);
  return join([first], variableByteInteger(body.length), body);
}
