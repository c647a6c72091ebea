import { Database, type Statement } from 'bun:sqlite';
import { afterAll, describe, expect, test } from 'bun:test';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { changeKind, ChangeWriter } from './changes.ts';
import { checkJournal } from './check.ts';
import { writeFormat1 } from './fixtures/format-1.ts';
import { flipBit, frameBytes, frames } from './fixtures/killed-journal.ts';
import { SqliteStore } from './sqlite-store.ts';
import { SqliteJournal } from './sqlite.ts';
import { upgrade } from './sqlite-upgrade.ts';

const root = mkdtempSync(join(tmpdir(), 'berth-upgrade-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

/** A folder of its own, as `berth journal check` takes it. */
function newPath(): string {
  const folder = join(root, String(++count));
  mkdirSync(folder);
  return join(folder, 'journal.sqlite');
}

const [a, b, c] = ['a', 'b', 'c'] as DeploymentId[] as [DeploymentId, DeploymentId, DeploymentId];
const bytes = (size: number, seed: number) => Uint8Array.from({ length: size }, (_, at) => (at * 7 + seed) & 0xff);

/** A journal in format 1: records in the snapshot, and batches behind it that change, add, delete and forget. */
async function oldJournal(): Promise<string> {
  const source = newPath();
  const open = () => SqliteJournal.open({ path: source, durability: 'fsync' });
  const first = await open();
  for (let record = 0; record < 60; record++) first.put(a, `m\0client\0${record}`, bytes(3_000, record));
  first.put(a, 's\0client', bytes(40, 1));
  first.put(a, 'f\0client\0温度/#', bytes(5, 2));
  first.put(b, 'r\0old', bytes(10, 3));
  first.put(c, 'r\0kept', bytes(0, 4));
  first.flush();
  await first.close();
  const second = await open();
  // Folds everything.
  await Array.fromAsync(second.restore());
  second.put(a, 's\0client', bytes(41, 5));
  second.delete(a, 'm\0client\u00000');
  second.flush();
  second.forget(b);
  second.put(b, 'r\0new', bytes(10, 6));
  second.flush();
  // Takes three rows of the log.
  second.put(c, 'r\0large', bytes(1_200_000, 7));
  second.flush();
  second.put(a, 'q\0client\u00009', bytes(0, 8));
  second.flush();
  await second.close();
  const target = newPath();
  writeFormat1(source, target);
  return target;
}

const path1 = await oldJournal();

function copyOf(path: string): string {
  const copy = newPath();
  for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, copy + end);
  return copy;
}

/** Everything that the journal holds, with a checksum for each value. */
function contentOf(path: string): { records: Record<string, number>; warnings: readonly string[] } {
  const store = new SqliteStore(path, true);
  try {
    while (store.logBytes > 0) store.fold(1_000_000);
    const records: Record<string, number> = {};
    for (let page = store.page(null); page.length > 0; page = store.page(page.at(-1) ?? null))
      for (const { deployment, key, value } of page) records[`${deployment}/${key}`] = Bun.hash.crc32(value);
    return { records, warnings: store.warnings };
  } finally {
    store.close();
  }
}

function formatOf(path: string): number {
  const database = new Database(path, { readonly: true });
  const { user_version: format } = database.query('PRAGMA user_version').get() as { user_version: number };
  database.close();
  return format;
}

const expected: Record<string, number> = {
  ...Object.fromEntries(
    Array.from({ length: 59 }, (_, at) => [`a/m\0client\0${at + 1}`, Bun.hash.crc32(bytes(3_000, at + 1))]),
  ),
  'a/s\0client': Bun.hash.crc32(bytes(41, 5)),
  'a/f\0client\0温度/#': Bun.hash.crc32(bytes(5, 2)),
  'a/q\0client\u00009': Bun.hash.crc32(bytes(0, 8)),
  'b/r\0new': Bun.hash.crc32(bytes(10, 6)),
  'c/r\0kept': Bun.hash.crc32(bytes(0, 4)),
  'c/r\0large': Bun.hash.crc32(bytes(1_200_000, 7)),
};

describe('a journal in format 1', () => {
  test('is as it was: else nothing here would be an upgrade', () => {
    const path = copyOf(path1);
    expect(frames(path)).toBeGreaterThan(10);
    const database = new Database(path);
    const tables = database.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").values();
    expect(tables.flat()).toEqual(['folded', 'log', 'snapshot']);
    expect(database.query('SELECT seq FROM folded').values()).toEqual([[1]]);
    expect(database.query('SELECT count(*), sum(last) FROM log').values()).toEqual([[6, 4]]);
    database.close();
    expect(formatOf(path)).toBe(1);
  });

  test('comes to the present format when it is opened, with all that it holds; a second opening finds the same', () => {
    const path = copyOf(path1);
    for (let opening = 1; opening <= 2; opening++) {
      expect(contentOf(path)).toEqual({ records: expected, warnings: [] });
      expect(formatOf(path)).toBe(4);
    }
    expect(checkJournal(join(path, '..'))).toMatchObject({ format: 4, damage: [] });
  });

  test('its check says what to do, also where the end of its write-ahead log is torn', () => {
    const path = copyOf(path1);
    const check = () => checkJournal(join(path, '..'));
    expect(check).toThrow('has the format 1 of an older Berth');
    flipBit(path, frames(path));
    expect(check).toThrow('has the format 1 of an older Berth');
  });

  test.each([
    ['a record', "UPDATE snapshot SET value = x'00' WHERE key = 'r' || char(0) || 'kept'", /the record .*kept/],
    ['a batch before the last', "UPDATE log SET changes = x'00' WHERE seq = 3", /row 3/],
  ])('%s that was damaged is found damaged afterwards', (_what, sql, message) => {
    const path = copyOf(path1);
    const database = new Database(path);
    database.run(sql);
    database.close();
    expect(() => contentOf(path)).toThrow(message);
    const { damage } = checkJournal(join(path, '..'));
    expect(damage).toHaveLength(1);
  });

  test('a last batch that was damaged is cut off, as it would have been before, and it is said', () => {
    const path = copyOf(path1);
    const database = new Database(path);
    database.run("UPDATE log SET changes = x'00' WHERE seq = (SELECT max(seq) FROM log)");
    database.close();
    const { 'a/q\0client\u00009': _cut, ...rest } = expected;
    expect(contentOf(path)).toEqual({ records: rest, warnings: [expect.stringContaining('has been cut off')] });
  });
});

test('a journal in format 2 comes to the present one too', async () => {
  const path = newPath();
  const journal = await SqliteJournal.open({ path, durability: 'fsync' });
  journal.put(a, 's\0client', bytes(40, 1));
  journal.flush();
  await journal.close();
  const database = new Database(path);
  database.run('ALTER TABLE state RENAME COLUMN transactions TO renewals; PRAGMA user_version = 2;');
  database.close();
  for (let opening = 1; opening <= 2; opening++) {
    expect(contentOf(path)).toEqual({ records: { 'a/s\0client': Bun.hash.crc32(bytes(40, 1)) }, warnings: [] });
    expect(formatOf(path)).toBe(4);
  }
});

test('a journal in format 3 comes to the present one, and says from now on who has written last', async () => {
  const path = newPath();
  const journal = await SqliteJournal.open({ path, durability: 'fsync' });
  journal.put(a, 's\0client', bytes(40, 1));
  journal.flush();
  await journal.close();
  const database = new Database(path);
  database.run('ALTER TABLE state DROP COLUMN writer; PRAGMA user_version = 3;');
  database.close();
  for (let opening = 1; opening <= 2; opening++) {
    expect(contentOf(path)).toEqual({ records: { 'a/s\0client': Bun.hash.crc32(bytes(40, 1)) }, warnings: [] });
    expect(formatOf(path)).toBe(4);
  }
  const store = new SqliteStore(path, true, { service: 'this one', known: null, isLogDoubtful: false });
  expect(store.writer).toBeNull();
  const batch = new ChangeWriter();
  batch.write(changeKind.put, 'a', 's\0other', bytes(40, 2));
  store.append([batch.take().bytes]);
  store.close();
  const next = new SqliteStore(path, true);
  expect(next.writer).toBe('this one');
  next.close();
});

/** Calls `before` ahead of each statement that the database runs. */
function stepping(database: Database, before: () => void): Database {
  const wrap = <T extends object>(object: T, methods: readonly string[], then: (value: unknown) => unknown): T =>
    new Proxy(object, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          if (methods.includes(String(name))) before();
          const result: unknown = Reflect.apply(value, target, args);
          return name === 'query' ? then(result) : result;
        };
      },
    });
  return wrap(database, ['run'], (statement) => wrap(statement as Statement, ['run', 'get', 'all'], (value) => value));
}

