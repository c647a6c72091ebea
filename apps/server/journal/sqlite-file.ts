/** Opening the file of a journal: format, settings, and what the write-ahead log may say. */
import { Database } from 'bun:sqlite';
import { existsSync, rmSync, statSync } from 'node:fs';
import { BootError } from '../config/boot-error.ts';
import type { KnownFile } from './sqlite-messages.ts';
import { damaged, missing, outdated, replaced } from './sqlite-problems.ts';
import { upgrade } from './sqlite-upgrade.ts';
import { readWal, writeWalAnew } from './wal-file.ts';

/** Of the file. Raised when an older Berth could not read it. */
export const formatVersion = 4;
/** "Brth", so that other SQLite files are not taken for journals. */
const applicationId = 0x42_72_74_68;

const schema = `
  -- One row. folded: the last row of the log that the snapshot holds. synced: whether every batch was synced before the next
  -- began, so that no more than one can be torn. transactions: their number, so that each of them writes the page of this table;
  -- which is the first behind that of the schema, and so lies before the frame that commits. writer: the run of the service that
  -- wrote the last of them.
  CREATE TABLE state (
    folded INTEGER NOT NULL, synced INTEGER NOT NULL, transactions INTEGER NOT NULL, writer TEXT
  ) STRICT;
  INSERT INTO state VALUES (0, 1, 0, NULL);
  -- Batches in order. A batch takes rows up to and with the one where last is 1.
  CREATE TABLE log (
    seq INTEGER PRIMARY KEY, last INTEGER NOT NULL, checksum INTEGER NOT NULL, changes BLOB NOT NULL
  ) STRICT;
  CREATE TABLE snapshot (
    deployment TEXT NOT NULL, key TEXT NOT NULL, checksum INTEGER NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (deployment, key)
  ) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${formatVersion};
`;

/** Who opens a file, and what is to be found there. */
export interface Opener {
  /** Name of the run of the service, which signs each transaction. */
  readonly service: string | null;
  /** The file that was open before; null where any will do, and one is made where there is none. */
  readonly known: KnownFile | null;
  /** Whether some of the write-ahead log may not be on the disk, though it is read as if it were. */
  readonly isLogDoubtful: boolean;
}

/**
 * Opens the file for writing, and sets it up where it is new.
 * @returns it, and whether its last transaction was torn and has been cut off.
 * @throws BootError, or as SQLite does; then nothing was changed.
 */
export function openFile(path: string, isSynced: boolean, opener: Opener): { database: Database; isTailCut: boolean } {
  const end = judgeWal(path);
  if (opener.known !== null) recogniseUnchanged(path, opener);
  // Before SQLite copies any of it into the file: a power cut in the middle of that is to find the log whole.
  if (opener.isLogDoubtful) writeWalAnew(path);
  // What was open before is not made anew: its disk may be away, and then the new one would lie below that disk when it is back.
  const database = opener.known === null ? new Database(path) : new Database(path, { readwrite: true });
  try {
    // Nobody else has a business with it, and so it needs neither locks for each commit nor memory shared with others.
    database.run('PRAGMA locking_mode = EXCLUSIVE');
    database.run('PRAGMA busy_timeout = 0');
    // Once more, for it may be another one by now.
    if (opener.known !== null) recognise(database, path, opener);
    const format = readFormat(database, path);
    database.run('PRAGMA journal_mode = WAL');
    // FULL syncs the log at each commit, NORMAL only before it is copied into the file: consistent, but behind, after a power cut.
    database.run(`PRAGMA synchronous = ${isSynced ? 'FULL' : 'NORMAL'}`);
    database.run('PRAGMA wal_autocheckpoint = 1000');
    database.run('PRAGMA journal_size_limit = 67108864');
    if (format === null) inTransaction(database, () => database.run(schema));
    else if (format < formatVersion) inTransaction(database, () => upgrade(database, format));
    // What does not count is behind us once all that does is in the file; else it would lie behind what is written from now on.
    if (end !== 'whole') database.run('PRAGMA wal_checkpoint(TRUNCATE)');
    setSynced(database, isSynced ? 1 : 0);
    return { database, isTailCut: end === 'torn' };
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * @returns the format of the file; null where nothing was set up in it: it is empty, or its process was killed in the middle of that.
 * @throws BootError when it is newer or no journal.
 */
export function readFormat(database: Database, path: string): number | null {
  if (pragma(database, 'page_count') === 0) return null;
  const [application, version] = [pragma(database, 'application_id'), pragma(database, 'user_version')];
  const isBlank = application === 0 && version === 0 && valueOf(database, 'SELECT count(*) FROM sqlite_master') === 0;
  if (isBlank) return null;
  if (application !== applicationId) {
    throw new BootError(`${path} is not a journal of Berth.`, 'Move it out of the data directory.');
  }
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
 * @returns what is behind its last whole transaction. @throws BootError where that was on the disk already.
 */
function judgeWal(path: string): 'whole' | 'unfinished' | 'torn' {
  if (readWal(path, null).end === 'whole') return 'whole';
  const { isSynced, page } = stateOf(path);
  const { end, frame } = readWal(path, page);
  if (end !== 'damaged') return end;
  if (isSynced) throw damaged(path, `its write-ahead log, frame ${frame}`);
  return 'torn';
}

/** Changes nothing. */
function stateOf(path: string): { isSynced: boolean; page: number | null } {
  if (!existsSync(path) || statSync(path).size === 0) return { isSynced: true, page: null };
  const database = new Database(path, { readonly: true });
  try {
    return readState(database);
  } catch {
    // Not even that can be read.
    return { isSynced: true, page: null };
  } finally {
    database.close();
  }
}

/** Before anything is changed in a file that may be somebody else's. @throws BootError where it is not the one that was open. */
function recogniseUnchanged(path: string, opener: Opener): void {
  if (!existsSync(path)) throw missing(path);
  const isIndexMade = !existsSync(`${path}-shm`);
  const database = new Database(path, { readonly: true });
  try {
    recognise(database, path, opener);
  } finally {
    database.close();
    // Reading makes it. It makes an empty write-ahead log too, but that name is left alone: by now it may be that of the right one.
    if (isIndexMade) rmSync(`${path}-shm`, { force: true });
  }
}

/**
 * @throws BootError where the file is not the one that was open: somebody else has written to it, or it lacks what is durable.
 */
function recognise(database: Database, path: string, { service, known }: Opener): void {
  if (readFormat(database, path) !== formatVersion) throw replaced(path);
  const state = database
    .query('SELECT writer, max(folded, coalesce((SELECT max(seq) FROM log), 0)) AS seq FROM state')
    .get() as KnownFile | null;
  if (state === null || (state.writer !== service && state.writer !== known?.writer)) throw replaced(path);
  if (state.seq < (known?.seq ?? 0)) throw outdated(path);
}

/** Whether each batch was synced before the next began, and the page that each transaction writes. */
export function readState(database: Database): { isSynced: boolean; page: number } {
  return {
    isSynced: valueOf(database, 'SELECT synced FROM state') !== 0,
    page: valueOf(database, "SELECT rootpage FROM sqlite_master WHERE name = 'state'"),
  };
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
