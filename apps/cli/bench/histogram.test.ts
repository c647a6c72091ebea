import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Histogram } from './histogram.ts';

describe('histogram', () => {
  test('small values are exact', () => {
    const histogram = new Histogram();
    for (let value = 1; value <= 100; value++) histogram.record(value);
    expect([0.5, 0.9, 0.99, 1].map((share) => histogram.percentileUs(share))).toEqual([50, 90, 99, 100]);
  });

  test('without values everything is 0', () => {
    const histogram = new Histogram();
    expect([histogram.count, histogram.maxUs, histogram.percentileUs(0.99)]).toEqual([0, 0, 0]);
  });

  test('a negative duration counts as 0, one of hours as 35 minutes', () => {
    const histogram = new Histogram();
    histogram.record(-5);
    expect(histogram.percentileUs(1)).toBe(0);
    histogram.record(1e12);
    expect(histogram.maxUs).toBe(0x7fff_ffff);
    expect(histogram.percentileUs(1)).toBe(0x7fff_ffff);
  });

  test('no percentile is below the true one, or more than 0.8 % above it', () => {
    const durations = fc.array(fc.integer({ min: 0, max: 0x7fff_ffff }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(durations, fc.double({ min: 0.001, max: 1, noNaN: true }), (values, share) => {
        const histogram = new Histogram();
        for (const value of values) histogram.record(value);
        const truth = values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * values.length)) - 1] ?? 0;
        const told = histogram.percentileUs(share);
        return told >= truth && told <= truth * 1.008;
      }),
    );
  });

  test('two halves joined are the whole, also after a journey between threads', () => {
    const whole = new Histogram();
    const halves = [new Histogram(), new Histogram()];
    for (let value = 0; value < 5000; value += 7) {
      whole.record(value * value);
      halves[value % 2]?.record(value * value);
    }
    const joined = new Histogram();
    for (const half of halves) joined.add(new Histogram(structuredClone(half.toParts())));
    expect(joined.toParts()).toEqual(whole.toParts());
    expect(joined.count).toBe(whole.count);
  });
});
