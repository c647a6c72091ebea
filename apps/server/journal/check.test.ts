import { Database } from 'bun:sqlite';
import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { DirectoryLock, lockForReading } from '../config/directory-lock.ts';
import { checkJournal, type Damage } from './check.ts';
import { filesOf, flipBit, frames, killedJournal } from './fixtures/killed-journal.ts';
import { readingPlace } from './reading-place.ts';
import { SqliteJournal } from './sqlite.ts';

const root = mkdtempSync(join(tmpdir(), 'berth-check-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
let directory: string;
let path: string;
beforeEach(() => {
  directory = join(root, String(++count));
  mkdirSync(directory);
  path = join(directory, 'journal.sqlite');
});

const [a, b] = ['a', 'b'] as DeploymentId[] as [DeploymentId, DeploymentId];
const value = Uint8Array.of(1, 2, 3);

async function write(...turns: ((journal: SqliteJournal) => void)[]): Promise<void> {
  const journal = await SqliteJournal.open({ path, durability: 'os' });
  for (const turn of turns) {
    turn(journal);
    journal.flush();
  }
  await journal.close();
}

/** Folds everything, as a start does. */
async function start(): Promise<void> {
  const journal = await SqliteJournal.open({ path, durability: 'os' });
  await Array.fromAsync(journal.restore());
  await journal.close();
}

function tamper(sql: string): void {
  const database = new Database(path);
  database.run(sql);
  database.close();
}

/** As the system refuses to write. */
const refusing = (code: string) => (): never => {
  throw Object.assign(new Error(`${code}: the system says no`), { code });
};

const kinds = (): Damage['kind'][] => checkJournal(directory).damage.map(({ kind }) => kind);

describe('check of a journal', () => {
  test('counts what a start would restore, batches that are not folded included, and changes nothing', async () => {
    await write((journal) => {
      journal.put(a, 's\0one', value);
      journal.put(a, 's\0two', value);
      journal.put(b, 'r\0t', value);
    });
    await start();
    await write(
      (journal) => {
        journal.delete(a, 's\0two');
        journal.put(a, 'f\0one\0t', value);
        journal.put(a, 'm\0one\u00001', value);
        journal.put(a, 'i\0one\u00001', value);
        journal.put(a, 'q\0one\u00007', value);
        journal.put(a, 'p\u00001', value);
      },
      (journal) => journal.forget(b),
    );
    const before = filesOf(path);
    const names = new Set(readdirSync(directory));
    const report = checkJournal(directory);
    expect(report).toMatchObject({ format: 4, batches: 2, transactions: 0, damage: [] });
    expect(report.deployments).toEqual([
      { id: 'a', sessions: 1, subscriptions: 1, messages: 1, inFlight: 1, receipts: 1, retained: 0, contents: 1 },
    ]);
    expect(filesOf(path)).toEqual(before);
    expect(readdirSync(directory).filter((name) => !names.has(name))).toEqual(['lock']);
  });

  test('of a service that was killed: what is in the write-ahead log counts', async () => {
    await killedJournal(path, 5, 'fsync');
    const before = filesOf(path);
    const report = checkJournal(directory);
    expect(report.batches).toBe(5);
    expect(report.transactions).toBeGreaterThanOrEqual(5);
    expect(report.deployments).toMatchObject([{ id: 'a', sessions: 5 }]);
    expect(report.damage).toEqual([]);
    expect(filesOf(path)).toEqual(before);
  });

  test('a journal that was never written to is no damage', () => {
    writeFileSync(path, '');
    expect(checkJournal(directory)).toMatchObject({ format: null, deployments: [], damage: [] });
  });

  test('nor is one whose service was killed while it set it up', () => {
    tamper('PRAGMA journal_mode = WAL');
    expect(statSync(path).size).toBe(4096);
    expect(checkJournal(directory)).toMatchObject({ format: null, deployments: [], damage: [] });
  });

  test.each([
    ['a torn last batch', "UPDATE log SET changes = x'00' WHERE seq = 4", ['torn-end']],
    ['a last batch without its end', 'UPDATE log SET last = 0 WHERE seq = 4', ['torn-end']],
    ['a batch before it', "UPDATE log SET changes = x'00' WHERE seq = 2", ['batch']],
    ['a batch that is missing', 'DELETE FROM log WHERE seq = 2', ['batch']],
    ['batches at several places', "UPDATE log SET changes = x'00' WHERE seq <> 3", ['batch', 'batch', 'torn-end']],
  ])('%s', async (_what, sql, expected) => {
    await write(...[1, 2, 3, 4].map((number) => (journal: SqliteJournal) => journal.put(a, `s\0${number}`, value)));
    tamper(sql);
    expect(kinds()).toEqual(expected as Damage['kind'][]);
  });

  test.each([
    ['a value', "UPDATE snapshot SET value = x'00' WHERE key = 's' || char(0) || 'two'"],
    ['a key', "UPDATE snapshot SET key = replace(key, 'two', 'twO')"],
    ['its deployment', "UPDATE snapshot SET deployment = 'b' WHERE key = 's' || char(0) || 'two'"],
  ])('a damaged record: %s', async (_what, sql) => {
    await write((journal) => {
      journal.put(a, 's\0one', value);
      journal.put(a, 's\0two', value);
    });
    await start();
    tamper(sql);
    expect(kinds()).toEqual(['record']);
  });

  test('pages of the file that were overwritten', async () => {
    await write((journal) => {
      for (let index = 0; index < 2000; index++) journal.put(a, `s\0${index}`, value);
    });
    await start();
    const bytes = await Bun.file(path).bytes();
    bytes.fill(0xff, 5 * 4096, 7 * 4096);
    await Bun.write(path, bytes);
    const found = kinds();
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((kind) => kind === 'structure' || kind === 'unreadable')).toBe(true);
  });

  test('a write-ahead log that is torn at its end, and one that is damaged before it', async () => {
    await killedJournal(path, 8, 'fsync');
    flipBit(path, frames(path));
    expect(kinds()).toEqual(['torn-end']);
    flipBit(path, frames(path) - 4);
    expect(kinds()).toEqual(['write-ahead-log']);
  });

  test.each(['EROFS', 'EACCES', 'EPERM', 'SQLITE_READONLY'])(
    'where nothing can be written (%s) a copy is checked, the write-ahead log included, and nothing is left behind',
    async (code) => {
      await killedJournal(path, 5, 'fsync');
      const [before, names] = [filesOf(path), readdirSync(directory)];
      const report = checkJournal(directory, refusing(code));
      expect(report).toMatchObject({ path, locked: false, format: 4, batches: 5, damage: [] });
      expect(report.deployments).toMatchObject([{ id: 'a', sessions: 5 }]);
      expect(filesOf(path)).toEqual(before);
      expect(readdirSync(directory)).toEqual(names);
      flipBit(path, frames(path) - 4);
      expect(checkJournal(directory, refusing(code)).damage).toMatchObject([{ kind: 'write-ahead-log' }]);
    },
  );

  test('the copy goes away when it has been read', async () => {
    await killedJournal(path, 1, 'fsync');
    const place = readingPlace(directory, path, refusing('EROFS'));
    expect(existsSync(place.path)).toBe(true);
    expect(dirname(place.path)).not.toBe(directory);
    place[Symbol.dispose]();
    expect(existsSync(dirname(place.path))).toBe(false);
  });

  test('there too a service that runs is noticed, and kept off, by the file that it has left', async () => {
    await killedJournal(path, 1, 'fsync');
    new DirectoryLock(directory)[Symbol.dispose]();
    expect(checkJournal(directory, refusing('EROFS')).locked).toBe(true);
    {
      using _reading = lockForReading(directory);
      expect(() => new DirectoryLock(directory)).toThrow('in use by another Berth');
      expect(checkJournal(directory, refusing('EROFS')).locked).toBe(true);
    }
    using _lock = new DirectoryLock(directory);
    expect(() => checkJournal(directory, refusing('EROFS'))).toThrow('in use by another Berth');
  });

  test('another failure of the lock is no reason to go without', async () => {
    await killedJournal(path, 1, 'fsync');
    expect(() => checkJournal(directory, refusing('EIO'))).toThrow('EIO');
  });

  test('a journal in use, a directory without one, and a newer one are refused in a sentence', async () => {
    expect(() => checkJournal(join(root, 'nowhere'))).toThrow('holds no journal');
    await write((journal) => journal.put(a, 's\0one', value));
    const lock = new DirectoryLock(directory);
    expect(() => checkJournal(directory)).toThrow('in use by another Berth');
    lock[Symbol.dispose]();
    tamper('PRAGMA user_version = 9');
    expect(() => checkJournal(directory)).toThrow('newer Berth (format 9');
  });
});
