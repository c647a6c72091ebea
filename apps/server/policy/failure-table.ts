/** How long failures are counted together, and how long a key is blocked after too many. */
export const failureWindowMs = 60_000;

/** Failures above this count alike when room has to be made. */
const topLevel = 64;
/** Entries that are looked at for staleness with each new failure. */
const sweepSteps = 2;

interface Entry {
  windowStart: number;
  count: number;
  /** 0 while not blocked. */
  blockedUntil: number;
  /** Index into the levels. */
  level: number;
}

/**
 * Counts failures by key in a bounded table. When the table is full, the key with the fewest failures makes room,
 * and blocked keys go last: to have a counter forgotten, somebody must first give more failures than it has
 * to every other key of the table.
 */
export class FailureTable {
  readonly #capacity: number;
  readonly #entries = new Map<string, Entry>();
  /** Keys by number of failures; within a level in the order in which they got there. */
  readonly #levels: readonly Set<string>[] = Array.from({ length: topLevel + 1 }, () => new Set<string>());
  #sweep: MapIterator<[string, Entry]> | null = null;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  isBlocked(key: string, now: number): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && !isStale(entry, now) && now < entry.blockedUntil;
  }

  /** Counts one failure. At `limit` failures within a minute the key is blocked for the next minute. */
  record(key: string, limit: number, now: number): void {
    this.#sweepStale(now);
    const entry = this.#entries.get(key) ?? this.#insert(key, now);
    if (isStale(entry, now)) Object.assign(entry, { windowStart: now, count: 0, blockedUntil: 0 });
    entry.count += 1;
    if (entry.count >= limit && entry.blockedUntil === 0) entry.blockedUntil = now + failureWindowMs;
    this.#move(key, entry, entry.blockedUntil > 0 ? topLevel : Math.min(entry.count, topLevel - 1));
  }

  #insert(key: string, now: number): Entry {
    if (this.#entries.size >= this.#capacity) this.#evict();
    const entry: Entry = { windowStart: now, count: 0, blockedUntil: 0, level: 0 };
    this.#entries.set(key, entry);
    this.#levels[0]?.add(key);
    return entry;
  }

  #evict(): void {
    for (const level of this.#levels) {
      const [oldest] = level;
      if (oldest === undefined) continue;
      level.delete(oldest);
      this.#entries.delete(oldest);
      return;
    }
  }

  #move(key: string, entry: Entry, level: number): void {
    this.#levels[entry.level]?.delete(key);
    this.#levels[level]?.add(key);
    entry.level = level;
  }

  /** A few entries at a time, so that no call takes long and stale ones do not stand in the way of live ones. */
  #sweepStale(now: number): void {
    for (let step = 0; step < sweepSteps; step += 1) {
      this.#sweep ??= this.#entries.entries();
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = null;
        return;
      }
      const [key, entry] = next.value;
      if (!isStale(entry, now)) continue;
      this.#levels[entry.level]?.delete(key);
      this.#entries.delete(key);
    }
  }
}

function isStale(entry: Entry, now: number): boolean {
  // The clock has been set back: what was counted then is of no time that will come again.
  if (now < entry.windowStart) return true;
  return entry.blockedUntil > 0 ? now >= entry.blockedUntil : now - entry.windowStart >= failureWindowMs;
}
