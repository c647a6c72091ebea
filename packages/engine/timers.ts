/** A timer that has been scheduled. `at` is milliseconds since 1970. */
export interface Timer {
  readonly at: number;
  readonly run: (now: number) => void;
}

interface Entry extends Timer {
  at: number;
  run: (now: number) => void;
  /** Whether it is a length of time that counts; else a moment. */
  isWait: boolean;
  order: number;
  /** Position in the heap; -1 when it is not in it. */
  index: number;
}

/**
 * Timers of virtual time: a binary heap, fired by `advance`. Equal times fire in the order of scheduling, so that
 * the same inputs give the same run.
 */
export class Timers {
  readonly #heap: Entry[] = [];
  #order = 0;

  /** Calls `run` in the first `advance` whose time is not before `at`: a moment, by whatever clock that then is. */
  schedule(at: number, run: (now: number) => void): Timer {
    return this.#add(at, run, false);
  }

  /** The same for the end of a wait that begins now: it lasts as long where the clock is set meanwhile. */
  wait(at: number, run: (now: number) => void): Timer {
    return this.#add(at, run, true);
  }

  #add(at: number, run: (now: number) => void, isWait: boolean): Timer {
    const entry: Entry = { at, run, isWait, order: this.#order++, index: this.#heap.length };
    this.#heap.push(entry);
    this.#up(entry);
    return entry;
  }

  /** Does nothing for a timer that has fired or was cancelled. */
  cancel(timer: Timer): void {
    const entry = timer as Entry;
    if (entry.index < 0) return;
    const last = this.#heap.pop();
    if (last !== undefined && last !== entry) {
      this.#place(last, entry.index);
      this.#up(last);
      this.#down(last);
    }
    entry.index = -1;
  }

  /** Fires what is due, in order of time. Timers that are scheduled meanwhile for the past fire as well. */
  advance(now: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.cancel(first);
      first.run(now);
    }
  }

  /** The clock was set by so many milliseconds, back where they are negative: waits last as long as before. */
  clockMoved(milliseconds: number): void {
    for (const entry of this.#heap) if (entry.isWait) entry.at += milliseconds;
    // What is sorted is a heap.
    this.#heap.sort((a, b) => (this.#before(a, b) ? -1 : 1));
    for (const [index, entry] of this.#heap.entries()) entry.index = index;
  }

  /** When the next timer is due; Infinity when there is none. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  get size(): number {
    return this.#heap.length;
  }

  #before(a: Entry, b: Entry): boolean {
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  #place(entry: Entry, index: number): void {
    this.#heap[index] = entry;
    entry.index = index;
  }

  #up(entry: Entry): void {
    let index = entry.index;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#heap[parentIndex];
      if (parent === undefined || !this.#before(entry, parent)) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(entry, index);
  }

  #down(entry: Entry): void {
    let index = entry.index;
    for (;;) {
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      if (left === undefined) break;
      const child = right !== undefined && this.#before(right, left) ? right : left;
      if (!this.#before(child, entry)) break;
      const childIndex = child.index;
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(entry, index);
  }
}
