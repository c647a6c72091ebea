/** Something that has to be done by a time. */
export interface Watched {
  /** Milliseconds since 1970. */
  deadline: number;
  expired(): void;
}

const sweepIntervalMs = 250;

/** One coarse timer for all connections that are in a handshake, in an upgrade or at their end; none where there are none. */
export class Deadlines<T extends Watched> {
  readonly #now: () => number;
  readonly #watched = new Set<T>();
  #timer: NodeJS.Timeout | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  watch(item: T): void {
    this.#watched.add(item);
    this.#timer ??= setInterval(() => this.sweep(), sweepIntervalMs).unref();
  }

  unwatch(item: T): void {
    this.#watched.delete(item);
  }

  /** The clock was set by so many milliseconds, back where they are negative. */
  move(milliseconds: number): void {
    for (const item of this.#watched) item.deadline += milliseconds;
  }

  /** Tells those whose time has come. Called by the timer. */
  sweep(): void {
    const now = this.#now();
    for (const item of this.#watched) if (item.deadline <= now) item.expired();
    if (this.#watched.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}
