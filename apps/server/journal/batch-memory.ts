/** Where a batch lies in memory that the journal and its thread share. */
export interface Place {
  /** Number of the piece of memory. */
  readonly memory: number;
  readonly start: number;
  readonly end: number;
}

/** What the thread of the journal has to know of the memory. */
export interface MemoryListener {
  shared(memory: number, bytes: SharedArrayBuffer): void;
  /** Nothing that lies in it is of use any more, and nothing will lie in it again. */
  unshared(memory: number): void;
}

interface Piece {
  readonly number: number;
  readonly shared: SharedArrayBuffer;
  readonly bytes: Uint8Array;
  /** Batches that lie in it. */
  count: number;
  /** Up to here it is taken. */
  end: number;
}

const pieceBytes = 1024 * 1024;
/** Pieces that are kept while nothing lies in them; the first batch of a burst then finds its memory. */
const emptyPiecesMax = 1;

/**
 * Memory for batches that are on their way to the disk, shared with the thread that writes them: a message between threads would
 * copy each batch twice, and leave both copies to the garbage collectors of both. Pieces are used again as soon as what lay in
 * them is durable, so that a journal that keeps up needs one or two of them however much goes through it.
 */
export class BatchMemory {
  readonly #listener: MemoryListener;
  readonly #pieces = new Map<number, Piece>();
  readonly #empty: Piece[] = [];
  #current: Piece | null = null;
  #lastNumber = 0;

  constructor(listener: MemoryListener) {
    this.#listener = listener;
  }

  /** Tells a new thread of everything that is shared. */
  tell(): void {
    for (const { number, shared } of this.#pieces.values()) this.#listener.shared(number, shared);
  }

  /** Copies a batch; it stays where it is put, unchanged, until `release`. */
  store(batch: Uint8Array): Place {
    const piece = this.#pieceFor(batch.length);
    const start = piece.end;
    piece.bytes.set(batch, start);
    piece.end += batch.length;
    piece.count++;
    return { memory: piece.number, start, end: piece.end };
  }

  /** The batch is durable. */
  release({ memory }: Place): void {
    const piece = this.#pieces.get(memory);
    if (piece === undefined) return;
    piece.count--;
    if (piece.count > 0) return;
    piece.end = 0;
    if (piece !== this.#current) this.#putAway(piece);
  }

  #pieceFor(byteCount: number): Piece {
    if (byteCount > pieceBytes) return this.#newPiece(byteCount);
    const current = this.#current;
    if (current !== null && current.end + byteCount <= pieceBytes) return current;
    return (this.#current = this.#empty.pop() ?? this.#newPiece(pieceBytes));
  }

  #newPiece(byteCount: number): Piece {
    const shared = new SharedArrayBuffer(byteCount);
    const piece = { number: ++this.#lastNumber, shared, bytes: new Uint8Array(shared), count: 0, end: 0 };
    this.#pieces.set(piece.number, piece);
    this.#listener.shared(piece.number, shared);
    return piece;
  }

  #putAway(piece: Piece): void {
    if (piece.bytes.length === pieceBytes && this.#empty.length < emptyPiecesMax) {
      this.#empty.push(piece);
      return;
    }
    this.#pieces.delete(piece.number);
    this.#listener.unshared(piece.number);
  }
}
