/** The file of the journal, synchronously: rows of batches, and the snapshot that they are folded into. */
import type { Database, Statement } from 'bun:sqlite';
import { BootError } from '../config/boot-error.ts';
import { giveBack } from '../../../packages/engine/give-back.ts';
import { collectChanges, type Net } from './net-changes.ts';
import { openFile, type Opener } from './sqlite-file.ts';
import { changesChecksum, recordChecksum } from './sqlite-checksums.ts';
import { damaged, unreadable } from './sqlite-problems.ts';

/** Longest row; a larger batch takes several. Well below the 1 MiB that other stores take. */
export const rowBytesMax = 512 * 1024;
/** What one page of a restore holds, unless one record alone is larger. */
const pageBytes = 1024 * 1024;

interface LogRow {
  seq: number;
  last: number;
  checksum: number;
  changes: Uint8Array;
}

interface SnapshotRow {
  deployment: string;
  key: string;
  checksum: number;
  value: Uint8Array;
}

/** Takes any file, and has no name. */
const anybody: Opener = { service: null, known: null, isLogDoubtful: false };

export class SqliteStore {
  /** What was put right at opening, one sentence each. */
  readonly warnings: string[] = [];
  /** The service that had written to the file last when it was opened. */
  readonly writer: string | null;
  readonly #path: string;
  readonly #opener: Opener;
  readonly #database: Database;
  readonly #append: Statement<unknown, [number, number, number, Uint8Array]>;
  readonly #oldest: Statement<LogRow, [number]>;
  readonly #put: Statement<unknown, [string, string, number, Uint8Array]>;
  readonly #delete: Statement<unknown, [string, string]>;
  readonly #forget: Statement<unknown, [string]>;
  readonly #page: Statement<SnapshotRow, [string, string]>;
  /** Each transaction writes the page of the state, so that it can be seen in the write-ahead log how many there were. */
  readonly #sign: Statement<unknown, [string | null]>;
  #lastSeq = 0;
  #logBytes = 0;

  /**
   * @param isSynced whether a commit survives a power cut; else it survives the end of the process only.
   * @throws BootError when the file is damaged, newer, or not a journal, or is not the one that was open before.
   */
  constructor(path: string, isSynced: boolean, opener = anybody) {
    this.#path = path;
    this.#opener = opener;
    let database: Database | null = null;
    try {
      const opened = openFile(path, isSynced, opener);
      database = opened.database;
      this.#database = database;
      if (opened.isTailCut) this.warnings.push(this.#cutWarning());
      this.writer = (database.query('SELECT writer FROM state').get() as { writer: string | null }).writer;
      this.#sign = database.query('UPDATE state SET transactions = transactions + 1, writer = ?');
      this.#append = database.query('INSERT INTO log VALUES (?, ?, ?, ?)');
      this.#oldest = database.query('SELECT seq, last, checksum, changes FROM log WHERE seq > ? ORDER BY seq');
      this.#put = database.query('INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?)');
      this.#delete = database.query('DELETE FROM snapshot WHERE deployment = ? AND key = ?');
      this.#forget = database.query('DELETE FROM snapshot WHERE deployment = ?');
      this.#page = database.query(
        'SELECT deployment, key, checksum, value FROM snapshot WHERE (deployment, key) > (?, ?) ORDER BY deployment, key',
      );
      this.#verifyLog();
    } catch (error) {
      database?.close();
      throw error instanceof BootError ? error : unreadable(path, error);
    }
  }

  /** Number of the last row. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Bytes of the rows that are not in the snapshot yet. */
  get logBytes(): number {
    return this.#logBytes;
  }

  /** Appends batches in one transaction: they are durable when it returns, or none of them is. @throws as SQLite does. */
  append(batches: readonly Uint8Array[]): void {
    const before = [this.#lastSeq, this.#logBytes] as const;
    try {
      this.#transaction(() => {
        for (const batch of batches) this.#appendBatch(batch);
      });
    } catch (error) {
      [this.#lastSeq, this.#logBytes] = before;
      throw error;
    }
  }

  /**
   * Writes everything that the write-ahead log holds into the file, and begins that log anew: after a failed sync nobody
   * knows which of its pages are on the disk, and nothing may be written behind one that is not. Then a write of its own,
   * so that a disk that takes nothing shows itself. @throws as SQLite does.
   */
  renew(): void {
    const result = this.#database.query('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
    if (result.busy !== 0) throw new Error('the write-ahead log is in use');
    this.#transaction(() => {});
  }

