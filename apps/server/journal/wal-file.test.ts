import { Database } from 'bun:sqlite';
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentOf } from './contract.ts';
import { filesOf, flipBit, frameBytes, frames, killedJournal } from './fixtures/killed-journal.ts';
import { SqliteJournal } from './sqlite.ts';
import { readWal } from './wal-file.ts';

const root = mkdtempSync(join(tmpdir(), 'berth-wal-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const newPath = () => join(root, `${++count}.db`);

async function openAndCount(path: string, durability: 'fsync' | 'os' = 'fsync') {
  const journal = await SqliteJournal.open({ path, durability });
  const records = Object.keys(await contentOf(journal)).length;
  const { warnings } = journal;
  await journal.close();
  return { records, warnings };
}

const failureOf = async (opening: Promise<unknown>) => String(await opening.catch((error: unknown) => error));

describe('the write-ahead log of a journal whose process was killed', () => {
  test('whole: everything is there, and nothing is said', async () => {
    const path = newPath();
    await killedJournal(path, 10, 'fsync');
    expect(readWal(path)).toMatchObject({ brokenFrame: null });
    expect(readWal(path).transactions).toBeGreaterThanOrEqual(10);
    expect(await openAndCount(path)).toEqual({ records: 10, warnings: [] });
  });

  test('its end is cut in the middle of a frame: what is whole is there, and nothing is said', async () => {
    const path = newPath();
    await killedJournal(path, 10, 'fsync');
    truncateSync(`${path}-wal`, 32 + frames(path) * frameBytes - 100);
    expect(await openAndCount(path)).toEqual({ records: 9, warnings: [] });
  });

  test('its last transaction is torn: that one is cut off, and it is said once', async () => {
    const path = newPath();
    await killedJournal(path, 10, 'fsync');
    flipBit(path, frames(path));
    const { records, warnings } = await openAndCount(path);
    expect(records).toBe(9);
    expect(warnings).toEqual([expect.stringContaining('has been cut off')]);
    expect(await openAndCount(path)).toEqual({ records: 9, warnings: [] });
  });

  test('it is damaged before that: it is refused and stays as it is', async () => {
    const path = newPath();
    await killedJournal(path, 10, 'fsync');
    const frame = frames(path) - 3;
    flipBit(path, frame);
    const before = filesOf(path);
    for (let attempt = 1; attempt <= 2; attempt++) {
      const failure = await failureOf(SqliteJournal.open({ path, durability: 'fsync' }));
      expect(failure).toContain(`is damaged (its write-ahead log, frame ${frame})`);
      const { '-shm': _index, ...files } = filesOf(path);
      expect(files).toEqual(before);
    }
  });

  test('its header is damaged: it is refused', async () => {
    const path = newPath();
    await killedJournal(path, 3, 'fsync');
    flipBit(path, 1);
    const wal = await Bun.file(`${path}-wal`).bytes();
    wal[20] = (wal[20] ?? 0) ^ 1;
    await Bun.write(`${path}-wal`, wal);
    expect(await failureOf(SqliteJournal.open({ path, durability: 'fsync' }))).toContain('write-ahead log');
  });

  test('with durability os more than one transaction may be torn by a power cut: cut off, and said', async () => {
    const path = newPath();
    await killedJournal(path, 10, 'os');
    flipBit(path, frames(path) - 3);
    const { records, warnings } = await openAndCount(path, 'fsync');
    expect(records).toBe(6);
    expect(warnings).toHaveLength(1);
  });

  test('what an earlier use of the file has left behind its end is no damage', () => {
    const path = newPath();
    const database = new Database(path);
    database.run('PRAGMA journal_mode = WAL');
    database.run('CREATE TABLE t (x)');
    for (let row = 0; row < 50; row++) database.run('INSERT INTO t VALUES (randomblob(3000))');
    database.run('PRAGMA wal_checkpoint(RESTART)');
    database.run('INSERT INTO t VALUES (1)');
    expect(frames(path)).toBeGreaterThan(50);
    expect(readWal(path)).toEqual({ transactions: 1, brokenFrame: null, brokenBeforeTail: false });
    database.close();
  });
});
