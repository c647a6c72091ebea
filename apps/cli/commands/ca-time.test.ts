import { expect, test } from 'bun:test';
import { run } from '../run.ts';
import { TestContext } from '../test-context.ts';
import { parseTime } from './ca-time.ts';

const now = Date.UTC(2026, 0, 1);

test.each([
  ['30d', '2026-01-31T00:00:00.000Z'],
  ['12h', '2026-01-01T12:00:00.000Z'],
  ['45m', '2026-01-01T00:45:00.000Z'],
  ['2026-12-24', '2026-12-24T00:00:00.000Z'],
  ['2026-12-24T03:00Z', '2026-12-24T03:00:00.000Z'],
  ['2026-12-24T03:00:30+08:00', '2026-12-23T19:00:30.000Z'],
])('%s is %s', (text, time) => {
  expect(parseTime(text, now)).toBe(time);
});

// Without a zone nobody knows whose clock is meant.
test.each(['', 'soon', '30', '30s', '-1d', '2026-12-24T03:00', '2026-13-01', '24.12.2026'])('%p is refused', (text) => {
  expect(() => parseTime(text, now)).toThrow('--at takes a time such as');
});

test('options of "ca rollover" that exclude each other are said before anything is asked', async () => {
  for (const [args, message] of [
    [['--now', '--at', '30d'], '--at and --now cannot be used together'],
    [['--status', '--cancel'], '--status and --cancel cannot be used together'],
    [['--at', 'soon'], '--at takes a time'],
  ] as const) {
    const context = new TestContext();
    expect(await run(['ca', 'rollover', ...args], context)).toBe(2);
    expect(context.errors).toContain(message);
  }
});
