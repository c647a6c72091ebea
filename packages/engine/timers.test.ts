import { describe, expect, test } from 'bun:test';
import { Random } from '../../testkit/random.ts';
import { Timers, type Timer } from './timers.ts';

describe('timers', () => {
  test('fire in order of time, equal times in the order of scheduling', () => {
    const timers = new Timers();
    const fired: string[] = [];
    for (const [name, at] of [
      ['c', 30],
      ['a', 10],
      ['b1', 20],
      ['b2', 20],
    ] as const)
      timers.schedule(at, () => fired.push(name));
    expect(timers.nextAt).toBe(10);
    timers.advance(9);
    expect(fired).toEqual([]);
    timers.advance(20);
    expect(fired).toEqual(['a', 'b1', 'b2']);
    expect(timers.nextAt).toBe(30);
    timers.advance(1000);
    expect(fired).toEqual(['a', 'b1', 'b2', 'c']);
    expect(timers.nextAt).toBe(Infinity);
    expect(timers.size).toBe(0);
  });

  test('are told the time of the call, and what they schedule for the past fires in the same call', () => {
    const timers = new Timers();
    const fired: number[] = [];
    timers.schedule(10, (now) => {
      fired.push(now);
      timers.schedule(5, () => fired.push(5));
      timers.schedule(now + 1, () => fired.push(-1));
    });
    timers.advance(50);
    expect(fired).toEqual([50, 5]);
    expect(timers.nextAt).toBe(51);
  });

  test('that were cancelled do not fire, not even when due; cancelling twice or after firing does nothing', () => {
    const timers = new Timers();
    const fired: string[] = [];
    const late: Timer = timers.schedule(20, () => fired.push('late'));
    const first = timers.schedule(10, () => {
      fired.push('first');
      timers.cancel(late);
      timers.cancel(first);
    });
    timers.advance(100);
    timers.cancel(late);
    expect(fired).toEqual(['first']);
    expect(timers.size).toBe(0);
  });

  test('that are waits fire after as much time as before where the clock is set, those for a moment at that moment', () => {
    const timers = new Timers();
    const fired: string[] = [];
    timers.wait(1_000_020, () => fired.push('second'));
    timers.wait(1_000_010, () => fired.push('first'));
    timers.schedule(1_000, () => fired.push('moment'));
    timers.schedule(Infinity, () => fired.push('never'));
    timers.clockMoved(500_000);
    timers.clockMoved(-1_500_000);
    timers.advance(9);
    expect(fired).toEqual([]);
    timers.advance(10);
    expect(fired).toEqual(['first']);
    timers.advance(20);
    expect(fired).toEqual(['first', 'second']);
    expect(timers.nextAt).toBe(1_000);
    timers.advance(1_000);
    expect(fired).toEqual(['first', 'second', 'moment']);
  });

  test('one that throws does not keep the others from firing at the next call', () => {
    const timers = new Timers();
    const fired: string[] = [];
    timers.schedule(1, () => {
      throw new Error('defect');
    });
    timers.schedule(2, () => fired.push('second'));
    expect(() => timers.advance(10)).toThrow('defect');
    timers.advance(10);
    expect(fired).toEqual(['second']);
  });

  test('agree with a sorted list, whatever is scheduled and cancelled', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = new Random(seed);
      const timers = new Timers();
      const fired: number[] = [];
      const model: { at: number; id: number; timer: Timer }[] = [];
      for (let id = 0; id < 300; id++) {
        const at = random.between(0, 100);
        model.push({ at, id, timer: timers.schedule(at, () => fired.push(id)) });
        if (random.next() < 0.4) {
          const [gone] = model.splice(random.between(0, model.length), 1);
          if (gone !== undefined) timers.cancel(gone.timer);
        }
      }
      expect(timers.size).toBe(model.length);
      for (const limit of [30, 60, 100]) timers.advance(limit);
      const expected = model.toSorted((a, b) => a.at - b.at || a.id - b.id).map(({ id }) => id);
      expect(fired, `seed ${seed}`).toEqual(expected);
    }
  });
});
