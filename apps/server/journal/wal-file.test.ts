import { Database } from 'bun:sqlite';
import { afterAll, describe, expect, test } from 'bun:test';
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changeKind, ChangeWriter } from './changes.ts';
import { contentOf } from './contract.ts';
import { filesOf, flipBit, frameBytes, frames, killedJournal } from './fixtures/killed-journal.ts';
import { SqliteStore } from './sqlite-store.ts';
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
    const { transactions, end } = readWal(path, null);
    expect(end).toBe('whole');
    expect(transactions).toBeGreaterThanOrEqual(10);
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
    // Of the fourth transaction from the end: each has two frames.
    flipBit(path, frames(path) - 6);
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
    expect(readWal(path, null)).toEqual({ transactions: 1, end: 'whole', frame: null });
    database.close();
  });
});

/** Where the bytes of a frame lie, and what a damage to them is. */
const damages: Readonly<Record<string, (frame: Uint8Array) => void>> = {
  'its page number': (frame) => void (frame[3] = (frame[3] ?? 0) ^ 0x40),
  'its salt': (frame) => void (frame[9] = (frame[9] ?? 0) ^ 1),
  'its checksum': (frame) => void (frame[20] = (frame[20] ?? 0) ^ 1),
  'its page': (frame) => void (frame[24 + 4000] = (frame[24 + 4000] ?? 0) ^ 1),
  'all of its head': (frame) => void frame.fill(0xff, 0, 24),
  'all of it': (frame) => void frame.fill(0),
};

/**
 * A journal that was killed after transactions of every kind: short and long, appended and folded.
 * @returns the number of its last frame after each of them, and the keys that are there then.
 */
function manyTransactions(path: string): { frames: number; keys: number }[] {
  const alive = `${path}.alive`;
  const store = new SqliteStore(alive, true);
  const writer = new ChangeWriter();
  const states = [{ frames: frames(alive), keys: 0 }];
  const note = (keys: number) => states.push({ frames: frames(alive), keys });
  let keys = 0;
  const append = (...sizes: readonly number[]): void => {
    const batches = sizes.map((size) => {
      writer.write(changeKind.put, 'a', `s\0client ${++keys}`, new Uint8Array(size).fill(keys));
      return new Uint8Array(writer.take().bytes);
    });
    store.append(batches);
    note(keys);
  };
  append(10);
  append(10);
  append(20_000);
  append(10, 3_000, 10);
  store.fold(1);
  note(keys);
  append(10);
  append(6_000);
  append(10);
  store.fold(100_000);
  note(keys);
  append(10);
  append(10);
  for (const end of ['', '-wal']) copyFileSync(alive + end, path + end);
  store.abandon();
  return states;
}

