import { describe, expect, test } from 'bun:test';
import { TokenBucket } from './token-bucket.ts';

describe('token bucket', () => {
  test('starts with the burst of one second and fills at its rate, never above', () => {
    const bucket = new TokenBucket(10, 0);
    for (let count = 0; count < 10; count++) expect(bucket.tryTake(0)).toBe(true);
    expect(bucket.tryTake(0)).toBe(false);
    expect(bucket.tryTake(99)).toBe(false);
    expect(bucket.tryTake(100)).toBe(true);
    expect(bucket.tryTake(100)).toBe(false);
    let taken = 0;
    while (bucket.tryTake(1_000_000)) taken++;
    expect(taken).toBe(10);
  });

  test('goes into debt, and says how long until it is paid', () => {
    const bucket = new TokenBucket(10, 0);
    bucket.take(10, 0);
    expect(bucket.waitMs(0)).toBe(0);
    bucket.take(5, 0);
    expect(bucket.waitMs(0)).toBe(500);
    expect(bucket.waitMs(200)).toBe(300);
    expect(bucket.waitMs(500)).toBe(0);
  });

  test('what is more than the rate of a second puts it into no more debt than that', () => {
    const bucket = new TokenBucket(10, 0);
    bucket.takeOfOneSecond(1_000, 0);
    expect(bucket.waitMs(0)).toBe(0);
    bucket.takeOfOneSecond(1_000, 0);
    expect(bucket.waitMs(0)).toBe(1_000);
    const unlimited = new TokenBucket(null, 0);
    unlimited.takeOfOneSecond(1_000, 0);
    expect(unlimited.waitMs(0)).toBe(0);
  });

  test('a token that is given back can be taken again, and never makes more than the burst', () => {
    const bucket = new TokenBucket(1, 0);
    bucket.giveBack();
    expect(bucket.tryTake(0)).toBe(true);
    expect(bucket.tryTake(0)).toBe(false);
    bucket.giveBack();
    expect(bucket.tryTake(0)).toBe(true);
  });

  test('after the time that it said, there is no wait left', () => {
    for (const rate of [1, 3, 7, 999, 1_048_576]) {
      const bucket = new TokenBucket(rate, 0);
      bucket.take(rate * 2 + 1, 0);
      const wait = bucket.waitMs(0);
      expect(wait).toBeGreaterThan(0);
      expect(bucket.waitMs(wait)).toBe(0);
    }
  });

  test('without a rate nothing ever waits', () => {
    const bucket = new TokenBucket(null, 0);
    bucket.take(1_000_000, 0);
    expect(bucket.limited).toBe(false);
    expect(bucket.tryTake(0)).toBe(true);
    expect(bucket.waitMs(0)).toBe(0);
  });

  test('a new rate holds from now on; a debt stays', () => {
    const bucket = new TokenBucket(10, 0);
    bucket.take(20, 0);
    bucket.setRate(100, 0);
    expect(bucket.waitMs(0)).toBe(100);
    bucket.setRate(null, 0);
    expect(bucket.waitMs(0)).toBe(0);
    bucket.setRate(5, 1_000_000);
    for (let count = 0; count < 5; count++) expect(bucket.tryTake(1_000_000)).toBe(true);
    expect(bucket.tryTake(1_000_000)).toBe(false);
  });

  test('a clock that is set back gives nothing and takes nothing, and fills it at its rate from there on', () => {
    const bucket = new TokenBucket(1, 1_000_000);
    expect(bucket.tryTake(1_000_000)).toBe(true);
    expect(bucket.tryTake(0)).toBe(false);
    expect(bucket.tryTake(999)).toBe(false);
    expect(bucket.tryTake(1000)).toBe(true);
    bucket.take(5, 500);
    expect(bucket.waitMs(500)).toBe(5000);
  });
});
