import type { Histogram } from './histogram.ts';
import { nowUs } from './clock.ts';

/** How connections are opened. */
export interface OpenOptions {
  readonly from: number;
  readonly to: number;
  /** How many may be on their way at once. */
  readonly concurrency: number;
  /** Begun a second; null is as fast as `concurrency` lets them. */
  readonly ratePerSecond: number | null;
}

/**
 * Opens connections `from` to `to`, in order, and records how long each took that was opened. Where there is a rate, its time counts
 * from when it was meant to begin.
 * @param open says whether the connection was opened.
 * @throws what `open` throws, at the first one.
 */
export async function openAll(
  { from, to, concurrency, ratePerSecond }: OpenOptions,
  open: (index: number) => Promise<boolean>,
  times: Histogram,
): Promise<void> {
  const startUs = nowUs();
  let next = from;
  const openNext = async (): Promise<void> => {
    while (next < to) {
      const index = next;
      next += 1;
      let begunUs = nowUs();
      if (ratePerSecond !== null) {
        const dueUs = startUs + ((index - from) * 1_000_000) / ratePerSecond;
        if (dueUs > begunUs) await Bun.sleep((dueUs - begunUs) / 1000);
        begunUs = dueUs;
      }
      if (await open(index)) times.record(nowUs() - begunUs);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, to - from) }, openNext));
}