describe('a write-ahead log of many transactions, each synced before the next', () => {
  const path = newPath();
  const states = manyTransactions(path);
  const wal = readFileSync(`${path}-wal`);
  const last = states.at(-1)?.frames ?? 0;
  const lastWhole = states.at(-2) ?? { frames: 0, keys: 0 };

  test('is one: else nothing here would be damage in the middle', () => {
    expect(readWal(path, null)).toEqual({ transactions: states.length, end: 'whole', frame: null });
    expect(last).toBe(frames(path));
    for (const [index, { frames: end }] of states.entries())
      expect(end - (states[index - 1]?.frames ?? 0)).toBeGreaterThanOrEqual(2);
  });

  function damagedAt(frame: number, damage: (bytes: Uint8Array) => void): string {
    const copy = newPath();
    copyFileSync(path, copy);
    const bytes = Uint8Array.from(wal);
    damage(bytes.subarray(32 + (frame - 1) * frameBytes, 32 + frame * frameBytes));
    writeFileSync(`${copy}-wal`, bytes);
    return copy;
  }

  /** Opens it as a start does. @returns how many keys are there. */
  function open(file: string): { keys: number; warnings: readonly string[] } {
    const store = new SqliteStore(file, true);
    while (store.logBytes > 0) store.fold(1_000_000);
    const keys = store.page(null).length;
    store.close();
    return { keys, warnings: store.warnings };
  }

  test.each(Object.entries(damages))(
    'damage to %s in any frame before the last transaction is refused',
    (_what, damage) => {
      for (let frame = 1; frame <= lastWhole.frames; frame++) {
        const copy = damagedAt(frame, damage);
        const before = filesOf(copy);
        expect(() => open(copy), `frame ${frame}`).toThrow(/is damaged \(its write-ahead log, frame \d+\)/);
        const { '-shm': _index, ...files } = filesOf(copy);
        expect(files).toEqual(before);
      }
    },
  );

  test.each(Object.entries(damages))(
    'damage to %s in any frame of the last transaction cuts that one off',
    (what, damage) => {
      for (let frame = lastWhole.frames + 1; frame <= last; frame++) {
        const copy = damagedAt(frame, damage);
        const { keys, warnings } = open(copy);
        expect(keys).toBe(lastWhole.keys);
        // Of a commit whose head is gone nobody can tell that it was there.
        const isGone = frame === last && what.startsWith('all of');
        expect(warnings).toEqual(isGone ? [] : [expect.stringContaining('has been cut off')]);
        expect(open(copy)).toEqual({ keys: lastWhole.keys, warnings: [] });
      }
    },
  );

  test('cut anywhere, as a power cut leaves it: what was whole by then is there, and nothing is said', () => {
    for (let frame = 0; frame <= last; frame++) {
      for (const more of [0, 10, 3_000]) {
        const copy = newPath();
        copyFileSync(path, copy);
        writeFileSync(`${copy}-wal`, wal.subarray(0, 32 + frame * frameBytes + more));
        const keys = states.findLast(({ frames: end }) => end <= frame)?.keys ?? 0;
        expect(open(copy)).toEqual({ keys, warnings: [] });
      }
    }
  });

  test('frames of the last transaction that have not come to the disk, whichever: it is cut off', () => {
    const missing = last - lastWhole.frames;
    for (let which = 1; which < 2 ** missing; which++) {
      const copy = newPath();
      copyFileSync(path, copy);
      const bytes = Uint8Array.from(wal);
      for (let index = 0; index < missing; index++) {
        const start = 32 + (lastWhole.frames + index) * frameBytes;
        if ((which & (1 << index)) !== 0) bytes.fill(0, start, start + frameBytes);
      }
      writeFileSync(`${copy}-wal`, bytes);
      expect(open(copy).keys).toBe(lastWhole.keys);
    }
  });
});

test('a transaction that was never committed is dropped in silence, whatever of it is in the write-ahead log', () => {
  const path = newPath();
  const alive = new SqliteStore(path, true);
  const writer = new ChangeWriter();
  writer.write(changeKind.put, 'a', 's\0client', Uint8Array.of(1));
  alive.append([writer.take().bytes]);
  alive.abandon();
  const database = new Database(path);
  database.run('PRAGMA cache_size = 5');
  database.run('BEGIN');
  // Pages that go back to the file and are changed there again: their checksums are put right at the commit only.
  for (let round = 0; round < 3; round++)
    for (let seq = 10; seq < 40; seq++)
      database.query('INSERT OR REPLACE INTO log VALUES (?, 1, ?, randomblob(6000))').run(seq, round);
  const copy = newPath();
  for (const end of ['', '-wal']) copyFileSync(path + end, copy + end);
  database.close();
  expect(readWal(copy, null)).toMatchObject({ end: 'unfinished' });
  const store = new SqliteStore(copy, true);
  expect(store.warnings).toEqual([]);
  // Nothing of it lies behind what is written from now on.
  writer.write(changeKind.put, 'a', 's\0other', Uint8Array.of(2));
  store.append([writer.take().bytes]);
  expect(readWal(copy, null)).toEqual({ transactions: 1, end: 'whole', frame: null });
  store.fold(1_000);
  expect(store.page(null)).toHaveLength(2);
  store.close();
});

