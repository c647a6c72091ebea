/** Looks through the journal of a data directory on which no service runs, and changes nothing in it. */
import { Database } from 'bun:sqlite';
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { recordKindOf, type RecordKind } from '../../../packages/engine/record-kinds.ts';
import { BootError } from '../config/boot-error.ts';
import { collectChanges, type Net } from './net-changes.ts';
import { lockForWriting, readingPlace, type TakeLock } from './reading-place.ts';
import { changesChecksum, recordChecksum } from './sqlite-checksums.ts';
import { formatVersion, readFormat, readState } from './sqlite-file.ts';
import { readWal } from './wal-file.ts';

/**
 * What is wrong. `torn-end`: the last batch is not whole, and the next start cuts it off. All others keep the service from
 * starting: `write-ahead-log`, `batch`, `record`, `structure` (as SQLite sees it), `unreadable`.
 */
export interface Damage {
  readonly kind: 'torn-end' | 'write-ahead-log' | 'batch' | 'record' | 'structure' | 'unreadable';
  /** Where exactly. */
  readonly detail: string;
}

export type RecordCounts = Readonly<Record<RecordKind, number>>;

export interface JournalReport {
  readonly path: string;
  /** Whether a lock kept services off meanwhile. Without one a running service can look like damage. */
  readonly locked: boolean;
  readonly bytes: number;
  /** null where nothing was set up in the file. */
  readonly format: number | null;
  /** Batches that are not folded into records yet. */
  readonly batches: number;
  /** Whole transactions that are in the write-ahead log only. */
  readonly transactions: number;
  /** What a start would restore, by deployment. */
  readonly deployments: readonly ({ readonly id: string } & RecordCounts)[];
  readonly damage: readonly Damage[];
}

const damageMax = 100;

/**
 * Needs no right to write: a journal that lies where nothing can be written is copied and read elsewhere.
 * @param lock takes the lock of the directory; tests bring one that fails.
 * @throws BootError where there is no journal, a service uses it, it cannot be read, or it is newer or foreign.
 */
export function checkJournal(directory: string, lock: TakeLock = lockForWriting): JournalReport {
  const path = join(directory, 'journal.sqlite');
  if (!existsSync(path)) {
    throw new BootError(`${directory} holds no journal of Berth.`, 'Name the data directory with --data.');
  }
  using place = readingPlace(directory, path, lock);
  return { ...examine(place.path, path), path, locked: place.isLocked };
}

/** @param shown path that people know the file by. */
function examine(path: string, shown: string): Omit<JournalReport, 'path' | 'locked'> {
  const { transactions } = readWal(path, null);
  const found = new Findings();
  const bytes = statSync(path).size;
  const report = { bytes, transactions };
  if (bytes === 0 && transactions === 0)
    return { ...report, format: null, batches: 0, deployments: [], damage: found.damage };
  // Reading makes these where there are none.
  const made = ['-shm', '-wal'].map((end) => path + end).filter((file) => !existsSync(file));
  const database = new Database(path, { readonly: true });
  try {
    const format = readFormat(database, shown);
    if (format === null) return { ...report, format, batches: 0, deployments: [], damage: found.damage };
    if (format !== formatVersion) {
      throw new BootError(
        `The journal ${shown} has the format ${format} of an older Berth.`,
        'Start the service once: it brings it to the present format.',
      );
    }
    judgeWal(database, path, found);
    for (const row of database.query('PRAGMA integrity_check(20)').all() as { integrity_check: string }[])
      if (row.integrity_check !== 'ok') found.add('structure', row.integrity_check);
    const nets = new Map<string, Net>();
    const batches = readLog(database, nets, found);
    return { ...report, format, batches, deployments: count(database, nets, found), damage: found.damage };
  } catch (error) {
    if (error instanceof BootError) throw error;
    if (isRefused(error)) throw unreadable(shown, error);
    found.add('unreadable', error instanceof Error ? error.message : String(error));
    return { ...report, format: null, batches: 0, deployments: [], damage: found.damage };
  } finally {
    database.close();
    for (const file of made) rmSync(file, { force: true });
  }
}

