/** Of the messages of one measurement, in milliseconds. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  /** All of them, the shortest first. */
  readonly sorted: readonly number[];
}

export function latenciesOf(milliseconds: readonly number[]): Latencies {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), sorted };
}