test('what folding that failed has written does not lie behind the transactions that follow', () => {
  const path = newPath();
  new SqliteStore(path, true).close();
  const database = new Database(path);
  database.run(`
    CREATE TRIGGER full BEFORE INSERT ON snapshot WHEN new.key = 'last' BEGIN SELECT RAISE(ABORT, 'no room'); END;
  `);
  database.close();
  const store = new SqliteStore(path, true);
  const writer = new ChangeWriter();
  // More than the page cache takes, so that pages go to the log before the commit.
  for (let key = 0; key < 100; key++) writer.write(changeKind.put, 'a', `key ${key}`, new Uint8Array(50_000).fill(key));
  writer.write(changeKind.put, 'a', 'last', Uint8Array.of(1));
  store.append([writer.take().bytes]);
  const written = frames(path);
  expect(() => store.fold(1)).toThrow('no room');
  expect(written).toBeGreaterThan(1_000);
  expect(readFileSync(`${path}-wal`)).toHaveLength(0);
  writer.write(changeKind.put, 'a', 'more', Uint8Array.of(2));
  store.append([writer.take().bytes]);
  expect(readWal(path, null)).toEqual({ transactions: 1, end: 'whole', frame: null });
  store.close();
});

describe('a write-ahead log of which some may not be on the disk', () => {
  test.each([
    ['is written anew, with the same bytes', true],
    ['is left alone where there is no doubt', false],
  ])('%s', async (_what, isLogDoubtful) => {
    const path = newPath();
    await killedJournal(path, 5, 'fsync');
    const before = filesOf(path);
    utimesSync(`${path}-wal`, 1, 1);
    const store = new SqliteStore(path, true, { service: null, known: null, isLogDoubtful });
    expect(statSync(`${path}-wal`).mtimeMs === 1_000).toBe(!isLogDoubtful);
    expect(filesOf(path)).toEqual(before);
    store.close();
  });

  test('so is that of a service before, which may have been restarted because its disk had failed', async () => {
    const path = newPath();
    await killedJournal(path, 5, 'fsync');
    const before = filesOf(path);
    utimesSync(`${path}-wal`, 1, 1);
    const journal = await SqliteJournal.open({ path, durability: 'fsync' });
    expect(statSync(`${path}-wal`).mtimeMs).not.toBe(1_000);
    expect(filesOf(path)).toEqual(before);
    await journal.close();
  });

  test('is copied into the file before anything is written again, and nothing lies behind what it was', () => {
    const path = newPath();
    new SqliteStore(path, true).close();
    const database = new Database(path);
    database.run(`
      CREATE TRIGGER full BEFORE UPDATE ON state WHEN new.transactions = 4 BEGIN SELECT RAISE(ABORT, 'no room'); END;
    `);
    database.close();
    const store = new SqliteStore(path, true);
    const writer = new ChangeWriter();
    for (const key of ['one', 'two', 'three']) {
      writer.write(changeKind.put, 'a', key, Uint8Array.of(1));
      store.append([writer.take().bytes]);
    }
    expect(frames(path)).toBeGreaterThan(3);
    expect(() => store.renew()).toThrow('no room');
    expect(readFileSync(`${path}-wal`)).toHaveLength(0);
    store.abandon();
    const repaired = new Database(path);
    repaired.run('DROP TRIGGER full');
    repaired.close();
    const again = new SqliteStore(path, true);
    again.renew();
    // The write that shows that the disk takes something.
    expect(readWal(path, null)).toEqual({ transactions: 1, end: 'whole', frame: null });
    again.fold(1_000);
    expect(again.page(null)).toHaveLength(3);
    again.close();
  });
});