/** Whether the system refuses to hand the file out, which says nothing of what is in it. */
function isRefused(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^SQLITE_(?:CANTOPEN|PERM|READONLY)/.test(String(error.code));
}

function unreadable(path: string, cause: Error): BootError {
  return new BootError(`${path} cannot be read: ${cause.message}.`, 'Check as the user that runs the service.', {
    cause,
  });
}

class Findings {
  readonly damage: Damage[] = [];

  add(kind: Damage['kind'], detail: string): void {
    if (this.damage.length < damageMax) this.damage.push({ kind, detail });
  }
}

function judgeWal(database: Database, path: string, found: Findings): void {
  const { isSynced, page } = readState(database);
  const { end, frame } = readWal(path, page);
  if (end === 'damaged' && isSynced) found.add('write-ahead-log', `frame ${frame}`);
  else if (end === 'damaged' || end === 'torn') found.add('torn-end', `frame ${frame}`);
}

/** Reads the batches, and what they leave. @returns how many whole ones there are. */
function readLog(database: Database, nets: Map<string, Net>, found: Findings): number {
  const { folded } = database.query('SELECT folded FROM state').get() as { folded: number };
  const rows = database.query('SELECT seq, last, checksum, changes FROM log WHERE seq > ? ORDER BY seq');
  let [expected, batches] = [folded + 1, 0];
  let parts: Uint8Array[] = [];
  /** Rows that are not whole and are the last so far; anything behind them says that they are not the end. */
  let broken: string[] = [];
  let brokenEnded = false;
  for (const row of rows.iterate(folded) as Iterable<{
    seq: number;
    last: number;
    checksum: number;
    changes: Uint8Array;
  }>) {
    if (brokenEnded) {
      for (const detail of broken) found.add('batch', detail);
      [broken, brokenEnded] = [[], false];
    }
    if (row.seq !== expected) broken.push(`rows ${expected} to ${row.seq - 1} are missing`);
    if (changesChecksum(row.seq, row.last, row.changes) !== row.checksum) broken.push(`row ${row.seq}`);
    expected = row.seq + 1;
    parts.push(row.changes);
    if (row.last === 0) continue;
    if (broken.length > 0) brokenEnded = true;
    else {
      batches++;
      collectChanges(Buffer.concat(parts), nets);
    }
    parts = [];
  }
  if (broken.length === 0 && parts.length > 0) broken.push(`row ${expected - 1} is not the end of its batch`);
  for (const detail of broken) found.add('torn-end', detail);
  return batches;
}

/** Counts the records as they stand after all batches. */
function count(database: Database, nets: ReadonlyMap<string, Net>, found: Findings): ({ id: string } & RecordCounts)[] {
  const counts = new Map<string, Record<RecordKind, number>>();
  const add = (deployment: string, key: string): void => {
    const kind = recordKindOf(key);
    if (kind === null) return found.add('record', `${deployment}: ${JSON.stringify(key)} is no key of a record`);
    const sums = counts.get(deployment) ?? {
      sessions: 0,
      subscriptions: 0,
      messages: 0,
      inFlight: 0,
      receipts: 0,
      retained: 0,
      contents: 0,
    };
    sums[kind]++;
    counts.set(deployment, sums);
  };
  const rows = database.query('SELECT deployment, key, checksum, value FROM snapshot ORDER BY deployment, key');
  for (const row of rows.iterate() as Iterable<{
    deployment: string;
    key: string;
    checksum: number;
    value: Uint8Array;
  }>) {
    const { deployment, key } = row;
    if (recordChecksum(deployment, key, row.value) !== row.checksum)
      found.add('record', `${deployment}: ${JSON.stringify(key)}`);
    const net = nets.get(deployment);
    if (net === undefined || (!net.isForgotten && !net.keys.has(key))) add(deployment, key);
  }
  for (const [deployment, net] of nets) for (const [key, value] of net.keys) if (value !== null) add(deployment, key);
  return [...counts].map(([id, sums]) => ({ id, ...sums })).toSorted((one, other) => (one.id < other.id ? -1 : 1));
}
