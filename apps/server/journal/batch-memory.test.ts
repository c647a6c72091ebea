import { expect, test } from 'bun:test';
import { BatchMemory, type Place } from './batch-memory.ts';

const MiB = 1024 * 1024;

/** What the thread knows of the memory, and reads from it. */
class Reader {
  readonly pieces = new Map<number, SharedArrayBuffer>();
  readonly memory = new BatchMemory({
    shared: (number, bytes) => this.pieces.set(number, bytes),
    unshared: (number) => this.pieces.delete(number),
  });

  read({ memory, start, end }: Place): number[] {
    return [...new Set(new Uint8Array(this.pieces.get(memory) ?? new SharedArrayBuffer(0), start, end - start))];
  }
}

const batch = (length: number, value: number) => new Uint8Array(length).fill(value);

test('a batch stays as it is until it is durable, whatever comes behind it', () => {
  const reader = new Reader();
  const waiting: { place: Place; value: number }[] = [];
  for (let turn = 0; turn < 150; turn++) {
    const value = turn % 251;
    waiting.push({ place: reader.memory.store(batch(1 + ((turn * 7919) % 100_000), value)), value });
    for (const { place, value: wanted } of waiting) expect(reader.read(place)).toEqual([wanted]);
    for (const { place } of waiting.splice(0, turn % 3)) reader.memory.release(place);
  }
});

test('what goes through a journal that keeps up needs two pieces of memory', () => {
  const reader = new Reader();
  let before: Place | null = null;
  for (let turn = 0; turn < 300; turn++) {
    const place = reader.memory.store(batch(300_000, turn));
    if (before !== null) reader.memory.release(before);
    before = place;
    expect(reader.pieces.size).toBeLessThanOrEqual(2);
  }
});

test('after a burst, and after a batch larger than a piece, what is not needed goes', () => {
  const reader = new Reader();
  const places = Array.from({ length: 40 }, () => reader.memory.store(batch(MiB / 2, 1)));
  places.push(reader.memory.store(batch(3 * MiB, 2)));
  expect(reader.read(places.at(-1) as Place)).toEqual([2]);
  for (const place of places) reader.memory.release(place);
  expect([...reader.pieces.values()].map(({ byteLength }) => byteLength)).toEqual([MiB, MiB]);
});

test('a new thread is told of all that batches lie in', () => {
  const reader = new Reader();
  const place = reader.memory.store(batch(10, 5));
  const known = new Map(reader.pieces);
  reader.pieces.clear();
  reader.memory.tell();
  expect(reader.pieces).toEqual(known);
  expect(reader.read(place)).toEqual([5]);
});
