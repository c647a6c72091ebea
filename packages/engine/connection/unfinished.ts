/** What each connection may hold of an unfinished CONNECT, however much others hold. */
const FREE_BYTES = 4 * 1024;

/** What all connections together hold of unfinished CONNECT packets, and may hold; null is no limit. */
export interface UnfinishedTotal {
  bytes: number;
  bytesMax: number | null;
}

/** What one connection holds of a CONNECT that is not complete: nobody has shown who they are yet, so the sum is bounded. */
export class Unfinished {
  readonly #total: UnfinishedTotal;
  #bytes = 0;

  constructor(total: UnfinishedTotal) {
    this.#total = total;
  }

  /** @returns whether it is too much. */
  hold(byteCount: number): boolean {
    if (byteCount === this.#bytes) return false;
    this.#total.bytes += byteCount - this.#bytes;
    this.#bytes = byteCount;
    return byteCount > FREE_BYTES && this.#total.bytes > (this.#total.bytesMax ?? Infinity);
  }
}
