import { expect, test } from 'bun:test';
import { VirtualClock } from './virtual-clock.ts';

test('alarms run in order, at their own time, and may set further ones', () => {
  const clock = new VirtualClock(1_000);
  const seen: string[] = [];
  clock.at(1_300, (now) => seen.push(`late ${now}`));
  clock.at(1_100, (now) => {
    seen.push(`early ${now}`);
    clock.at(1_200, (then) => seen.push(`next ${then}`));
  });
  clock.at(1_100, (now) => seen.push(`same ${now}`));
  clock.advance(250);
  expect(seen).toEqual(['early 1100', 'same 1100', 'next 1200']);
  expect(clock.now).toBe(1_250);
  clock.advance(50);
  expect(seen.at(-1)).toBe('late 1300');
});
