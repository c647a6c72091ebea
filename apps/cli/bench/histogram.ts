/** Values below this have a bucket of their own; above, 128 buckets cover each doubling, so no value is off by more than 0.8 %. */
const exactMax = 256;
const bucketBits = 7;
const valueMax = 0x7fff_ffff;
const bucketCount = 3200;

/** Counts of durations in microseconds, up to 35 minutes, in a fixed amount of memory. */
export class Histogram {
  readonly #counts: Float64Array;
  #count = 0;
  #max = 0;

  /** @param from what `toParts` gave, for example from another thread. */
  constructor(from: HistogramParts | null = null) {
    this.#counts = from === null ? new Float64Array(bucketCount) : Float64Array.from(from.counts);
    if (from === null) return;
    this.#max = from.maxUs;
    for (const count of from.counts) this.#count += count;
  }

  get count(): number {
    return this.#count;
  }

  /** The largest value, exactly; 0 when there is none. */
  get maxUs(): number {
    return this.#max;
  }

  /** Counts one duration. A negative one counts as 0. */
  record(durationUs: number): void {
    const value = durationUs <= 0 ? 0 : durationUs >= valueMax ? valueMax : Math.round(durationUs);
    const index = indexOf(value);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count += 1;
    if (value > this.#max) this.#max = value;
  }

  /**
   * The smallest value that at least this share of all values does not exceed, in microseconds; 0 when there is none.
   * @param share from 0 to 1.
   */
  percentileUs(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let index = 0; index < bucketCount; index++) {
      seen += this.#counts[index] ?? 0;
      if (seen >= rank) return Math.min(highestOf(index), this.#max);
    }
    return this.#max;
  }

  /** Adds all values of another one. */
  add(other: Histogram): void {
    for (let index = 0; index < bucketCount; index++) {
      this.#counts[index] = (this.#counts[index] ?? 0) + (other.#counts[index] ?? 0);
    }
    this.#count += other.#count;
    this.#max = Math.max(this.#max, other.#max);
  }

  /** A form that can be sent between threads. */
  toParts(): HistogramParts {
    return { counts: this.#counts.slice(), maxUs: this.#max };
  }
}

/** A histogram as plain data. */
export interface HistogramParts {
  readonly counts: Float64Array;
  readonly maxUs: number;
}

function indexOf(value: number): number {
  if (value < exactMax) return value;
  const shift = 31 - Math.clz32(value) - bucketBits;
  return (shift << bucketBits) + (value >>> shift);
}

/** The largest value of a bucket. */
function highestOf(index: number): number {
  if (index < exactMax) return index;
  const shift = (index >>> bucketBits) - 1;
  const mantissa = index - (shift << bucketBits);
  return (mantissa + 1) * 2 ** shift - 1;
}
