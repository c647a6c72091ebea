/**
 * When which publisher is to send, at a fixed rate of all publishers together. The times are decided before the run: a message that cannot
 * go out in time keeps the time that it was meant for, and its latency counts from there. (Counting from the moment of sending would leave
 * out just the waits that a slow broker causes: "coordinated omission".)
 */
export class Schedule {
  readonly #startUs: number;
  readonly #intervalUs: number;
  readonly #publishers: number;
  readonly #first: number;
  readonly #own: number;
  #taken = 0;

  /**
   * @param ratePerSecond of all publishers together.
   * @param publishers how many there are in all threads.
   * @param from first publisher of this thread.
   * @param to the one after its last.
   */
  constructor(startUs: number, ratePerSecond: number, publishers: number, from: number, to: number) {
    this.#startUs = startUs;
    this.#intervalUs = 1_000_000 / ratePerSecond;
    this.#publishers = publishers;
    this.#first = from;
    this.#own = to - from;
  }

  /** When the next message of this thread is due; never where it has no publishers. */
  get nextUs(): number {
    if (this.#own === 0) return Number.POSITIVE_INFINITY;
    const round = Math.floor(this.#taken / this.#own);
    return this.#timeOf(this.#first + (this.#taken % this.#own), round);
  }

  /** Takes the next message off the schedule. @returns the publisher that is to send it. */
  take(): number {
    const publisher = this.#first + (this.#taken % this.#own);
    this.#taken += 1;
    return publisher;
  }

  /** The time that message `sequence` (from 0) of the publisher is meant for. */
  intendedUs(publisher: number, sequence: number): number {
    return this.#timeOf(publisher, sequence);
  }

  #timeOf(publisher: number, round: number): number {
    return this.#startUs + (round * this.#publishers + publisher) * this.#intervalUs;
  }
}
