/** The file of the journal, synchronously: rows of batches, and the snapshot that they are folded into. */
import { Database, type Statement } from 'bun:sqlite';
import { BootError } from '../config/boot-error.ts';
import { changeKind, readChanges } from './changes.ts';

/** Of the file. Raised when an older Berth could not read it. */
const formatVersion = 1;
/** "Brth", so that other SQLite files are not taken for journals. */
const applicationId = 0x42_72_74_68;

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

/** What a batch left of one deployment: `null` is a deleted key. */
interface Net {
  isForgotten: boolean;
  readonly keys: Map<string, Uint8Array | null>;
}

const schema = `
  -- Batches in order. A batch takes rows up to and with the one where last is 1.
  CREATE TABLE log (
    seq INTEGER PRIMARY KEY, last INTEGER NOT NULL, checksum INTEGER NOT NULL, changes BLOB NOT NULL
  ) STRICT;
  CREATE TABLE snapshot (
    deployment TEXT NOT NULL, key TEXT NOT NULL, checksum INTEGER NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (deployment, key)
  ) STRICT;
  -- The last row of the log that the snapshot holds.
  CREATE TABLE folded (seq INTEGER NOT NULL) STRICT;
  INSERT INTO folded VALUES (0);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${formatVersion};
`;

export class SqliteStore {
  /** What was put right at opening, one sentence each. */
  readonly warnings: string[] = [];
  readonly #path: string;
  readonly #database: Database;
  readonly #append: Statement<unknown, [number, number, number, Uint8Array]>;
  readonly #oldest: Statement<LogRow, [number]>;
  readonly #put: Statement<unknown, [string, string, number, Uint8Array]>;
  readonly #delete: Statement<unknown, [string, string]>;
  readonly #forget: Statement<unknown, [string]>;
  readonly #page: Statement<SnapshotRow, [string, string]>;
  #lastSeq = 0;
  #logBytes = 0;

