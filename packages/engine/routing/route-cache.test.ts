import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { topicMatchesFilter } from '../topic/names.ts';
import { RouteCache } from './route-cache.ts';

const bigWeight = 1_000_000;

function numbered(cache: RouteCache<number>, count: number, weight = 1): void {
  for (let index = 0; index < count; index++) cache.set(`t/${index}`, index, weight);
}

describe('RouteCache', () => {
  test('a filter takes out just the topics that it matches', () => {
    const cache = new RouteCache<number>(100, bigWeight);
    const names = ['a', 'a/b', 'a/b/c', 'b', '$SYS/x'];
    const gone = (topicFilter: string): string[] => {
      names.forEach((topic, index) => cache.set(topic, index, 1));
      cache.invalidate(topicFilter);
      return names.filter((topic, index) => {
        const value = cache.get(topic);
        if (value !== undefined) expect(value).toBe(index);
        return value === undefined;
      });
    };
    for (const topicFilter of ['a', 'a/#', 'a/+', '+', '#', '+/b/#', '$SYS/#', '$SYS/x', 'b/#', 'x/#', 'ab/#']) {
      expect(gone(topicFilter)).toEqual(names.filter((topic) => topicMatchesFilter(topic, topicFilter)));
    }
  });

  test('a topic of the old generation is taken out as well', () => {
    for (const topicFilter of ['a', '+']) {
      const cache = new RouteCache<number>(4, bigWeight);
      cache.set('a', 1, 1);
      cache.set('b/1', 2, 1);
      cache.set('b/2', 3, 1);
      cache.invalidate(topicFilter);
      expect([cache.get('a'), cache.get('b/1'), cache.get('b/2')]).toEqual([undefined, 2, 3]);
    }
  });

  test('a value that was set after the change holds', () => {
    const cache = new RouteCache<number>(100, bigWeight);
    cache.set('a', 1, 1);
    cache.invalidate('#');
    expect(cache.get('a')).toBeUndefined();
    cache.set('a', 2, 1);
    expect(cache.get('a')).toBe(2);
  });

  test('a value is never given after any number of changes of which one matches', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(400), fc.constantFrom(1, 1e6), fc.nat(5), (before, after, weight, readEvery) => {
        const cache = new RouteCache<number>(100, 1e9);
        cache.set('a/b', 1, weight);
        for (let change = 0; change < before; change++) {
          cache.invalidate(`x/${change}/#`);
          if (readEvery > 0 && change % readEvery === 0) cache.get('a/b');
        }
        cache.invalidate('+/b');
        for (let change = 0; change < after; change++) cache.invalidate(`x/${change}/+`);
        expect(cache.get('a/b')).toBeUndefined();
        expect(cache.get('a/b')).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test('changes elsewhere do not take out a topic in use', () => {
    const cache = new RouteCache<number>(100, bigWeight);
    cache.set('a/b', 1, 1);
    for (let change = 0; change < 1000; change++) {
      cache.invalidate(`x/${change}/#`);
      expect(cache.get('a/b')).toBe(1);
    }
  });

  test('is bounded in entries, and keeps those in use', () => {
    const cache = new RouteCache<number>(100, bigWeight);
    cache.set('hot', -1, 1);
    for (let index = 0; index < 1000; index++) {
      cache.set(`t/${index}`, index, 1);
      expect(cache.get('hot')).toBe(-1);
      expect(cache.size).toBeLessThanOrEqual(100);
    }
    expect(cache.get('t/999')).toBe(999);
    expect(cache.get('t/0')).toBeUndefined();
  });

  test('is bounded in weight, but for one value that is heavier alone', () => {
    const cache = new RouteCache<number>(1000, 100);
    numbered(cache, 500, 10);
    expect(cache.size).toBeLessThanOrEqual(10);
    cache.set('heavy', 1, 1000);
    expect(cache.get('heavy')).toBe(1);
    numbered(cache, 20, 10);
    expect(cache.get('heavy')).toBeUndefined();
  });

  test('values that nobody asks for go after some changes', () => {
    const cache = new RouteCache<number>(100, bigWeight);
    numbered(cache, 50);
    for (let change = 0; change < 128; change++) cache.invalidate('t/#');
    expect(cache.size).toBe(0);
  });

  test('clear forgets everything', () => {
    const cache = new RouteCache<number>(10, bigWeight);
    numbered(cache, 9);
    cache.clear();
    expect(cache.size).toBe(0);
    expect(cache.get('t/8')).toBeUndefined();
  });
});
