/** More gaps than this are not kept one by one: what comes later from before them counts as doubled. */
const missingMax = 1_000_000;

/** Follows the numbered messages (from 0) of one publisher as one receiver, or one group of receivers that share them, gets them. */
export class SequenceTrack {
  #next = 0;
  #received = 0;
  #doubled = 0;
  readonly #missing = new Set<number>();

  /** Different messages that came. */
  get received(): number {
    return this.#received;
  }

  /** Messages that had come before. */
  get doubled(): number {
    return this.#doubled;
  }

  /** @returns how far the stream has moved on, with what was left out; 0 for a message that came late, -1 for one that had come before. */
  receive(sequence: number): number {
    if (sequence === this.#next) {
      this.#next += 1;
      this.#received += 1;
      return 1;
    }
    if (sequence > this.#next) return this.#skipTo(sequence);
    if (this.#missing.delete(sequence)) {
      this.#received += 1;
      return 0;
    }
    this.#doubled += 1;
    return -1;
  }

  #skipTo(sequence: number): number {
    const from = this.#next;
    for (let left = from; left < sequence && this.#missing.size < missingMax; left++) this.#missing.add(left);
    this.#next = sequence + 1;
    this.#received += 1;
    return this.#next - from;
  }

  /** How many of the first `sent` messages have not come. */
  lost(sent: number): number {
    return Math.max(0, sent - this.#received);
  }
}
