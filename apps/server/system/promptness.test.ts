import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { askForShortTurns, lowerTidyingThreads } from './promptness.ts';

/** Nice values by the name of the thread (proc(5): field 19 of stat; the name stands in parentheses before). */
function niceValues(): Map<string, number> {
  const values = new Map<string, number>();
  for (const thread of readdirSync('/proc/self/task')) {
    const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')) ?? [];
    if (name !== undefined && rest !== undefined) values.set(name, Number(rest.split(' ')[16]));
  }
  return values;
}

// The names are the runtime's: a version of it that has others is to be noticed here.
test('on Linux, only the threads that tidy memory up give way to the others', () => {
  if (process.platform !== 'linux') {
    expect(lowerTidyingThreads()).toBe(0);
    return;
  }
  const before = niceValues();

  const lowered = lowerTidyingThreads();

  const changed = [...niceValues()].filter(([name, nice]) => before.has(name) && before.get(name) !== nice);
  expect(lowered).toBeGreaterThan(0);
  expect(changed.every(([name]) => ['mi-scavenger', 'JSCWarmUp'].includes(name))).toBe(true);
  expect(niceValues().get('mi-scavenger')).toBe(19);
});

test('short turns are asked for without a change of the priority', () => {
  const before = getPriority();

  const taken = askForShortTurns();

  expect(taken).toBe(process.platform === 'linux');
  expect(getPriority()).toBe(before);
});
