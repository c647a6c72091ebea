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

/** The cells of the only table of a page, without its head. */
const rowsOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );

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

  test('a restart that is quick and forgets something has missed, and an empty journal has nothing to reach', () => {
    const restored = { sessions: 10, subscriptions: 30, queuedMessages: 100, retainedMessages: 5 };
    const row = (name: string, medianSeconds: number, sessions: number) => ({
      ...{ name, medianSeconds, seconds: [medianSeconds], residentMiB: 87, restored: { ...restored, sessions } },
    });
    write('restart', {
      date: '2026-01-01T00:00:00Z',
      filling: { sessions: 10, subscriptionsPerSession: 3, messagesPerSession: 10, payloadBytes: 100, retained: 5 },
      secondsMax: 3,
      rows: [
        row('an empty journal', 0.2, 0),
        row('stopped in order', 3.1, 10),
        row('nothing folded', 1, 9),
        row('another', 1, 10),
      ],
    });
    const verdicts = rowsOf(page('docs/reference/performance.md')).map((cells) => [cells[0], cells.at(-1)]);
    expect(verdicts).toEqual([
      ['an empty journal, to compare', ''],
      ['after a stop in order', '**missed**'],
      ['after a kill, nothing folded', '**missed**'],
      ['another', 'must reached'],
    ]);
    expect(page('docs/reference/performance.zh-CN.md')).toContain('正常停止之后');
  });

  test('a start is held against must and aim', () => {
    write('start', {
      date: '2026-01-01T00:00:00Z',
      rounds: 5,
      msToFirstConnackOnANewDataDirectory: 1501,
      msToFirstConnackOnALaterStart: 500,
      msToConnackWithNagleMedian: 4.9,
      msToConnackWithNagleWorst: 40,
    });
    const rows = rowsOf(page('docs/reference/performance.md'));
    expect(rows.map((cells) => cells.at(-1))).toEqual(['**missed**', 'aim reached', 'must reached', '']);
    expect(rows[0]).toEqual(['first start, new data directory', '1.50 s', '≤ 1.5 s', '≤ 0.5 s', '**missed**']);
  });

  test('folding has missed where acknowledgements or the main thread wait too long', () => {
    const waits = (p999: number, over20: number) => ({ p50: 0.2, p999, max: 30, over20 });
    write('folding', {
      date: '2026-01-01T00:00:00Z',
      ...{ seconds: 20, valueBytes: 150, pauseMsMax: 20 },
      rows: [
        { changesPerSecond: 500, acknowledgementMs: waits(20, 1), mainThreadMs: waits(5, 2) },
        { changesPerSecond: 5000, acknowledgementMs: waits(20.1, 9), mainThreadMs: waits(5, 0) },
        { changesPerSecond: 9000, acknowledgementMs: waits(5, 0), mainThreadMs: waits(20.1, 9) },
      ],
    });
    const rows = rowsOf(page('docs/reference/performance.md'));
    expect(rows.map((cells) => [cells[6], cells.at(-1)])).toEqual([
      ['3', 'must reached'],
      ['9', '**missed**'],
      ['9', '**missed**'],
    ]);
  });

  test('two generators agree, differ, or have nothing to agree on', () => {
    const generator = { brokerCpu: 0.98, generatorCpu: 0.9, segments: { in: 0.5, out: 1 }, waits: 3, spread: 1.2 };
    const ratios = { perCpuSecondRatio: 1, throughputRatio: 1, uncorrectedRatio: 1.1 };
    const row = { load: '50 pairs, QoS 0', broker: 'berth', own: generator, other: generator, ...ratios };
    write('bench-agreement', {
      date: '2026-01-01T00:00:00Z',
      ...{ rounds: 3, seconds: 3 },
      rows: [
        { ...row, given: 1 / 3, saturated: true, agrees: true, counts: true },
        { ...row, given: 1 / 3, saturated: true, agrees: false, counts: true },
        { ...row, given: 1, saturated: true, agrees: false, counts: false },
        { ...row, given: 1, saturated: false, agrees: true, counts: false },
      ],
    });
    const words = (path: string) => rowsOf(page(path)).map((cells) => cells.at(-1));
    expect(words('docs/reference/performance.md')).toEqual([
      'agrees within 10 %',
      '**differs**',
      'does not count',
      'broker not saturated',
    ]);
    expect(words('docs/reference/performance.zh-CN.md')).toEqual([
      '一致（相差不超过 10 %）',
      '**不一致**',
      '不计',
      'broker 未满载',
    ]);
  });

  test('a file without a section is named', () => {
    write('something', { date: '2026-01-01T00:00:00Z', command: 'bun bench/something.ts' });
    expect(() => readResults(root, 'results')).toThrow('results/something.json');
  });

  test('a file that is not as its section wants it is named', () => {
    write('kill', { date: '2026-01-01T00:00:00Z', runs: 'none' });
    expect(() => readResults(root, 'results')).toThrow('results/kill.json');
  });
});
