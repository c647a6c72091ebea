import { expect, test } from 'bun:test';
import { SteadyClock } from './steady-clock.ts';

const hour = 3_600_000;

/** A clock on a system whose time the test sets. */
function system() {
  const at = { wall: 20_000 * 24 * hour, uptime: 5_000.25 };
  const clock = new SteadyClock({ wall: () => at.wall, uptime: () => at.uptime });
  const pass = (milliseconds: number): void => {
    at.wall += milliseconds;
    at.uptime += milliseconds;
  };
  return { at, clock, pass };
}

test('goes with the time of the system', () => {
  const { at, clock, pass } = system();
  for (let step = 0; step < 10; step++) {
    expect(clock.now()).toBe(at.wall);
    pass(20);
    expect(clock.follow()).toBe(0);
  }
});

test.each([-8 * hour, 8 * hour, -1_500])(
  'set by %p ms: not before it is followed, and then all of it',
  (milliseconds) => {
    const { at, clock, pass } = system();
    const before = at.wall;
    at.wall += milliseconds;
    pass(15);
    expect(clock.now()).toBe(before + 15);
    expect(clock.follow()).toBe(milliseconds);
    expect(clock.now()).toBe(at.wall);
    expect(clock.follow()).toBe(0);
  },
);

test('drift is taken over by and by, and the time never goes back', () => {
  const { at, clock, pass } = system();
  at.wall -= 300;
  let last = clock.now();
  for (let step = 0; step < 400; step++) {
    pass(20);
    expect(clock.follow()).toBe(0);
    expect(clock.now()).toBeGreaterThan(last);
    last = clock.now();
  }
  expect(Math.abs(clock.now() - at.wall)).toBeLessThanOrEqual(1);
});
