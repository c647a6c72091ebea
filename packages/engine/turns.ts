import type { Timer, Timers } from './timers.ts';

/** Who waits for a turn. */
export interface Waiter {
  /** The turn has come: one message may be read, whatever else waits. */
  turn(now: number): void;
}

/**
 * The publishers of a deployment that wait for its message rate, first come, first served. Without the order, the one
 * whose timer happens to fire first would take what the rate allows every time, and the others would wait for ever.
 */
export class Turns {
  readonly #timers: Timers;
  readonly #waitMs: (now: number) => number;
  readonly #queue = new Set<Waiter>();
  #timer: Timer | null = null;

  /** @param waitMs milliseconds until the rate allows a message; 0: now. */
  constructor(timers: Timers, waitMs: (now: number) => number) {
    this.#timers = timers;
    this.#waitMs = waitMs;
  }

  /** Milliseconds that a newcomer has to wait at least; 0: it may go on now. Nobody overtakes those who wait. */
  waitMs(now: number): number {
    const wait = this.#waitMs(now);
    return wait === 0 && this.#queue.size > 0 ? 1 : wait;
  }

  /** Waits at the end of the queue. */
  join(waiter: Waiter, now: number): void {
    this.#queue.add(waiter);
    this.#arm(now);
  }

  /** Waits no more. */
  leave(waiter: Waiter): void {
    this.#queue.delete(waiter);
  }

  /** The rate has changed. */
  changed(now: number): void {
    if (this.#timer !== null) this.#timers.cancel(this.#timer);
    this.#timer = null;
    this.#arm(now);
  }

  #arm(now: number): void {
    if (this.#timer !== null || this.#queue.size === 0) return;
    // At least the next moment: a turn is never given inside the call of somebody else.
    this.#timer = this.#timers.wait(now + Math.max(1, this.#waitMs(now)), (at) => {
      this.#timer = null;
      this.#give(at);
    });
  }

  #give(now: number): void {
    // Who joins meanwhile waits for the next time, so that one call ends whatever the rate is.
    for (const waiter of [...this.#queue]) {
      if (this.#waitMs(now) > 0) break;
      if (this.#queue.delete(waiter)) waiter.turn(now);
    }
    this.#arm(now);
  }
}
