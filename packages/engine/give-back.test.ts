import { expect, test } from 'bun:test';
import { giveBack } from './give-back.ts';

test('large memory goes back at once, small memory is left alone', () => {
  const [large, small] = [new Uint8Array(64 * 1024), new Uint8Array(100)];
  giveBack(large);
  giveBack(small);
  expect([large.length, small.length]).toEqual([0, 100]);
});

test('shared memory is left alone: another thread may have it', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(64 * 1024));
  giveBack(shared);
  expect(shared.length).toBe(64 * 1024);
});
