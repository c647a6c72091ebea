/** What is more than this was set; less is drift, or a clock that is being slewed. */
const stepMs = 1_000;
/** How much drift is taken over in one go. */
const slewMs = 1;

/** Where the time comes from, in milliseconds. */
export interface TimeSources {
  /** Since 1970; may be set at any moment, back and forward. */
  readonly wall: () => number;
  /** Since any moment; goes on evenly. */
  readonly uptime: () => number;
}

/**
 * The time of the system without its jumps: between two calls of `follow` it goes on evenly, so that nothing is handled with a time of before and
 * a time of after. A board whose clock is set by hours while it serves is told by `follow`, and moves what waits for a time.
 */
export class SteadyClock {
  readonly #sources: TimeSources;
  #offset: number;
  #last = -Infinity;

  constructor(sources: TimeSources) {
    this.#sources = sources;
    this.#offset = sources.wall() - sources.uptime();
  }

  /** Milliseconds since 1970; never less than before, but where `follow` has said so. */
  now(): number {
    const now = Math.floor(this.#sources.uptime() + this.#offset);
    if (now > this.#last) this.#last = now;
    return this.#last;
  }

  /** Takes over the time of the system. Call it often. @returns by how many milliseconds the clock was set; 0 where it was not. */
  follow(): number {
    const difference = this.#sources.wall() - this.#sources.uptime() - this.#offset;
    const isSet = Math.abs(difference) >= stepMs;
    const step = isSet ? Math.round(difference) : Math.max(-slewMs, Math.min(slewMs, difference));
    this.#offset += step;
    if (!isSet) return 0;
    this.#last = -Infinity;
    return step;
  }
}
