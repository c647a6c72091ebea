import { describe, expect, test } from 'bun:test';
import { Deadlines, type Watched } from './deadlines.ts';

describe('deadlines', () => {
  let now = 1_000_000;
  const expired: string[] = [];
  const deadlines = new Deadlines<Watched>(() => now);
  const item = (name: string, deadline: number): Watched => ({
    deadline,
    expired() {
      expired.push(name);
      deadlines.unwatch(this);
    },
  });

  test('are told when their time has come, and not to those who are no longer watched', () => {
    const gone = item('gone', now + 1_000);
    for (const one of [item('first', now + 1_000), gone, item('second', now + 5_000)]) deadlines.watch(one);
    deadlines.unwatch(gone);
    deadlines.sweep();
    expect(expired).toEqual([]);
    now += 1_000;
    deadlines.sweep();
    expect(expired.splice(0)).toEqual(['first']);
  });

  test('a clock that is set does not put them off, nor bring them about', () => {
    for (const hours of [3, -11, 8, -8]) {
      now += hours * 3_600_000;
      deadlines.move(hours * 3_600_000);
      deadlines.sweep();
    }
    now += 3_999;
    deadlines.sweep();
    expect(expired).toEqual([]);
    now += 1;
    deadlines.sweep();
    expect(expired.splice(0)).toEqual(['second']);
  });
});
