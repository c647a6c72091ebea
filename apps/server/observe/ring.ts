/** The last `capacity` values. Grows as it fills; a push and a drop of the oldest take constant time. */
export class Ring<Value> {
  readonly #capacity: number;
  readonly #values: Value[] = [];
  /** Where the next value goes once the ring is full: the place of the oldest. */
  #next = 0;

  /** @param capacity at least 1. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#values.length;
  }

  get last(): Value | undefined {
    return this.#values[this.#lastIndex()];
  }

  push(value: Value): void {
    if (this.#values.length < this.#capacity) {
      this.#values.push(value);
      return;
    }
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** Puts a value in the place of the last one. */
  replaceLast(value: Value): void {
    if (this.#values.length > 0) this.#values[this.#lastIndex()] = value;
  }

  *newestFirst(): Generator<Value> {
    const size = this.#values.length;
    for (let step = 0; step < size; step++) {
      const value = this.#values[(this.#lastIndex() - step + size) % size];
      if (value !== undefined) yield value;
    }
  }

  #lastIndex(): number {
    const size = this.#values.length;
    return size === 0 ? 0 : (this.#next - 1 + size) % size;
  }
}
