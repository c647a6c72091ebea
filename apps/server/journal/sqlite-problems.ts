import { BootError } from '../config/boot-error.ts';

/** What was written is not what is read. */
export function damaged(path: string, where: string): BootError {
  return new BootError(
    `The journal ${path} is damaged (${where}).`,
    'See what is left with "berth journal check". Restore the data directory from a backup; or move this file and the one that ends in -wal away, and sessions, queued and retained messages start empty.',
  );
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
