import { hasWildcard, topicMatchesFilter } from '../topic/names.ts';

/** Changed wildcard filters that make a generation old. */
const changesPerGeneration = 64;

/** Changed wildcard filters that are remembered: an entry that slept through two generations is gone. */
const changesMax = 2 * changesPerGeneration;

/** A cached value is compared with this many changed filters at least before it is given up instead. */
const checksMin = 16;

/** A wildcard filter under which something has changed. */
interface Change {
  readonly topicFilter: string;
  /** What every topic starts with that the filter matches. */
  readonly prefix: string;
}

interface CacheEntry<T> {
  readonly value: T;
  readonly weight: number;
  /** The value holds up to this change. */
  checkedAt: number;
}

/**
 * Values by Topic Name that depend on the Topic Filters that match it: the routes of the topics published last.
 *
 * `invalidate` is cheap and exact. A filter without wildcards takes out its one topic. A filter with wildcards goes
 * into a short log, and a topic is compared with the filters logged since its last use when it is used again: topics
 * that nobody publishes cost nothing, and subscriptions that come and go elsewhere do not empty the cache.
 *
 * Bounded in entries and in weight by two generations: when the young one is full it becomes the old one, whose
 * entries are dropped a generation later unless they were used. It becomes old after a number of changes too, or else
 * values that hold no longer, and all they refer to, would stay for as long as nobody publishes to their topics.
 */
export class RouteCache<T> {
  readonly #entriesMax: number;
  readonly #weightMax: number;
  #young = new Map<string, CacheEntry<T>>();
  #old = new Map<string, CacheEntry<T>>();
  /** Of all that was put into the young generation, also what has been replaced. */
  #youngWeight = 0;
  /** The filter of change number n is at n % changesMax. */
  readonly #changes: Change[] = [];
  #lastChange = 0;

  /** The bounds are kept by half a cache each: `entriesMax` and `weightMax` hold for both generations together. */
  constructor(entriesMax: number, weightMax: number) {
    this.#entriesMax = entriesMax / 2;
    this.#weightMax = weightMax / 2;
  }

  /** Entries, outdated ones included. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The value of a topic; undefined where there is none, or where a matching filter has changed since. */
  get(topic: string): T | undefined {
    let entry = this.#young.get(topic);
    if (entry === undefined) {
      entry = this.#old.get(topic);
      if (entry === undefined) return undefined;
      this.#old.delete(topic);
      if (!this.#holds(topic, entry)) return undefined;
      this.#add(topic, entry);
    } else if (!this.#holds(topic, entry)) {
      this.#young.delete(topic);
      return undefined;
    }
    return entry.value;
  }

  /** Keeps a value that was computed after the last `invalidate`. The weight is in bytes, or near it. */
  set(topic: string, value: T, weight: number): void {
    this.#old.delete(topic);
    this.#add(topic, { value, weight, checkedAt: this.#lastChange });
  }

  /** Values of topics that the filter matches hold no longer. */
  invalidate(topicFilter: string): void {
    if (hasWildcard(topicFilter)) {
      if (++this.#lastChange % changesPerGeneration === 0) this.#age();
      this.#changes[this.#lastChange % changesMax] = { topicFilter, prefix: literalPrefix(topicFilter) };
    } else {
      this.#young.delete(topicFilter);
      this.#old.delete(topicFilter);
    }
  }

  /** Forgets all values. */
  clear(): void {
    this.#age();
    this.#age();
  }

  #add(topic: string, entry: CacheEntry<T>): void {
    const full = this.#young.size >= this.#entriesMax || this.#youngWeight + entry.weight > this.#weightMax;
    if (full && this.#young.size > 0) this.#age();
    this.#young.set(topic, entry);
    this.#youngWeight += entry.weight;
  }

  /** The young generation becomes the old one, which is dropped. */
  #age(): void {
    if (this.#young.size === 0 && this.#old.size === 0) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngWeight = 0;
  }

  #holds(topic: string, entry: CacheEntry<T>): boolean {
    const behind = this.#lastChange - entry.checkedAt;
    if (behind === 0) return true;
    // Computing a heavy value anew costs more than many comparisons; a light one is cheaper than those.
    if (behind > Math.min(changesMax, checksMin + entry.weight / 64)) return false;
    for (let number = entry.checkedAt + 1; number <= this.#lastChange; number++) {
      const change = this.#changes[number % changesMax];
      if (change === undefined) return false;
      if (topic.startsWith(change.prefix) && topicMatchesFilter(topic, change.topicFilter)) return false;
    }
    entry.checkedAt = this.#lastChange;
    return true;
  }
}

function literalPrefix(topicFilter: string): string {
  const plus = topicFilter.indexOf('+');
  // `sport/#` matches `sport` too, so the separator is not part of it.
  return plus === -1 ? topicFilter.slice(0, Math.max(topicFilter.length - 2, 0)) : topicFilter.slice(0, plus);
}
