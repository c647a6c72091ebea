import { giveBack } from '../../../packages/engine/give-back.ts';

/** A piece of memory with bytes to send from `start` to `end`, and the piece behind it. */
export interface Chunk {
  memory: Uint8Array;
  start: number;
  end: number;
  /** Nothing may be appended. */
  sealed: boolean;
  next: Chunk | null;
}

/** Sizes of pooled memory. Larger pieces are made for one message and forgotten. */
const sizesBytes = [2 * 1024, 16 * 1024, 64 * 1024] as const;
/** Free memory that is kept of each size; more goes back to the runtime. */
const keptBytesMax = 2 * 1024 * 1024;

/** Which pooled size has room for this; their number where none has. */
function sizeFor(byteCount: number): number {
  let size = 0;
  while (byteCount > (sizesBytes[size] ?? Infinity)) size++;
  return size;
}

class ChunkPool {
  readonly #free: Chunk[][] = sizesBytes.map(() => []);

  /** Memory of at least this size. */
  take(byteCount: number): Chunk {
    const size = sizeFor(byteCount);
    const chunk = this.#free[size]?.pop();
    if (chunk !== undefined) return chunk;
    const memory = new Uint8Array(sizesBytes[size] ?? byteCount);
    return { memory, start: 0, end: 0, sealed: false, next: null };
  }

  /** The chunk, and nobody else, had this memory. */
  give(chunk: Chunk): void {
    const { memory } = chunk;
    const free = sizesBytes[sizeFor(memory.length)] === memory.length ? this.#free[sizeFor(memory.length)] : undefined;
    if (free === undefined || (free.length + 1) * memory.length > keptBytesMax) {
      // A storm makes more than a gigabyte a second.
      giveBack(memory);
      return;
    }
    chunk.start = 0;
    chunk.end = 0;
    chunk.sealed = false;
    chunk.next = null;
    free.push(chunk);
  }

  /**
   * Moves what the chunk holds to memory of at least this size.
   * @returns false where the size is not a pooled one: then the caller takes a further chunk.
   */
  grow(chunk: Chunk, byteCount: number): boolean {
    if (byteCount > (sizesBytes.at(-1) ?? 0)) return false;
    const larger = this.take(byteCount);
    larger.memory.set(chunk.memory.subarray(chunk.start, chunk.end), chunk.start);
    const { memory } = chunk;
    chunk.memory = larger.memory;
    larger.memory = memory;
    this.give(larger);
    return true;
  }
}

/** The memory that all connections of this thread send from. */
export const chunkPool = new ChunkPool();
