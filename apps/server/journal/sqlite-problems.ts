import { BootError } from '../config/boot-error.ts';

const bringBack =
  'Bring back the one that this service has written, and it goes on by itself; or start the service anew, and it goes on from what this file holds.';

/** What was written is not what is read. */
export function damaged(path: string, where: string): BootError {
  return new BootError(
    `The journal ${path} is damaged (${where}).`,
    'See what is left with "berth journal check". Restore the data directory from a backup; or move this file and the one that ends in -wal away, and sessions, queued and retained messages start empty.',
  );
}

/** A file that was open is gone from its place. */
export function missing(path: string): BootError {
  return new BootError(
    `The journal ${path} is not there any more.`,
    'Bring back the disk or the folder that it lies on, and the service goes on by itself.',
  );
}

/** Another file lies in the place of the one that was open. */
export function replaced(path: string): BootError {
  return new BootError(`${path} is not the journal any more that this service has written.`, bringBack);
}

/** The file that was open, as it was before. */
export function outdated(path: string): BootError {
  return new BootError(`The journal ${path} has lost what was acknowledged last: it is an older state.`, bringBack);
}

/** SQLite or the system does not give it. */
export function unreadable(path: string, error: unknown): BootError {
  const detail = error instanceof Error ? error.message : String(error);
  return new BootError(
    `The journal ${path} cannot be opened (${detail}).`,
    'Check the permissions and the disk; or move the file away, and sessions, queued and retained messages start empty.',
    { cause: error },
  );
}
