import type { Random } from '../random.ts';

/** Whether something happens that happens `percent` times in a hundred. */
export function chance(random: Random, percent: number): boolean {
  return random.next() * 100 < percent;
}

/** One of them. */
export function pick<T>(random: Random, values: readonly T[]): T {
  const value = values[random.between(0, values.length)];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
}

/** Text as bytes, one each. A Uint8Array, because the `slice` of a Buffer is no copy. */
export function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

export function join(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
