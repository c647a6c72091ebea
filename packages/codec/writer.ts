import { stringBytesMax, utf8Length, writeUtf8 } from './utf8.ts';

/** Highest value of a Variable Byte Integer (MQTT 5.0 section 1.5.5). */
export const variableByteIntegerMax = 268_435_455;

/** Bytes that a Variable Byte Integer takes. @throws RangeError when it does not fit in four */
export function variableByteIntegerSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  if (value <= variableByteIntegerMax) return 4;
  throw new RangeError(`${value} does not fit in a Variable Byte Integer`);
}

/** Bytes that a UTF-8 Encoded String takes with its length prefix. @throws RangeError when it is too long for one */
export function stringSize(text: string): number {
  return prefixedSize(utf8Length(text));
}

/** Bytes that Binary Data takes with its length prefix. @throws RangeError when it is too long for one */
export function binarySize(bytes: Uint8Array): number {
  return prefixedSize(bytes.length);
}

function prefixedSize(length: number): number {
  if (length > stringBytesMax)
    throw new RangeError(`${length} bytes do not fit in a field of at most ${stringBytesMax}`);
  return 2 + length;
}

/** Size of a whole packet with a body of `bodySize` bytes. */
export function packetSize(bodySize: number): number {
  return 1 + variableByteIntegerSize(bodySize) + bodySize;
}

/** Writes the data representations of MQTT 5.0 section 1.5 into one packet, allocated at its exact size or at a place given. */
export class Writer {
  /** The whole packet; where a place was given, what holds it. */
  readonly bytes: Uint8Array;
  #offset = 0;

  /** Allocates the packet, or takes the place for it in `into`, and writes its fixed header. */
  constructor(header: number, bodySize: number, into: Uint8Array | null = null, offset = 0) {
    this.bytes = into ?? new Uint8Array(packetSize(bodySize));
    this.#offset = offset;
    this.uint8(header);
    this.variableByteInteger(bodySize);
  }

  uint8(value: number): void {
    this.bytes[this.#offset++] = value;
  }

  uint16(value: number): void {
    const { bytes } = this;
    bytes[this.#offset++] = value >>> 8;
    bytes[this.#offset++] = value;
  }

  uint32(value: number): void {
    this.uint16(value >>> 16);
    this.uint16(value);
  }

  variableByteInteger(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.uint8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.uint8(rest);
  }

  string(text: string): void {
    const start = this.#offset + 2;
    const end = writeUtf8(text, this.bytes, start);
    this.uint16(end - start);
    this.#offset = end;
  }

  binary(value: Uint8Array): void {
    this.uint16(value.length);
    this.raw(value);
  }

  /** Bytes without a length prefix. */
  raw(value: Uint8Array): void {
    this.bytes.set(value, this.#offset);
    this.#offset += value.length;
  }
}
