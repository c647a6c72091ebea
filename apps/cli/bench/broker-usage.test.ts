import { expect, test } from 'bun:test';
import { parseUsage } from './broker-usage.ts';

test('CPU time and memory of a program whose name is hard to read', () => {
  const stat = '42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 250 150 0 0 20 0 1 0 100 1000 200';
  expect(parseUsage(stat, 'Name:\ta\nVmRSS:\t   20480 kB\n')).toEqual({ cpuSeconds: 4, residentKb: 20_480 });
});

test('refuses what is not in the form of /proc', () => {
  expect(() => parseUsage('', '')).toThrow('/proc');
});
