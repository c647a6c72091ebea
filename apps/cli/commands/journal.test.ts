import { afterAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryLock } from '../../server/config/directory-lock.ts';
import { checkJournal } from '../../server/journal/check.ts';
import { flipBit, frames, killedJournal } from '../../server/journal/fixtures/killed-journal.ts';
import type { Language } from '../language.ts';
import { run } from '../run.ts';
import { TestContext } from '../test-context.ts';
import { renderJournalReport } from './journal-report.ts';

const root = mkdtempSync(join(tmpdir(), 'berth-cli-journal-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

/** A data directory with the journal of a service that was killed. */
async function directory(damage: (path: string) => void = () => {}): Promise<string> {
  const made = join(root, String(++count));
  mkdirSync(made);
  const path = join(made, 'journal.sqlite');
  await killedJournal(path, 8, 'fsync');
  damage(path);
  return made;
}

async function check(data: string, language: Language = 'en', ...args: string[]) {
  const context = new TestContext({ language });
  const exitCode = await run(['journal', 'check', '--data', data, ...args], context);
  return { exitCode, output: context.output.toString(), errors: context.errors };
}

describe('berth journal check', () => {
  test('a whole journal: what it keeps, exit code 0', async () => {
    const { exitCode, output, errors } = await check(await directory());
    expect([exitCode, errors]).toEqual([0, '']);
    expect(output).toMatch(/^Format +4$/m);
    expect(output).toMatch(/^Batches to fold +8$/m);
    expect(output).toMatch(/^a +8 +0 +0 +0 +0 +0$/m);
    expect(output).toContain('No damage found.');
  });

  test('a torn end: exit code 1, and what the next start does', async () => {
    const data = await directory((path) => flipBit(path, frames(path)));
    const { exitCode, output } = await check(data);
    expect(exitCode).toBe(1);
    expect(output).toContain('the last batch is not whole');
    expect(output).toContain('The next start cuts the end off.');
  });

  test('damage before the end: exit code 1 and the remedy, in both languages', async () => {
    const data = await directory((path) => flipBit(path, frames(path) - 4));
    const english = await check(data);
    expect(english.exitCode).toBe(1);
    expect(english.output).toContain('Damage: the write-ahead log is damaged (frame ');
    expect(english.output).toContain('Restore the data directory from a backup');
    const chinese = await check(data, 'zh');
    expect(chinese.exitCode).toBe(1);
    expect(chinese.output).toContain('损坏: 预写日志已损坏');
    expect(chinese.output).toContain('请从备份恢复数据目录');
  });

  test('as JSON', async () => {
    const { exitCode, output } = await check(await directory(), 'en', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      format: 4,
      batches: 8,
      deployments: [{ id: 'a', sessions: 8 }],
      damage: [],
    });
  });

  test('no data directory: a sentence, and another exit code than for damage', async () => {
    const { exitCode, output, errors } = await check(join(root, 'nowhere'));
    expect([exitCode, output]).toEqual([4, '']);
    expect(errors).toContain('holds no journal of Berth. Name the data directory with --data.');
  });

  test('a journal in use: the same', async () => {
    const data = await directory();
    using _lock = new DirectoryLock(data);
    const { exitCode, output, errors } = await check(data);
    expect([exitCode, output]).toEqual([4, '']);
    expect(errors).toContain('in use by another Berth');
  });

  test('a journal that cannot be read: the same', async () => {
    const data = await directory((path) => {
      rmSync(`${path}-wal`);
      rmSync(path);
      mkdirSync(path);
    });
    const { exitCode, output, errors } = await check(data);
    expect([exitCode, output]).toEqual([4, '']);
    expect(errors).toContain('cannot be read');
  });

  test('a check without a lock says so, in both languages', async () => {
    const data = await directory();
    const report = checkJournal(data);
    expect(renderJournalReport(report, 'en')).not.toContain('without a lock');
    expect(renderJournalReport({ ...report, locked: false }, 'en')).toContain('Checked without a lock');
    expect(renderJournalReport({ ...report, locked: false }, 'zh')).toContain('没有加锁');
  });
});
