const KiB = 1024;
const MiB = 1024 * KiB;

/** A log below this is left alone: it is read again in a moment. */
const foldFromBytes = 2 * MiB;
/** Above this a step follows each transaction, whatever waits: the log must not outgrow the snapshot. */
const foldAlwaysFromBytes = 32 * MiB;
const stepBytesMin = 32 * KiB;
const stepBytesMax = 1 * MiB;
/** How long a step may take: traffic waits for it. */
const stepMs = 4;
/** Of a busy log, a step takes this many times what the write before it took: folding costs more than appending. */
const shareOfWriting = 2;
/** Above this only the log counts: it would fill the disk. */
const behindFromBytes = 64 * MiB;

/** How much of the log goes into the snapshot at a time, so that it keeps up and nobody waits long for a step. */
export class FoldPace {
  #bytesPerMs = 32 * KiB;

  /** Whether there is something to fold when nothing else is to be done. */
  isDue(logBytes: number): boolean {
    return logBytes >= foldFromBytes;
  }

  /**
   * @param written what has been written just before, and how long that took; no bytes: nothing waits.
   * @returns how many bytes to fold now; 0 is none.
   */
  bytes(logBytes: number, written: { readonly bytes: number; readonly ms: number }): number {
    if (logBytes < foldFromBytes || (written.bytes > 0 && logBytes < foldAlwaysFromBytes)) return 0;
    const bytes = this.#bytesPerMs * Math.max(stepMs, shareOfWriting * written.ms);
    if (logBytes > behindFromBytes) return Math.max(bytes, 2 * written.bytes);
    return Math.min(Math.max(bytes, stepBytesMin), stepBytesMax);
  }

  /** A step of so many bytes took so long. */
  took(bytes: number, milliseconds: number): void {
    const measured = bytes / Math.max(milliseconds, 0.1);
    // Slower at once, faster little by little.
    this.#bytesPerMs = measured < this.#bytesPerMs ? measured : this.#bytesPerMs * 0.9 + measured * 0.1;
  }
}