  /**
   * Moves the oldest batches into the snapshot, in one transaction: whole batches, up to about `bytes`, at least one.
   * @throws BootError when a row is damaged.
   */
  fold(bytes: number): void {
    const nets = new Map<string, Net>();
    const { lastSeq, readBytes, memory } = this.#readBatches(bytes, nets);
    if (readBytes === 0) return;
    try {
      this.#transaction(() => {
        for (const [deployment, net] of nets) this.#apply(deployment, net);
        this.#database.query('DELETE FROM log WHERE seq <= ?').run(lastSeq);
        this.#database.query('UPDATE state SET folded = ?').run(lastSeq);
      });
    } catch (error) {
      this.#dropRest();
      throw error;
    }
    this.#logBytes -= readBytes;
    for (const batch of memory) giveBack(batch);
  }

  /**
   * The records of the snapshot behind the one given, in the order of deployment and key; fold everything first.
   * @returns a page; an empty one is the end. @throws BootError when a record is damaged.
   */
  page(after: { readonly deployment: string; readonly key: string } | null): SnapshotRow[] {
    const rows: SnapshotRow[] = [];
    let size = 0;
    for (const row of this.#page.iterate(after?.deployment ?? '', after?.key ?? '')) {
      if (recordChecksum(row.deployment, row.key, row.value) !== row.checksum)
        throw damaged(this.#path, `the record ${JSON.stringify(row.key)} of ${row.deployment}`);
      rows.push(row);
      size += row.value.length + row.key.length;
      if (size >= pageBytes) break;
    }
    return rows;
  }

  /** What was written and is not in the file itself yet is written there. @throws as SQLite does. */
  close(): void {
    // Leaves one file behind instead of two.
    this.#database.run('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#database.close();
  }

  /** Lets go of the file, whatever its state. */
  abandon(): void {
    this.#database.close();
  }

  /** Reads every row once: cuts a damaged last batch, refuses a journal that is damaged before it. */
  #verifyLog(): void {
    const { folded } = this.#database.query('SELECT folded FROM state').get() as { folded: number };
    let wholeSeq = folded;
    let expected = folded + 1;
    let damagedSeq: number | null = null;
    let damagedBatchEnded = false;
    this.#logBytes = 0;
    let openBytes = 0;
    for (const row of this.#oldest.iterate(folded)) {
      // Anything behind a damaged batch says that this is not the tail.
      if (damagedBatchEnded) throw damaged(this.#path, `row ${damagedSeq}`);
      const isWhole = row.seq === expected && changesChecksum(row.seq, row.last, row.changes) === row.checksum;
      if (!isWhole) damagedSeq ??= row.seq;
      openBytes += row.changes.length;
      if (row.last === 1 && damagedSeq !== null) damagedBatchEnded = true;
      else if (row.last === 1) {
        wholeSeq = row.seq;
        this.#logBytes += openBytes;
        openBytes = 0;
      }
      expected = row.seq + 1;
    }
    if (wholeSeq < (this.#opener.known?.seq ?? 0)) throw damaged(this.#path, `row ${damagedSeq ?? wholeSeq + 1}`);
    this.#lastSeq = wholeSeq;
    if (expected === wholeSeq + 1) return;
    this.#transaction(() => this.#database.query('DELETE FROM log WHERE seq > ?').run(wholeSeq));
    this.warnings.push(this.#cutWarning());
  }

  #appendBatch(batch: Uint8Array): void {
    for (let start = 0; start < batch.length; start += rowBytesMax) {
      const part = batch.subarray(start, start + rowBytesMax);
      const last = start + rowBytesMax >= batch.length ? 1 : 0;
      this.#lastSeq += 1;
      this.#append.run(this.#lastSeq, last, changesChecksum(this.#lastSeq, last, part), part);
    }
    this.#logBytes += batch.length;
  }

  /** @returns the memory that `nets` has views of, besides what was read. */
  #readBatches(
    bytes: number,
    nets: Map<string, Net>,
  ): { lastSeq: number; readBytes: number; memory: readonly Uint8Array[] } {
    let parts: Uint8Array[] = [];
    const memory: Uint8Array[] = [];
    let [lastSeq, readBytes, openBytes] = [0, 0, 0];
    for (const row of this.#oldest.iterate(0)) {
      if (changesChecksum(row.seq, row.last, row.changes) !== row.checksum) throw damaged(this.#path, `row ${row.seq}`);
      parts.push(row.changes);
      openBytes += row.changes.length;
      if (row.last === 0) continue;
      const batch = parts.length === 1 ? row.changes : Buffer.concat(parts);
      this.#collect(batch, row.seq, nets);
      memory.push(batch);
      [parts, lastSeq, readBytes, openBytes] = [[], row.seq, readBytes + openBytes, 0];
      if (readBytes >= bytes) break;
    }
    return { lastSeq, readBytes, memory };
  }

  #collect(batch: Uint8Array, seq: number, nets: Map<string, Net>): void {
    try {
      collectChanges(batch, nets);
    } catch (error) {
      if (error instanceof RangeError) throw damaged(this.#path, `row ${seq}: ${error.message}`);
      throw error;
    }
  }

  /** What a transaction that failed has left in the write-ahead log is not to lie behind the next ones. */
  #dropRest(): void {
    try {
      this.#database.run('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // The disk takes nothing; what failed is told anyway.
    }
  }

  #apply(deployment: string, net: Net): void {
    if (net.isForgotten) this.#forget.run(deployment);
    for (const [key, value] of net.keys) {
      if (value !== null) this.#put.run(deployment, key, recordChecksum(deployment, key, value), value);
      else if (!net.isForgotten) this.#delete.run(deployment, key);
    }
  }

  #cutWarning(): string {
    // What had been acknowledged is compared before anything is cut off from a file that was open already.
    const lost =
      this.#opener.known === null
        ? 'what was acknowledged in the last moment before the stop may be lost'
        : 'it was not acknowledged, and is written again';
    return `The last batch of the journal ${this.#path} was damaged and has been cut off: ${lost}. Check the disk.`;
  }

  #transaction(body: () => void): void {
    this.#database.run('BEGIN IMMEDIATE');
    try {
      body();
      // Last, so that it is not written before the transaction is committed.
      this.#sign.run(this.#opener.service);
      this.#database.run('COMMIT');
    } catch (error) {
      if (this.#database.inTransaction) this.#database.run('ROLLBACK');
      throw error;
    }
  }
}