/** Runs the upgrade with a page cache that is too small for it, so that it writes to the write-ahead log all along. */
function upgradeWatched(path: string, before: () => void): { committed: string } {
  const database = new Database(path);
  database.run('PRAGMA journal_mode = WAL');
  database.run('PRAGMA wal_autocheckpoint = 0');
  database.run('PRAGMA cache_size = 5');
  database.run('BEGIN IMMEDIATE');
  upgrade(stepping(database, before), 1);
  before();
  database.run('COMMIT');
  const committed = copyOf(path);
  database.close();
  return { committed };
}

describe('an upgrade that is cut short', () => {
  test('by kill -9 before any of its statements: the file opens, with all that it holds', () => {
    const path = copyOf(path1);
    const begun = frames(path);
    const copies: string[] = [];
    const sizes = new Set<number>();
    upgradeWatched(path, () => {
      copies.push(copyOf(path));
      sizes.add(frames(path) - begun);
    });
    // Two statements for each record and row, and more: and it was written meanwhile.
    expect(copies.length).toBeGreaterThan(2 * 63);
    expect(sizes.size).toBeGreaterThan(20);
    for (const copy of copies) {
      expect(formatOf(copy)).toBe(1);
      expect(contentOf(copy)).toEqual({ records: expected, warnings: [] });
      expect(formatOf(copy)).toBe(4);
      rmSync(join(copy, '..'), { recursive: true });
    }
  }, 60_000);

  test('by a power cut that leaves any part of what it has written: the same', () => {
    const path = copyOf(path1);
    const begun = frames(path);
    const { committed } = upgradeWatched(path, () => {});
    const written = frames(committed);
    expect(written - begun).toBeGreaterThan(20);
    const wal = readFileSync(`${committed}-wal`);
    const judge = (copy: string) => {
      expect(contentOf(copy).records).toEqual(expected);
      expect(formatOf(copy)).toBe(4);
      rmSync(join(copy, '..'), { recursive: true });
    };
    for (let frame = begun; frame <= written; frame++) {
      const cut = copyOf(committed);
      writeFileSync(`${cut}-wal`, wal.subarray(0, 32 + frame * frameBytes + (frame < written ? 1_000 : 0)));
      judge(cut);
      if (frame === begun) continue;
      const torn = copyOf(committed);
      flipBit(torn, frame);
      judge(torn);
    }
  }, 60_000);
});
