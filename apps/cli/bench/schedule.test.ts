import { describe, expect, test } from 'bun:test';
import { Schedule } from './schedule.ts';

/** Everything that a thread is to send before a time. */
function takeUntil(schedule: Schedule, endUs: number): { publisher: number; dueUs: number }[] {
  const taken = [];
  for (let dueUs = schedule.nextUs; dueUs < endUs; dueUs = schedule.nextUs) {
    taken.push({ publisher: schedule.take(), dueUs });
  }
  return taken;
}

describe('schedule of intended times', () => {
  test('publishers take turns, evenly spaced', () => {
    const schedule = new Schedule(1000, 1_000_000, 3, 0, 3);
    expect(takeUntil(schedule, 1005)).toEqual([
      { publisher: 0, dueUs: 1000 },
      { publisher: 1, dueUs: 1001 },
      { publisher: 2, dueUs: 1002 },
      { publisher: 0, dueUs: 1003 },
      { publisher: 1, dueUs: 1004 },
    ]);
  });

  test('threads together send what one would send alone', () => {
    const alone = takeUntil(new Schedule(0, 1000, 5, 0, 5), 50_000);
    const threads = [
      ...takeUntil(new Schedule(0, 1000, 5, 0, 2), 50_000),
      ...takeUntil(new Schedule(0, 1000, 5, 2, 5), 50_000),
    ];
    expect(threads.toSorted((a, b) => a.dueUs - b.dueUs)).toEqual(alone);
  });

  test('the intended time of a message does not depend on when it is taken', () => {
    const schedule = new Schedule(0, 500, 2, 0, 2);
    const taken = takeUntil(schedule, 20_000);
    const ofSecond = taken.filter(({ publisher }) => publisher === 1).map(({ dueUs }) => dueUs);
    expect(ofSecond.map((_, sequence) => schedule.intendedUs(1, sequence))).toEqual(ofSecond);
    expect(ofSecond).toHaveLength(5);
  });

  test('does not drift: after a million messages at 3,000 a second it is where it should be', () => {
    const schedule = new Schedule(0, 3000, 1, 0, 1);
    expect(schedule.intendedUs(0, 3_000_000)).toBeCloseTo(1_000_000_000, 3);
  });

  test('a thread without publishers has nothing to do', () => {
    expect(new Schedule(0, 1000, 1, 0, 0).nextUs).toBe(Number.POSITIVE_INFINITY);
  });
});
