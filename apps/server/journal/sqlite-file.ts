/** Opening the file of a journal: format, settings, and what the write-ahead log may say. */
import { Database } from 'bun:sqlite';
import { existsSync, statSync } from 'node:fs';
import { BootError } from '../config/boot-error.ts';
import { damaged } from './sqlite-problems.ts';
import { upgradeFrom1 } from './sqlite-upgrade.ts';
import { readWal } from './wal-file.ts';

/** Of the file. Raised when an older Berth could not read it. */
export const formatVersion = 2;
/** "Brth", so that other SQLite files are not taken for journals. */
const applicationId = 0x42_72_74_68;

const schema = `
  -- Batches in order. A batch takes rows up to and with the one where last is 1.
  CREATE TABLE log (
    seq INTEGER PRIMARY KEY, last INTEGER NOT NULL, checksum INTEGER NOT NULL, changes BLOB NOT NULL
  ) STRICT;
  CREATE TABLE snapshot (
    deployment TEXT NOT NULL, key TEXT NOT NULL, checksum INTEGER NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (deployment, key)
  ) STRICT;
  -- One row. folded: the last row of the log that the snapshot holds. synced: whether every batch was synced before the next
  -- began, so that no more than one can be torn. renewals: how often it was written anew after a failure.
  CREATE TABLE state (folded INTEGER NOT NULL, synced INTEGER NOT NULL, renewals INTEGER NOT NULL) STRICT;
  INSERT INTO state VALUES (0, 1, 0);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${formatVersion};
`;

/** Opens the file for writing, and sets it up where it is new. @throws BootError, or as SQLite does; then nothing was changed. */
export function openFile(path: string, isSynced: boolean): { database: Database; isTailCut: boolean } {
  const isTailCut = judgeWal(path);
  const database = new Database(path);
  try {
    // Nobody else has a business with it, and so it needs neither locks for each commit nor memory shared with others.
    database.run('PRAGMA locking_mode = EXCLUSIVE');
    database.run('PRAGMA busy_timeout = 0');
    const isEmpty = readFormat(database, path) === null;
    database.run('PRAGMA journal_mode = WAL');
    // FULL syncs the log at each commit, NORMAL only before it is copied into the file: consistent, but behind, after a power cut.
    database.run(`PRAGMA synchronous = ${isSynced ? 'FULL' : 'NORMAL'}`);
    database.run('PRAGMA wal_autocheckpoint = 1000');
    database.run('PRAGMA journal_size_limit = 67108864');
    if (isEmpty) inTransaction(database, () => database.run(schema));
    else if (pragma(database, 'user_version') === 1) inTransaction(database, () => upgradeFrom1(database));
    // A torn end is behind us once what counts of the log is in the file.
    if (isTailCut) database.run('PRAGMA wal_checkpoint(TRUNCATE)');
    setSynced(database, isSynced ? 1 : 0);
    return { database, isTailCut };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** @returns the format of the file; null where it is empty. @throws BootError when it is newer or no journal. */
export function readFormat(database: Database, path: string): number | null {
  if (pragma(database, 'page_count') === 0) return null;
  if (pragma(database, 'application_id') !== applicationId) {
    throw new BootError(`${path} is not a journal of Berth.`, 'Move it out of the data directory.');
  }
  const version = pragma(database, 'user_version');
  if (version > formatVersion) {
    throw new BootError(
      `The journal ${path} was written by a newer Berth (format ${version}; this one knows ${formatVersion}).`,
      'Start the newer version again.',
    );
  }
  return version;
}

/**
 * Reads the write-ahead log before SQLite does, which would cut it in silence.
 * @returns whether its last transaction is torn. @throws BootError where it is damaged before that.
 */
export function judgeWal(path: string): boolean {
  const wal = readWal(path);
  if (wal.brokenFrame === null) return false;
  if (wal.brokenBeforeTail && wasSynced(path)) throw damaged(path, `its write-ahead log, frame ${wal.brokenFrame}`);
  return true;
}

/** Whether each batch was synced before the next began. Changes nothing. */
function wasSynced(path: string): boolean {
  if (!existsSync(path) || statSync(path).size === 0) return true;
  const database = new Database(path, { readonly: true });
  try {
    return valueOf(database, 'SELECT synced FROM state') !== 0;
  } catch {
    // Not even that can be read.
    return true;
  } finally {
    database.close();
  }
}

/** Between two checkpoints, so that it is true of everything that the write-ahead log holds. */
function setSynced(database: Database, synced: 0 | 1): void {
  if (valueOf(database, 'SELECT synced FROM state') === synced) return;
  database.run('PRAGMA wal_checkpoint(TRUNCATE)');
  database.query('UPDATE state SET synced = ?').run(synced);
  database.run('PRAGMA wal_checkpoint(TRUNCATE)');
}

function pragma(database: Database, name: string): number {
  return valueOf(database, `PRAGMA ${name}`);
}

function valueOf(database: Database, query: string): number {
  return Number(Object.values(database.query(query).get() as object)[0]);
}

function inTransaction(database: Database, body: () => void): void {
  database.run('BEGIN IMMEDIATE');
  try {
    body();
    database.run('COMMIT');
  } catch (error) {
    if (database.inTransaction) database.run('ROLLBACK');
    throw error;
  }
}
