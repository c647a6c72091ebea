import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Names of files that a crash may leave behind; safe to delete at start. */
export const temporaryFile = /^\.[^/]+\.[0-9a-f]{12}\.tmp$/;

/**
 * Replaces a file as a whole: after a crash at any moment there is the old content or the new, never a part.
 * Durable when it returns. The mode is exactly the one given, whatever the umask.
 * @throws as `node:fs` does; the old file is untouched then.
 */
export function writeFileAtomically(path: string, data: string | Uint8Array, mode = 0o600): void {
  const random = Buffer.from(crypto.getRandomValues(new Uint8Array(6))).toString('hex');
  const temporary = join(dirname(path), `.${basename(path)}.${random}.tmp`);
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      fchmodSync(file, mode);
      writeFileSync(file, data);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

/** Makes the names in a directory durable: a rename is not before this. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
