import { describe, expect, test } from 'bun:test';
import { overShare } from './fair-share.ts';

function over(sizes: Record<string, number>, bytesMax = 100): string[] {
  const bytesOf = new Map(Object.entries(sizes));
  return [
    ...overShare(
      [...bytesOf.values()].reduce((sum, size) => sum + size, 0),
      bytesOf,
      bytesMax,
    ),
  ];
}

describe('shares of the queue of the journal', () => {
  test('nobody is held back while there is more room than anybody has taken', () => {
    expect(over({})).toEqual([]);
    expect(over({ a: 50 })).toEqual([]);
    expect(over({ a: 33, b: 33 })).toEqual([]);
  });

  test('one that fills the queue is, the others are not', () => {
    expect(over({ a: 51, b: 1 })).toEqual(['a']);
    expect(over({ a: 60, b: 5, c: 30 })).toEqual(['a', 'c']);
  });

  test('however many write as much as they may, a newcomer has room', () => {
    for (const noisy of [1, 2, 5, 50]) {
      const sizes = new Map<string, number>();
      let sum = 0;
      // Each adds a hundred bytes after the other as long as it is not held back.
      for (let round = 0; round < 1_000; round++) {
        for (let index = 0; index < noisy; index++) {
          if (overShare(sum, sizes, 100_000).has(`${index}`)) continue;
          sizes.set(`${index}`, (sizes.get(`${index}`) ?? 0) + 100);
          sum += 100;
        }
      }
      expect(sum).toBeGreaterThan(50_000);
      expect(sum).toBeLessThanOrEqual(100_000);
      sizes.set('newcomer', 100);
      expect([...overShare(sum + 100, sizes, 100_000)]).not.toContain('newcomer');
    }
  });

  test('the queue is over its bound: whoever has something in it waits', () => {
    expect(over({ a: 99, b: 2 })).toEqual(['a', 'b']);
  });
});
