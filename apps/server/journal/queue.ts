import { BatchMemory, type MemoryListener } from './batch-memory.ts';
import type { EndedBatch } from './changes.ts';
import type { Batch } from './sqlite-messages.ts';

interface Queued extends Batch {
  readonly shares: ReadonlyMap<string, number>;
  readonly flushedAt: number;
}

/** Batches that are not known to be durable, oldest first. They stay here until they are, so that they can be written again. */
export class BatchQueue {
  readonly #memory: BatchMemory;
  #batches: Queued[] = [];
  #bytes = 0;
  readonly #bytesOf = new Map<string, number>();

  constructor(listener: MemoryListener) {
    this.#memory = new BatchMemory(listener);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** By deployment; those that have none are left out. */
  get bytesOf(): ReadonlyMap<string, number> {
    return this.#bytesOf;
  }

  /** All of them, in order. */
  get batches(): readonly Batch[] {
    return this.#batches;
  }

  /** Since when the oldest one waits; Infinity where none does. */
  get waitingSince(): number {
    return this.#batches[0]?.flushedAt ?? Infinity;
  }

  /** Tells a new thread of the memory that batches lie in. */
  tellMemory(): void {
    this.#memory.tell();
  }

  /** Copies the bytes of the batch. */
  add(number: number, { bytes, shares }: EndedBatch, now: number): Batch {
    const { memory, start, end } = this.#memory.store(bytes);
    const batch = { number, memory, start, end, shares, flushedAt: now };
    this.#batches.push(batch);
    this.#bytes += bytes.length;
    for (const [deployment, size] of shares) this.#bytesOf.set(deployment, (this.#bytesOf.get(deployment) ?? 0) + size);
    return batch;
  }

  /** Everything up to this batch is durable. */
  settle(number: number): void {
    let count = 0;
    for (const batch of this.#batches) {
      if (batch.number > number) break;
      count++;
      this.#bytes -= batch.end - batch.start;
      this.#memory.release(batch);
      for (const [deployment, size] of batch.shares) {
        const left = (this.#bytesOf.get(deployment) ?? 0) - size;
        if (left > 0) this.#bytesOf.set(deployment, left);
        else this.#bytesOf.delete(deployment);
      }
    }
    this.#batches.splice(0, count);
  }
}
