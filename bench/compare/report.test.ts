import { describe, expect, test } from 'bun:test';
import { judge, median } from './report.ts';

const more = { name: 'n', unit: 'k', higherIsBetter: true, must: 2, aim: 3 };
const less = { name: 'n', unit: 'ms', higherIsBetter: false, must: 0.9, aim: 0.5 };

describe('comparison', () => {
  test('the median of an odd and of an even number of rounds', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([7])]).toEqual([2, 2.5, 7]);
    expect(() => median([])).toThrow(RangeError);
  });

  test.each([
    [more, 30, 'aim'],
    [more, 20, 'must'],
    [more, 19, 'missed'],
    [less, 5, 'aim'],
    [less, 9, 'must'],
    [less, 9.1, 'missed'],
  ] as const)('%o with %d against 10 is: %s', (row, berth, verdict) => {
    expect(judge(row, { berth: [berth, 0, 99], mosquitto: [10, 10, 10] }).verdict).toBe(verdict);
  });

  test('without Mosquitto nothing is reached', () => {
    expect(judge(more, { berth: [1] }).verdict).toBe('missed');
  });
});
