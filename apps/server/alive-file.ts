import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { DataDirectory } from './config/data-directory.ts';

const name = 'alive';
/** How often it is written. */
export const aliveEveryMs = 5_000;
/** When the service has run for so long, the clock has been set if anything sets it. */
const clockIsSetMs = 3_600_000;

/**
 * Notes, durably, that the service runs: after `kill -9` or a power cut nothing else says when that was, and with it the
 * time that a client was away (Session Expiry Interval, MQTT 5.0 section 3.1.2.11.2) counts from there.
 *
 * The clock may be behind when the service starts, as on a board that has none of its own, and is set to the right time later: so what
 * was noted before is believed, and a note does not fall behind it.
 */
export class AliveFile {
  readonly #directory: DataDirectory;
  readonly #uptime: () => number;
  readonly #startedAt: number;
  /** What was noted before this start; null where nothing is known. */
  readonly #before: number | null;
  #isThere = false;

  /** @param uptime milliseconds that go on evenly, whatever is done to the clock. */
  constructor(directory: DataDirectory, uptime: () => number) {
    this.#directory = directory;
    this.#uptime = uptime;
    this.#startedAt = uptime();
    const text = directory.read(name)?.trim() ?? '';
    this.#before = /^\d{15}$/.test(text) ? Number(text) : null;
  }

  /**
   * Until when the service may have run before this start: never too early, so that no session ends before its time.
   * @returns milliseconds since 1970, later than `now` where the clock is behind; `now` where nothing is known.
   */
  ranUntil(now: number): number {
    // The next note may have been on its way to a slow disk.
    return this.#before === null ? now : this.#before + 2 * aliveEveryMs;
  }

  /** @param now milliseconds since 1970. @throws as `node:fs` does. */
  async note(now: number): Promise<void> {
    const runs = this.#uptime() - this.#startedAt;
    const isClockSet = this.#before === null || runs >= clockIsSetMs;
    const at = isClockSet ? now : Math.max(now, this.#before + Math.floor(runs));
    // In place: it is shorter than a sector, and a file that cannot be read says nothing.
    // It is made once: where it is gone, its disk is away, and what is in that place now is nobody's data directory.
    const isMade = this.#isThere ? 0 : constants.O_CREAT;
    const file = await open(this.#directory.file(name), constants.O_WRONLY | isMade, 0o600);
    try {
      await file.write(`${String(at).padStart(15, '0')}\n`, 0);
      await file.datasync();
      this.#isThere = true;
    } finally {
      await file.close();
    }
  }
}
