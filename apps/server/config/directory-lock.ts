import { Database } from 'bun:sqlite';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BootError } from './boot-error.ts';

/** Files of the lock in the data directory. The first is held, the second only says by whom. */
export const lockFile = 'lock';
export const pidFile = 'berth.pid';

/** Locks that are held: a database that nobody refers to would be collected, and its lock dropped with it. */
const held = new Set<DirectoryLock>();

/**
 * Keeps a second server off a data directory. The lock is an exclusive transaction of SQLite on an empty file:
 * the kernel drops it when the process ends, however it ends, and it works wherever SQLite does. Nothing else in this
 * process may open the file: closing it again would drop the lock.
 */
export class DirectoryLock implements Disposable {
  readonly #database: Database;
  readonly #pidPath: string;

  /** @throws BootError when another process, or this one, holds the lock. */
  constructor(directory: string) {
    const path = join(directory, lockFile);
    this.#pidPath = join(directory, pidFile);
    // Made here and not by SQLite for its mode; an existing file is not opened, because closing it would drop a lock that this process holds.
    if (!existsSync(path)) writeFileSync(path, '', { flag: 'a', mode: 0o600 });
    chmodSync(path, 0o600);
    this.#database = new Database(path);
    try {
      this.#database.run('PRAGMA busy_timeout = 0');
      this.#database.run('PRAGMA journal_mode = MEMORY');
      this.#database.run('BEGIN EXCLUSIVE');
      writeFileSync(this.#pidPath, `${process.pid}\n`, { mode: 0o600 });
      chmodSync(this.#pidPath, 0o600);
    } catch (error) {
      this.#database.close();
      throw isBusy(error) ? inUse(directory) : error;
    }
    held.add(this);
  }

  [Symbol.dispose](): void {
    rmSync(this.#pidPath, { force: true });
    this.#database.close();
    held.delete(this);
  }
}

/**
 * For a directory that cannot be written: a lock that lets others read as well and keeps a server off, on the file that a server has
 * left there.
 * @returns null where there is no such file, or it cannot be read.
 * @throws BootError when a server holds the lock.
 */
export function lockForReading(directory: string): Disposable | null {
  const path = join(directory, lockFile);
  if (!existsSync(path)) return null;
  let database: Database | null = null;
  try {
    const reader = new Database(path, { readonly: true });
    database = reader;
    reader.run('PRAGMA busy_timeout = 0');
    reader.run('BEGIN');
    reader.run('SELECT count(*) FROM sqlite_master');
    return { [Symbol.dispose]: () => reader.close() };
  } catch (error) {
    database?.close();
    if (isBusy(error)) throw inUse(directory);
    return null;
  }
}

function inUse(directory: string): BootError {
  const holder = readHolder(join(directory, pidFile));
  return new BootError(
    `The data directory ${directory} is in use by another Berth${holder === null ? '' : ` (process ${holder})`}.`,
    'Stop that one first, or choose another directory with --data.',
  );
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}

function readHolder(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}
