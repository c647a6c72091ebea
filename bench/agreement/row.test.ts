import { describe, expect, test } from 'bun:test';
import { isAgreed, joinRounds, type Sample, type Samples } from './row.ts';

const third = 2;
const whole = 0;

/** What a run has measured in which the broker used this share of the whole core. */
function sample(
  deliveriesPerSecond: number,
  brokerCpu: number,
  generatorCpu: number,
  waits = 0,
  coreSpeed: number | null = null,
): Sample {
  return { deliveriesPerSecond, brokerCpu, generatorCpu, segments: null, waits, disturbance: 0, coreSpeed };
}

function samples(rivals: number, own: Sample, other: Sample, load = 'pairs'): Samples {
  return { load, broker: 'mosquitto', rivals, own: [own], other: [other] };
}

describe('two generators beside each other', () => {
  test('agree within a tenth, in the cost of a delivery and in the rate', () => {
    const near = joinRounds([samples(third, sample(1050, 0.33, 0.4), sample(1000, 0.33, 0.5))]);
    expect(near).toMatchObject([{ saturated: true, counts: true, agrees: true }]);
    expect(isAgreed(near)).toBe(true);
    const far = joinRounds([samples(third, sample(1150, 0.33, 0.4), sample(1000, 0.33, 0.5))]);
    expect(far).toMatchObject([{ saturated: true, counts: true, agrees: false }]);
    expect(isAgreed(far)).toBe(false);
  });

  test('are compared at the same speed of the core', () => {
    const rows = joinRounds([samples(third, sample(1500, 0.33, 0.4, 0, 15e6), sample(1000, 0.33, 0.5, 0, 10e6))]);
    expect(rows).toMatchObject([{ counts: true, agrees: true }]);
    expect(rows[0]?.perCpuSecondRatio).toBeCloseTo(1, 5);
    expect(rows[0]?.throughputRatio).toBeCloseTo(1, 5);
    expect(rows[0]?.uncorrectedRatio).toBeCloseTo(1.5, 5);
    const same = joinRounds([samples(third, sample(1500, 0.33, 0.4, 0, 10e6), sample(1000, 0.33, 0.5, 0, 10e6))]);
    expect(same).toMatchObject([{ counts: true, agrees: false }]);
  });

  test('one rate that is far away is enough to differ', () => {
    // The same cost of a delivery: one had the broker for longer.
    const rows = joinRounds([samples(whole, sample(1000, 0.99, 0.5), sample(880, 0.9, 0.5))]);
    expect(rows[0]?.perCpuSecondRatio).toBeCloseTo(1.02, 1);
    expect(rows).toMatchObject([{ saturated: true, agrees: false }]);
  });

  test('a broker with time left is not saturated', () => {
    const rows = joinRounds([samples(third, sample(1000, 0.29, 0.4), sample(1000, 0.33, 0.4))]);
    expect(rows).toMatchObject([{ saturated: false, counts: false }]);
    expect(isAgreed(rows)).toBe(false);
  });

  test('a broker that falls asleep again and again is not saturated, whoever else uses its core', () => {
    const rows = joinRounds([samples(third, sample(1150, 0.32, 0.35, 450), sample(1000, 0.33, 0.3, 4))]);
    expect(rows).toMatchObject([{ saturated: false, counts: false }]);
    const now = joinRounds([samples(third, sample(1150, 0.32, 0.35, 95), sample(1000, 0.33, 0.3, 4))]);
    expect(now).toMatchObject([{ saturated: true, counts: true }]);
  });

  test('a broker is not saturated by a generator whose own core is fuller', () => {
    const rows = joinRounds([samples(whole, sample(700, 0.97, 0.93), sample(1000, 0.94, 0.99))]);
    expect(rows).toMatchObject([{ saturated: false, counts: false }]);
  });

  test('the row counts that gives a saturated broker the smallest part of its core', () => {
    const slowed = samples(third, sample(1000, 0.33, 0.3), sample(1000, 0.33, 0.3));
    const fast = samples(whole, sample(700, 0.97, 0.9), sample(1000, 0.97, 0.9));
    const rows = joinRounds([fast, slowed]);
    expect(rows).toMatchObject([
      { given: 1, saturated: true, agrees: false, counts: false },
      { saturated: true, agrees: true, counts: true },
    ]);
    expect(isAgreed(rows)).toBe(true);
  });

  test('the whole core counts where less of it is not saturated', () => {
    const slowed = samples(third, sample(1000, 0.2, 0.3), sample(1000, 0.2, 0.3));
    const fast = samples(whole, sample(700, 0.97, 0.9), sample(1000, 0.97, 0.9));
    expect(joinRounds([slowed, fast])).toMatchObject([{ counts: false }, { given: 1, counts: true, agrees: false }]);
  });

  test('a load that saturates no broker does not count for or against it; without a row that counts nothing is agreed', () => {
    const good = samples(third, sample(1000, 0.33, 0.3), sample(1000, 0.33, 0.3));
    const idle = samples(third, sample(1000, 0.1, 0.3), sample(500, 0.1, 0.3), 'fan-in');
    expect(isAgreed(joinRounds([good, idle]))).toBe(true);
    expect(isAgreed(joinRounds([idle]))).toBe(false);
  });
});
