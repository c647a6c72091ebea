import { chmodSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { syncDirectory, temporaryFile, writeFileAtomically } from './atomic-file.ts';
import { BootError } from './boot-error.ts';
import { DirectoryLock, lockFile, pidFile } from './directory-lock.ts';

/** Version of the layout of the data directory. Raised when an older Berth could not read it. */
const format = 1;
const formatFile = 'format.json';

/** What an empty volume may hold besides a first start that was cut short. */
const harmless = new Set([lockFile, pidFile, 'lost+found', '.gitignore', '.gitkeep']);

const formatSchema = z.object({ format: z.number().int().positive() });

/** The one place where Berth keeps what must survive; locked as long as it is open. */
export class DataDirectory implements Disposable {
  /** Absolute. */
  readonly path: string;
  /** Things that were put right and that the operator should know, one sentence each. */
  readonly warnings: readonly string[];
  readonly #lock: DirectoryLock;

  private constructor(path: string, lock: DirectoryLock, warnings: readonly string[]) {
    this.path = path;
    this.warnings = warnings;
    this.#lock = lock;
  }

  /**
   * Opens the directory, and makes it where there is none. Changes nothing in a directory that it refuses.
   * @throws BootError when the directory cannot be used, is newer, foreign or in use.
   */
  static open(given: string): DataDirectory {
    const path = resolve(given);
    try {
      const isMade = mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined;
      // The umask may have taken bits away.
      if (isMade) chmodSync(path, 0o700);
      const isNew = checkContent(path);
      const lock = new DirectoryLock(path);
      try {
        const warnings = tightenModes(path);
        if (isNew) writeFileAtomically(join(path, formatFile), `${JSON.stringify({ format })}\n`);
        return new DataDirectory(path, lock, warnings);
      } catch (error) {
        lock[Symbol.dispose]();
        throw error;
      }
    } catch (error) {
      throw error instanceof BootError ? error : unusable(path, error);
    }
  }

  /** Path of a file in the directory. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** @returns the text of a file, or null when there is none. @throws BootError when it cannot be read. */
  read(name: string): string | null {
    try {
      return readFileSync(this.file(name), 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw unusable(this.file(name), error);
    }
  }

  /** Replaces a file as a whole, mode 0600, durable when it returns. @throws BootError when it cannot be written. */
  write(name: string, data: string | Uint8Array): void {
    try {
      writeFileAtomically(this.file(name), data);
    } catch (error) {
      throw unusable(this.file(name), error);
    }
  }

  /** Removes a file, durably; does nothing where there is none. @throws BootError when it cannot be removed. */
  remove(name: string): void {
    try {
      rmSync(this.file(name));
      syncDirectory(this.path);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw unusable(this.file(name), error);
    }
  }

  /**
   * Makes an empty file of mode 0600 unless there is one, for a library that would choose the mode itself (SQLite).
   * @returns its path.
   */
  reserve(name: string): string {
    const path = this.file(name);
    try {
      writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
      chmodSync(path, 0o600);
      syncDirectory(this.path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw unusable(path, error);
    }
    return path;
  }

  /** Gives the directory free. */
  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }
}

/** @returns whether the directory is to be set up. @throws BootError when it is newer or not ours. */
function checkContent(path: string): boolean {
  const names = readdirSync(path).filter((name) => !temporaryFile.test(name));
  if (!names.includes(formatFile)) {
    const foreign = names.filter((name) => !harmless.has(name));
    if (foreign.length === 0) return true;
    throw new BootError(
      `${path} holds other files (${foreign.slice(0, 3).join(', ')}${foreign.length > 3 ? ', ...' : ''}) and no ${formatFile}, so it is not a Berth data directory.`,
      'Choose an empty or a new directory with --data.',
    );
  }
  const found = parseFormat(readFileSync(join(path, formatFile), 'utf8'));
  if (found === null) {
    throw new BootError(
      `${join(path, formatFile)} is damaged, so it is unknown which Berth made this data directory.`,
      `Restore that file from a backup; this Berth would write {"format":${format}}.`,
    );
  }
  if (found > format) {
    throw new BootError(
      `The data directory ${path} was made by a newer Berth (format ${found}; this one knows ${format}).`,
      'Start the newer version again, or choose another directory with --data.',
    );
  }
  return false;
}

function parseFormat(text: string): number | null {
  try {
    return formatSchema.parse(JSON.parse(text)).format;
  } catch {
    return null;
  }
}

/** Makes files 0600 and directories 0700, and removes what a crash left half-written. */
function tightenModes(path: string): string[] {
  if (isOpen(path)) chmodSync(path, 0o700);
  const opened: string[] = [];
  for (const name of readdirSync(path)) {
    const file = join(path, name);
    if (temporaryFile.test(name)) rmSync(file, { force: true });
    else if (!lstatSync(file).isSymbolicLink() && name !== 'lost+found' && isOpen(file)) {
      chmodSync(file, statSync(file).isDirectory() ? 0o700 : 0o600);
      opened.push(name);
    }
  }
  if (opened.length === 0) return [];
  return [
    `Other users of this machine could open ${opened.join(', ')} in ${path}; the permissions are now 0600. If somebody may have read them, make new secrets.`,
  ];
}

function isOpen(path: string): boolean {
  return (statSync(path).mode & 0o077) !== 0;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function unusable(path: string, error: unknown): BootError {
  const reasons: Record<string, [string, string]> = {
    EACCES: [
      'permission is denied',
      'Give the user that runs Berth the ownership of it, or choose another directory with --data.',
    ],
    EPERM: [
      'it belongs to another user',
      'Give the user that runs Berth the ownership of it, or choose another directory with --data.',
    ],
    EROFS: ['the file system is read-only', 'Choose a directory that can be written with --data.'],
    ENOSPC: ['the disk is full', 'Free some space and start again.'],
    EEXIST: ['a file of that name is in the way', 'Choose another directory with --data.'],
    ENOTDIR: ['a part of the path is not a directory', 'Choose another directory with --data.'],
  };
  const code = codeOf(error);
  const [reason, remedy] = reasons[code] ?? [
    code === '' ? String(error) : `the system says ${code}`,
    'Check the directory, or choose another one with --data.',
  ];
  return new BootError(`${path} cannot be used: ${reason}.`, remedy, { cause: error });
}
