/** The journal on a disk that fails: injected at the port of its store, so that it is tested wherever tests run. */
import { afterAll, describe, expect, test } from 'bun:test';
import { Database } from 'bun:sqlite';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { contentOf, durable } from './contract.ts';
import { filesOf } from './fixtures/killed-journal.ts';
import { SqliteJournal } from './sqlite.ts';

const root = mkdtempSync(join(tmpdir(), 'berth-failures-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const a = 'a' as DeploymentId;
const bytes = (text: string) => new TextEncoder().encode(text);
const program = new URL('./fixtures/faulty-worker.ts', import.meta.url).href;
let count = 0;
/** It is opened again when it is closed, and not before. */
const never = 3_600_000;

/** A journal, in a folder of its own, whose disk fails while there is a fault. */
class Disk {
  readonly folder = join(root, String(++count));
  readonly path = join(this.folder, 'journal.sqlite');
  readonly #fault = `${this.folder}.fault`;

  constructor() {
    mkdirSync(this.folder);
  }

  break(how: string): void {
    writeFileSync(this.#fault, how);
  }

  repair(): void {
    rmSync(this.#fault, { force: true });
  }

  /** What its thread was told when it opened the file last. */
  opener(): unknown {
    return JSON.parse(readFileSync(`${this.folder}.opened`, 'utf8'));
  }

  open(more: { answerMsMax?: number; retryMs?: number } = {}): Promise<SqliteJournal> {
    return SqliteJournal.open({ path: this.path, durability: 'fsync', program, retryMs: 5, ...more });
  }

  async content(): Promise<Record<string, string>> {
    const journal = await this.open();
    try {
      return await contentOf(journal);
    } finally {
      await journal.close();
    }
  }
}

/** The next failure, and the recovery after it. */
function trouble(journal: SqliteJournal): { failed: Promise<Error>; recovered: Promise<void>; told: string[] } {
  const [failed, recovered] = [Promise.withResolvers<Error>(), Promise.withResolvers<void>()];
  const told: string[] = [];
  journal.onFailure = (error) => {
    told.push(error.message);
    failed.resolve(error);
  };
  journal.onRecovery = () => {
    told.push('recovered');
    recovered.resolve();
  };
  return { failed: failed.promise, recovered: recovered.promise, told };
}

describe('a journal that cannot be written', () => {
  test.each([
    ['a full disk', 'append SQLITE_FULL', 'injected SQLITE_FULL'],
    ['a write that fails', 'append SQLITE_IOERR_WRITE', 'injected SQLITE_IOERR_WRITE'],
    ['a sync that fails, the batch being in the file', 'committed SQLITE_IOERR_FSYNC', 'injected SQLITE_IOERR_FSYNC'],
    ['a thread that ends before the batch is written', 'append exit', 'its thread ended'],
    ['a thread that ends when it is written and not said', 'committed exit', 'its thread ended'],
    ['a defect in the thread', 'receive throw', 'its thread failed'],
  ])('%s: it is told once, nothing is lost, it goes on by itself', async (_what, fault, message) => {
    const disk = new Disk();
    const journal = await disk.open();
    journal.put(a, 'before', bytes('0'));
    const first = durable(journal, journal.openBatch);
    journal.flush();
    await first;
    const { failed, recovered, told } = trouble(journal);
    disk.break(fault);
    for (const step of ['1', '2', '3']) {
      journal.put(a, 'counter', bytes(step));
      journal.delete(a, `step ${Number(step) - 1}`);
      journal.put(a, `step ${step}`, bytes(step));
      journal.flush();
    }
    expect((await failed).message).toContain(message);
    expect(journal.queuedBytes).toBeGreaterThan(0);
    expect(journal.queuedBytesOf.get('a')).toBe(journal.queuedBytes);
    const reported: number[] = [];
    const all = Promise.withResolvers<void>();
    journal.onDurable = (batch) => {
      reported.push(batch);
      if (batch === 6) all.resolve();
    };
    // What comes meanwhile waits with them.
    journal.put(a, 'meanwhile', bytes('4'));
    journal.flush();
    disk.repair();
    await recovered;
    journal.put(a, 'afterwards', bytes('5'));
    journal.flush();
    await all.promise;
    expect(told).toEqual([expect.stringContaining(message), 'recovered']);
    expect(reported).toEqual(reported.toSorted((x, y) => x - y));
    expect(journal.queuedBytes).toBe(0);
    expect(journal.queuedBytesOf.size).toBe(0);
    await journal.close();
    expect(await disk.content()).toEqual({
      'a/before': '0',
      'a/counter': '3',
      'a/step 3': '3',
      'a/meanwhile': '4',
      'a/afterwards': '5',
    });
  });

  test('it fails for a long time, for one reason after another: each is told, no batch is durable meanwhile', async () => {
    const disk = new Disk();
    const journal = await disk.open();
    const { failed, recovered, told } = trouble(journal);
    const reported: number[] = [];
    journal.onDurable = (batch) => reported.push(batch);
    disk.break('append SQLITE_FULL');
    journal.put(a, 'one', bytes('1'));
    journal.flush();
    await failed;
    const second = Promise.withResolvers<void>();
    journal.onFailure = (error) => {
      told.push(error.message);
      second.resolve();
    };
    disk.break('open SQLITE_READONLY');
    await second.promise;
    expect(reported).toEqual([]);
    disk.repair();
    await recovered;
    expect(told).toEqual(['injected SQLITE_FULL', 'injected SQLITE_READONLY', 'recovered']);
    expect(reported).toEqual([1]);
    await journal.close();
    expect(await disk.content()).toEqual({ 'a/one': '1' });
  });

  test('a disk that hangs is told of, and that it answers again', async () => {
    const disk = new Disk();
    const journal = await disk.open({ answerMsMax: 20 });
    const { failed, recovered } = trouble(journal);
    disk.break('append hang');
    journal.put(a, 'one', bytes('1'));
    journal.flush();
    expect((await failed).message).toBe('the disk does not answer');
    disk.repair();
    await recovered;
    await journal.close();
    expect(await disk.content()).toEqual({ 'a/one': '1' });
  });

  test('a close that cannot write says so, and does not wait', async () => {
    const disk = new Disk();
    const journal = await disk.open();
    disk.break('append SQLITE_FULL');
    journal.put(a, 'one', bytes('1'));
    for (let call = 1; call <= 2; call++) {
      const failure: unknown = await journal.close().catch((error: unknown) => error);
      expect(failure).toMatchObject({ message: 'injected SQLITE_FULL' });
    }
  });

  test('a close while it fails tries once more', async () => {
    const disk = new Disk();
    const journal = await disk.open({ retryMs: never });
    const { failed } = trouble(journal);
    disk.break('append SQLITE_FULL');
    journal.put(a, 'one', bytes('1'));
    journal.flush();
    await failed;
    disk.repair();
    await journal.close();
    expect(await disk.content()).toEqual({ 'a/one': '1' });
  });

  test('a close while what waited is being written again writes that, and what came meanwhile, once', async () => {
    const disk = new Disk();
    const journal = await disk.open({ answerMsMax: 20 });
    const { failed } = trouble(journal);
    disk.break('append SQLITE_FULL');
    journal.put(a, 'one', bytes('1'));
    journal.flush();
    await failed;
    const again = trouble(journal);
    disk.break('append hang');
    expect((await again.failed).message).toBe('the disk does not answer');
    journal.put(a, 'two', bytes('2'));
    const closed = journal.close();
    disk.repair();
    await closed;
    expect(await disk.content()).toEqual({ 'a/one': '1', 'a/two': '2' });
  });

  test('a close while the file is being opened again waits for that', async () => {
    const disk = new Disk();
    const journal = await disk.open();
    const { failed } = trouble(journal);
    disk.break('append SQLITE_FULL');
    journal.put(a, 'one', bytes('1'));
    journal.flush();
    await failed;
    disk.break('open hang');
    // The timer that opens it again was set before this one, and is shorter.
    await Bun.sleep(20);
    const closed = journal.close();
    disk.repair();
    await closed;
    expect(await disk.content()).toEqual({ 'a/one': '1' });
  });

  test('no room to fold: batches go on, and are folded when there is', async () => {
    const disk = new Disk();
    const journal = await disk.open();
    const { told } = trouble(journal);
    disk.break('fold SQLITE_FULL');
    for (let key = 0; key < 64; key++) {
      journal.put(a, `${key}`, new Uint8Array(64 * 1024));
      const isDurable = durable(journal, journal.openBatch);
      journal.flush();
      await isDurable;
    }
    expect(told).toEqual([]);
    disk.repair();
    await journal.close();
    expect(Object.keys(await disk.content())).toHaveLength(64);
  });
});

describe('a journal that is opened again after a failure', () => {
  /** Puts a key, and waits until it is durable. */
  async function write(journal: SqliteJournal, key: string): Promise<void> {
    const isDurable = durable(journal, journal.openBatch);
    journal.put(a, key, bytes(key));
    journal.flush();
    await isDurable;
  }

  /** Puts a key, and fails before it is durable. Until the caller waits for something, the file is closed. */
  async function fail(disk: Disk, journal: SqliteJournal, key: string, how = 'append SQLITE_FULL'): Promise<void> {
    const { failed } = trouble(journal);
    disk.break(how);
    journal.put(a, key, bytes(key));
    journal.flush();
    await failed;
    disk.repair();
  }

  /** Changes the file as no Berth would. */
  function tamper(disk: Disk, sql: string): void {
    const database = new Database(disk.path);
    database.run(sql);
    database.close();
  }

  const failureOf = async (closing: Promise<unknown>) => String(await closing.catch((error: unknown) => error));

  test('an empty folder in the place of its own: nothing is made there, and it goes on when its own is back', async () => {
    const disk = new Disk();
    const journal = await disk.open();
    await write(journal, 'one');
    await fail(disk, journal, 'two');
    const { failed, recovered, told } = trouble(journal);
    const reported: number[] = [];
    journal.onDurable = (batch) => reported.push(batch);
    renameSync(disk.folder, `${disk.folder}.away`);
    mkdirSync(disk.folder);
    expect((await failed).message).toBe(`The journal ${disk.path} is not there any more.`);
    expect(readdirSync(disk.folder)).toEqual([]);
    expect(reported).toEqual([]);
    rmdirSync(disk.folder);
    renameSync(`${disk.folder}.away`, disk.folder);
    await recovered;
    expect(told).toEqual([expect.stringContaining('is not there any more'), 'recovered']);
    expect(reported).toEqual([2]);
    await journal.close();
    expect(await disk.content()).toEqual({ 'a/one': 'one', 'a/two': 'two' });
  });

  test.each([
    [
      'an older state of it',
      async (journal: SqliteJournal, place: string, disk: Disk) => {
        cpSync(disk.folder, place, { recursive: true });
        await write(journal, 'two');
      },
      'it is an older state',
    ],
    [
      'another journal, with more in it,',
      async (journal: SqliteJournal, place: string) => {
        const other = new Disk();
        const its = await other.open();
        for (const key of ['x', 'y', 'z']) await write(its, key);
        await its.close();
        renameSync(other.folder, place);
        await write(journal, 'two');
      },
      'is not the journal any more',
    ],
    [
      'an empty file',
      async (journal: SqliteJournal, place: string) => {
        mkdirSync(place);
        writeFileSync(join(place, 'journal.sqlite'), '');
        await write(journal, 'two');
      },
      'is not the journal any more',
    ],
  ])('%s in its place stays as it is, and it goes on when its own is back', async (_what, make, message) => {
    const disk = new Disk();
    const journal = await disk.open();
    await write(journal, 'one');
    const place = `${disk.folder}.other`;
    await make(journal, place, disk);
    await fail(disk, journal, 'three');
    const { failed, recovered, told } = trouble(journal);
    const before = filesOf(join(place, 'journal.sqlite'));
    renameSync(disk.folder, `${disk.folder}.away`);
    renameSync(place, disk.folder);
    expect((await failed).message).toContain(message);
    expect(journal.queuedBytes).toBeGreaterThan(0);
    renameSync(disk.folder, place);
    renameSync(`${disk.folder}.away`, disk.folder);
    await recovered;
    expect(told.filter((text) => text.includes(message))).toHaveLength(1);
    expect(filesOf(join(place, 'journal.sqlite'))).toMatchObject(before);
    await journal.close();
    expect(await disk.content()).toEqual({ 'a/one': 'one', 'a/two': 'two', 'a/three': 'three' });
  });

  test.each([
    [
      'it is in doubt whether the write-ahead log is on the disk: a sync that fails',
      'committed SQLITE_IOERR_FSYNC',
      true,
    ],
    ['the same: a write that fails', 'append SQLITE_IOERR_WRITE', true],
    ['the same: a thread that ends', 'append exit', true],
    ['the write-ahead log is not in doubt: a disk that is full, and so was not synced', 'append SQLITE_FULL', false],
  ])('%s', async (_what, how, isLogDoubtful) => {
    const disk = new Disk();
    const journal = await disk.open();
    await write(journal, 'one');
    await fail(disk, journal, 'two', how);
    await trouble(journal).recovered;
    expect(disk.opener()).toMatchObject({ isLogDoubtful });
    await journal.close();
  });

  test('another service has written to it meanwhile: it is not mixed with that', async () => {
    const disk = new Disk();
    const journal = await disk.open({ retryMs: never });
    await write(journal, 'one');
    await fail(disk, journal, 'two');
    const other = await disk.open();
    await write(other, 'theirs');
    await other.close();
    expect(await failureOf(journal.close())).toContain('is not the journal any more');
    expect(await disk.content()).toEqual({ 'a/one': 'one', 'a/theirs': 'theirs' });
  });

  test('a last batch that was not acknowledged is damaged: it is cut off and written again, and that is said', async () => {
    const disk = new Disk();
    const journal = await disk.open();
    await write(journal, 'one');
    await fail(disk, journal, 'two', 'committed SQLITE_IOERR_FSYNC');
    const { recovered } = trouble(journal);
    const warnings: string[] = [];
    journal.onWarning = (warning) => warnings.push(warning);
    tamper(disk, 'UPDATE log SET checksum = checksum + 1 WHERE seq = 2');
    await recovered;
    expect(warnings).toEqual([expect.stringContaining('it was not acknowledged, and is written again')]);
    await journal.close();
    expect(await disk.content()).toEqual({ 'a/one': 'one', 'a/two': 'two' });
  });

  test('the last batch that was acknowledged is damaged: it is not cut off, and the service does not go on without it', async () => {
    const disk = new Disk();
    const journal = await disk.open({ retryMs: never });
    await write(journal, 'one');
    await fail(disk, journal, 'two');
    tamper(disk, 'UPDATE log SET checksum = checksum + 1 WHERE seq = 1');
    expect(await failureOf(journal.close())).toContain('is damaged (row 1)');
    tamper(disk, 'UPDATE log SET checksum = checksum - 1 WHERE seq = 1');
    expect(await disk.content()).toEqual({ 'a/one': 'one' });
  });
});
