/** Where a check reads a journal: in place under the lock of the data directory, or a copy where that cannot be written. */
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BootError } from '../config/boot-error.ts';
import { DirectoryLock, lockForReading } from '../config/directory-lock.ts';

/** Takes the lock of a data directory for as long as the result is not disposed of. */
export type TakeLock = (directory: string) => Disposable;

export interface ReadingPlace extends Disposable {
  /** Of the file to read. */
  readonly path: string;
  /** Whether a lock keeps services off the data directory meanwhile. */
  readonly isLocked: boolean;
}

/** The lock that a service takes too. It writes to the directory. */
export const lockForWriting: TakeLock = (directory) => new DirectoryLock(directory);

/**
 * SQLite makes files beside the one that it reads, and so does the lock. Where the directory cannot be written, as in a snapshot
 * that is mounted read-only, the journal is copied to the directory for temporary files and read there.
 * @throws BootError where a service uses the journal, or it cannot be read or copied.
 */
export function readingPlace(directory: string, path: string, lock: TakeLock): ReadingPlace {
  try {
    const held = lock(directory);
    return { path, isLocked: true, [Symbol.dispose]: () => held[Symbol.dispose]() };
  } catch (error) {
    if (!isNotWritable(error)) throw error;
  }
  using opened = new DisposableStack();
  const isLocked = opened.use(lockForReading(directory)) !== null;
  const copy = copyJournal(path, opened);
  const owned = opened.move();
  return { path: copy, isLocked, [Symbol.dispose]: () => owned.dispose() };
}

/** @returns the path of the copy. */
function copyJournal(path: string, opened: DisposableStack): string {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'berth-check-'));
    opened.defer(() => rmSync(folder, { recursive: true, force: true }));
    const copy = join(folder, 'journal.sqlite');
    for (const end of ['', '-wal']) {
      if (!existsSync(path + end)) continue;
      copyFileSync(path + end, copy + end);
      chmodSync(copy + end, 0o600);
    }
    return copy;
  } catch (error) {
    throw new BootError(
      `The directory of ${path} cannot be written, and the journal cannot be copied to ${tmpdir()} to be read there: ${reasonOf(error)}.`,
      `Check as a user that may read it, and set TMPDIR to a directory with ${bytesOf(path)} bytes free.`,
      { cause: error },
    );
  }
}

function bytesOf(path: string): number {
  return ['', '-wal'].reduce((sum, end) => sum + (statSync(path + end, { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** As the system says it, and as SQLite does. */
function isNotWritable(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(?:EROFS|EACCES|EPERM|SQLITE_READONLY.*|SQLITE_CANTOPEN.*|SQLITE_PERM)$/.test(code);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
