import type { MessagePlan } from './plan.ts';

/**
 * Counters that all threads see, each written by one of them: so a publisher learns how far its messages have come, whichever thread the
 * subscribers are in.
 */
export class Board {
  readonly buffer: SharedArrayBuffer;
  /** Messages sent, by publisher. */
  readonly sent: Float64Array;
  /** Connections open, messages sent and messages received, three for each worker. */
  readonly progress: Float64Array;
  readonly #moved: readonly Float64Array[];

  /** @param buffer of the board of another thread; null makes one. */
  constructor({ publishers, workers }: Pick<MessagePlan, 'publishers' | 'workers'>, buffer: SharedArrayBuffer | null) {
    const length = publishers * (1 + workers) + 3 * workers;
    this.buffer = buffer ?? new SharedArrayBuffer(length * 8);
    this.sent = new Float64Array(this.buffer, 0, publishers);
    this.#moved = Array.from(
      { length: workers },
      (_, worker) => new Float64Array(this.buffer, publishers * (1 + worker) * 8, publishers),
    );
    this.progress = new Float64Array(this.buffer, publishers * (1 + workers) * 8, 3 * workers);
  }

  /** The streams of the publisher's messages have moved on at a subscriber of the worker. */
  move(worker: number, publisher: number, by: number): void {
    const moved = this.#moved[worker];
    if (moved !== undefined) moved[publisher] = (moved[publisher] ?? 0) + by;
  }

  /** How far the streams of the publisher's messages have moved on, at all subscribers together. */
  movedOf(publisher: number): number {
    let sum = 0;
    for (const moved of this.#moved) sum += moved[publisher] ?? 0;
    return sum;
  }

  /** Writes the progress of a worker. */
  tell(worker: number, connected: number, sent: number, received: number): void {
    this.progress.set([connected, sent, received], 3 * worker);
  }

  /** The progress of all workers together. */
  total(): { connected: number; sent: number; received: number } {
    const sums = [0, 0, 0];
    this.progress.forEach((value, index) => {
      sums[index % 3] = (sums[index % 3] ?? 0) + value;
    });
    const [connected = 0, sent = 0, received = 0] = sums;
    return { connected, sent, received };
  }
}
