import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { DataDirectory } from './config/data-directory.ts';

const name = 'alive';
/** How often it is written. */
export const aliveEveryMs = 5_000;

/**
 * Notes, durably, that the service runs: after `kill -9` or a power cut nothing else says when that was, and with it the
 * time that a client was away (Session Expiry Interval, MQTT 5.0 section 3.1.2.11.2) counts from there.
 * @param now milliseconds since 1970. @throws as `node:fs` does.
 */
export async function noteAlive(directory: DataDirectory, now: number): Promise<void> {
  // In place: it is shorter than a sector, and a file that cannot be read says nothing.
  const file = await open(directory.file(name), constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    await file.write(`${String(now).padStart(15, '0')}\n`, 0);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/**
 * Until when the service may have run before: never too early, so that no session ends before its time.
 * @returns milliseconds since 1970, at most `now`; `now` where nothing is known.
 */
export function ranUntil(directory: DataDirectory, now: number): number {
  const text = directory.read(name)?.trim() ?? '';
  if (!/^\d{15}$/.test(text)) return now;
  // The next note may have been on its way to a slow disk.
  return Math.min(now, Number(text) + 2 * aliveEveryMs);
}
