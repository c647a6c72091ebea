import { malformed, truncated } from './errors.ts';
import { decodeUtf8 } from './utf8.ts';

/** Two Byte Integer at an offset that the caller has checked (MQTT 5.0 section 1.5.2). */
export function uint16At(buffer: Uint8Array, offset: number): number {
  return ((buffer[offset] ?? 0) << 8) | (buffer[offset + 1] ?? 0);
}

/**
 * Reads the data representations of MQTT 5.0 section 1.5 one after the other from a part of a buffer.
 * Every method throws DecodeError 0x81 when its value does not lie within that part.
 */
export class Reader {
  readonly #buffer: Uint8Array;
  readonly #end: number;
  #offset: number;

  constructor(buffer: Uint8Array, start: number, end: number) {
    this.#buffer = buffer;
    this.#offset = start;
    this.#end = end;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#end - this.#offset;
  }

  uint8(): number {
    return this.#buffer[this.#take(1)] ?? 0;
  }

  uint16(): number {
    return uint16At(this.#buffer, this.#take(2));
  }

  uint32(): number {
    const start = this.#take(4);
    return uint16At(this.#buffer, start) * 0x10000 + uint16At(this.#buffer, start + 2);
  }

  /** At most four bytes, in the shortest form. */
  variableByteInteger(): number {
    let value = 0;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.uint8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte === 0 && shift > 0) throw malformed('integer is not in its shortest form', 'MQTT-1.5.5-1'); // [MQTT-1.5.5-1]
        return value;
      }
    }
    throw malformed('integer of more than four bytes');
  }

  /** A view, not a copy. */
  binary(): Uint8Array {
    const length = this.uint16();
    const start = this.#take(length);
    return this.#buffer.subarray(start, start + length);
  }

  string(): string {
    const length = this.uint16();
    const start = this.#take(length);
    return decodeUtf8(this.#buffer, start, start + length);
  }

  /** Skips these bytes, where they come next. */
  skip(expected: readonly number[]): boolean {
    if (expected.length > this.remaining) return false;
    for (let at = 0; at < expected.length; at++) {
      if (this.#buffer[this.#offset + at] !== expected[at]) return false;
    }
    this.#offset += expected.length;
    return true;
  }

  /** A UTF-8 Encoded String read by another function, with the bounds of its bytes. */
  stringWith(decode: (buffer: Uint8Array, start: number, end: number) => string): string {
    const length = this.uint16();
    const start = this.#take(length);
    return decode(this.#buffer, start, start + length);
  }

  /** A reader of the next `length` bytes, which this one then has behind it. */
  section(length: number): Reader {
    const start = this.#take(length);
    return new Reader(this.#buffer, start, start + length);
  }

  /** Throws when bytes are left over. */
  expectEnd(): void {
    if (this.#offset !== this.#end) throw malformed('packet has bytes behind its last field');
  }

  #take(length: number): number {
    const start = this.#offset;
    if (length > this.#end - start) throw truncated();
    this.#offset = start + length;
    return start;
  }
}
