import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderPerformance } from '../performance-report.ts';
import { readResults } from './results.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'berth-performance-'));
  mkdirSync(join(root, 'results'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (name: string, content: object) =>
  writeFileSync(join(root, 'results', `${name}.json`), JSON.stringify(content));
const page = (path: string) => renderPerformance(readResults(root, 'results')).get(path) ?? '';

const comparison = (date: string, ratio: number) => ({
  date,
  command: 'bun bench/compare.ts',
  generator: 'berth bench',
  machine: { cpu: 'a processor', cores: 2, memoryMb: 1, kernel: '6' },
  versions: { berth: 'abc', mosquitto: '2.0.11', bun: '1' },
  rounds: 3,
  seconds: 3,
  rows: [
    {
      name: '50 pairs, QoS 0',
      unit: 'k deliveries per broker CPU-second',
      higherIsBetter: true,
      must: 2.5,
      aim: 3.2,
      medians: { berth: 100 * ratio, mosquitto: 100 },
      ratio,
      verdict: ratio >= 3.2 ? 'aim' : ratio >= 2.5 ? 'must' : 'missed',
    },
  ],
  warnings: [],
});

describe('the page of figures', () => {
  test('without any results it says so little', () => {
    expect(page('docs/reference/performance.md')).toContain('# Performance');
    expect(page('docs/reference/performance.md')).not.toContain('## ');
  });

  test('of comparisons the newest counts, whatever its name', () => {
    write('z-older', comparison('2026-01-01T00:00:00Z', 2));
    write('a-newer', comparison('2026-01-02T00:00:00Z', 3.5));
    const text = page('docs/reference/performance.md');
    expect(text).toContain('3.50x');
    expect(text).not.toContain('2.00x');
    expect(text).toContain('results/a-newer.json');
    expect(page('docs/images/performance/mosquitto.zh-CN.svg')).toContain('50 对，QoS 0');
  });

  test('a figure that misses is said to', () => {
    write('one', comparison('2026-01-01T00:00:00Z', 2));
    expect(page('docs/reference/performance.md')).toContain('**missed**');
    expect(page('docs/reference/performance.zh-CN.md')).toContain('**未达到**');
  });

  test('a file without a section of its own shows its figures', () => {
    write('restart', {
      date: '2026-01-01T00:00:00Z',
      command: 'bun bench/restart.ts',
      secondsMax: 3,
      rounds: [{ sessions: 10_000, readyMs: 812.5, residentMiB: 87, spread: { min: 1, max: 2 } }],
    });
    const text = page('docs/reference/performance.md');
    expect(text).toContain('## Restart');
    expect(text).toContain('| seconds max | 3 |');
    expect(text).toContain('| sessions | ready ms | resident MiB | spread min | spread max |');
    expect(text).toContain('| 10,000 | 813 | 87 | 1 | 2 |');
    expect(text).toContain('bun bench/restart.ts');
  });

  test('a file that is not as its section wants it is named', () => {
    write('kill', { date: '2026-01-01T00:00:00Z', runs: 'none' });
    expect(() => readResults(root, 'results')).toThrow('results/kill.json');
  });
});