  /**
   * @param isSynced whether a commit survives a power cut; else it survives the end of the process only.
   * @throws BootError when the file is damaged, newer, or not a journal.
   */
  constructor(path: string, isSynced: boolean) {
    this.#path = path;
    try {
      this.#database = new Database(path);
      this.#setUp(isSynced);
    } catch (error) {
      throw error instanceof BootError ? error : unreadable(path, error);
    }
    const database = this.#database;
    this.#append = database.query('INSERT INTO log VALUES (?, ?, ?, ?)');
    this.#oldest = database.query('SELECT seq, last, checksum, changes FROM log WHERE seq > ? ORDER BY seq');
    this.#put = database.query('INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?)');
    this.#delete = database.query('DELETE FROM snapshot WHERE deployment = ? AND key = ?');
    this.#forget = database.query('DELETE FROM snapshot WHERE deployment = ?');
    this.#page = database.query(
      'SELECT deployment, key, checksum, value FROM snapshot WHERE (deployment, key) > (?, ?) ORDER BY deployment, key',
    );
    try {
      this.#verifyLog();
    } catch (error) {
      database.close();
      throw error instanceof BootError ? error : unreadable(path, error);
    }
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
   * Moves the oldest batches into the snapshot, in one transaction: whole batches, up to about `bytes`, at least one.
   * @throws BootError when a row is damaged.
   */
  fold(bytes: number): void {
    const nets = new Map<string, Net>();
    const { lastSeq, readBytes } = this.#readBatches(bytes, nets);
    if (readBytes === 0) return;
    this.#transaction(() => {
      for (const [deployment, net] of nets) this.#apply(deployment, net);
      this.#database.query('DELETE FROM log WHERE seq <= ?').run(lastSeq);
      this.#database.query('UPDATE folded SET seq = ?').run(lastSeq);
    });
    this.#logBytes -= readBytes;
  }

  /**
   * The records of the snapshot behind the one given, in the order of deployment and key; fold everything first.
   * @returns a page; an empty one is the end. @throws BootError when a record is damaged.
   */
  page(after: { readonly deployment: string; readonly key: string } | null): SnapshotRow[] {
    const rows: SnapshotRow[] = [];
    let size = 0;
    for (const row of this.#page.iterate(after?.deployment ?? '', after?.key ?? '')) {
      if (Bun.hash.crc32(row.value) !== row.checksum) throw this.#damaged(`the record ${JSON.stringify(row.key)}`);
      rows.push(row);
      size += row.value.length + row.key.length;
      if (size >= pageBytes) break;
    }
    return rows;
  }

  close(): void {
    // Leaves one file behind instead of three.
    this.#database.run('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#database.close();
  }

  #setUp(isSynced: boolean): void {
    const database = this.#database;
    const read = (name: string) => Number(Object.values(database.query(`PRAGMA ${name}`).get() as object)[0]);
    const [application, version] = [read('application_id'), read('user_version')];
    const isEmpty = read('page_count') === 0;
    if (!isEmpty && application !== applicationId) {
      throw new BootError(`${this.#path} is not a journal of Berth.`, 'Move it out of the data directory.');
    }
    if (version > formatVersion) {
      throw new BootError(
        `The journal ${this.#path} was written by a newer Berth (format ${version}; this one knows ${formatVersion}).`,
        'Start the newer version again.',
      );
    }
    database.run('PRAGMA journal_mode = WAL');
    // FULL syncs the log at each commit, NORMAL only before it is copied into the file: consistent, but behind, after a power cut.
    database.run(`PRAGMA synchronous = ${isSynced ? 'FULL' : 'NORMAL'}`);
    database.run('PRAGMA busy_timeout = 0');
    database.run('PRAGMA wal_autocheckpoint = 4000');
    database.run('PRAGMA journal_size_limit = 67108864');
    if (isEmpty) this.#transaction(() => database.run(schema));
  }

  /** Reads every row once: cuts a damaged last batch, refuses a journal that is damaged before it. */
  #verifyLog(): void {
    const { seq: foldedSeq } = this.#database.query('SELECT seq FROM folded').get() as { seq: number };
    let wholeSeq = foldedSeq;
    let expected = foldedSeq + 1;
    let damagedSeq: number | null = null;
    let damagedBatchEnded = false;
    this.#logBytes = 0;
    let openBytes = 0;
    for (const row of this.#oldest.iterate(foldedSeq)) {
      // Anything behind a damaged batch says that this is not the tail.
      if (damagedBatchEnded) throw this.#damaged(`row ${damagedSeq}`);
      const isWhole = row.seq === expected && Bun.hash.crc32(row.changes) === row.checksum;
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
    this.#lastSeq = wholeSeq;
    if (expected === wholeSeq + 1) return;
    this.#transaction(() => this.#database.query('DELETE FROM log WHERE seq > ?').run(wholeSeq));
    this.warnings.push(
      `The last batch of the journal ${this.#path} was damaged and has been cut off: what was acknowledged in the last moment before the stop may be lost. Check the disk.`,
    );
  }

  #appendBatch(batch: Uint8Array): void {
    for (let start = 0; start < batch.length; start += rowBytesMax) {
      const part = batch.subarray(start, start + rowBytesMax);
      const isLast = start + rowBytesMax >= batch.length;
      this.#lastSeq += 1;
      this.#append.run(this.#lastSeq, isLast ? 1 : 0, Bun.hash.crc32(part), part);
    }
    this.#logBytes += batch.length;
  }

  #readBatches(bytes: number, nets: Map<string, Net>): { lastSeq: number; readBytes: number } {
    let parts: Uint8Array[] = [];
    let [lastSeq, readBytes, openBytes] = [0, 0, 0];
    for (const row of this.#oldest.iterate(0)) {
      if (Bun.hash.crc32(row.changes) !== row.checksum) throw this.#damaged(`row ${row.seq}`);
      parts.push(row.changes);
      openBytes += row.changes.length;
      if (row.last === 0) continue;
      this.#collect(parts.length === 1 ? row.changes : Buffer.concat(parts), row.seq, nets);
      [parts, lastSeq, readBytes, openBytes] = [[], row.seq, readBytes + openBytes, 0];
      if (readBytes >= bytes) break;
    }
    return { lastSeq, readBytes };
  }

  /** Most changes undo an earlier one (a message queued, a message delivered): only what is left of them is written. */
  #collect(batch: Uint8Array, seq: number, nets: Map<string, Net>): void {
    try {
      readChanges(batch, (kind, deployment, key, value) => {
        let net = nets.get(deployment);
        if (net === undefined) nets.set(deployment, (net = { isForgotten: false, keys: new Map() }));
        if (kind === changeKind.forget) {
          net.isForgotten = true;
          net.keys.clear();
        } else net.keys.set(key, kind === changeKind.put ? value : null);
      });
    } catch (error) {
      if (error instanceof RangeError) throw this.#damaged(`row ${seq}: ${error.message}`);
      throw error;
    }
  }

  #apply(deployment: string, net: Net): void {
    if (net.isForgotten) this.#forget.run(deployment);
    for (const [key, value] of net.keys) {
      if (value !== null) this.#put.run(deployment, key, Bun.hash.crc32(value), value);
      else if (!net.isForgotten) this.#delete.run(deployment, key);
    }
  }

  #transaction(body: () => void): void {
    this.#database.run('BEGIN IMMEDIATE');
    try {
      body();
      this.#database.run('COMMIT');
    } catch (error) {
      if (this.#database.inTransaction) this.#database.run('ROLLBACK');
      throw error;
    }
  }

  #damaged(where: string): BootError {
    return new BootError(
      `The journal ${this.#path} is damaged (${where}).`,
      'Restore the data directory from a backup; or move this file away, and sessions, queued and retained messages start empty.',
    );
  }
}

function unreadable(path: string, error: unknown): BootError {
  const detail = error instanceof Error ? error.message : String(error);
  return new BootError(
    `The journal ${path} cannot be opened (${detail}).`,
    'Check the permissions and the disk; or move the file away, and sessions, queued and retained messages start empty.',
    { cause: error },
  );
}
