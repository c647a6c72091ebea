import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { httpDate } from './http-date.ts';

test('the example of RFC 9110', () => {
  expect(httpDate(784_111_777_000)).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
});

test('every time from 1970 to 9999 is as the platform writes it', () => {
  const last = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: last }), (now) => {
      expect(httpDate(now)).toBe(new Date(now).toUTCString());
    }),
    { numRuns: 5000 },
  );
  for (const now of [0, Date.UTC(2000, 1, 29), Date.UTC(2100, 1, 28, 23, 59, 59), Date.UTC(2100, 2, 1), last]) {
    expect(httpDate(now)).toBe(new Date(now).toUTCString());
  }
});
