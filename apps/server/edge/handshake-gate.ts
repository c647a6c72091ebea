/** What the gate knows of a connection. */
export interface GateVisitor {
  readonly remoteAddress: string;
  /** Its turn has come. */
  startHandshake(): void;
}

/** The handshakes of one address. */
interface Queue {
  inFlight: number;
  readonly waiting: Set<GateVisitor>;
}

/** Lets a number of TLS handshakes run for each remote address; the next ones wait, and start in their order. */
export class HandshakeGate {
  readonly #perAddressMax: number;
  readonly #queues = new Map<string, Queue>();
  #inFlight = 0;

  constructor(perAddressMax: number) {
    this.#perAddressMax = perAddressMax;
  }

  /** Handshakes in flight, all addresses together; those that wait are not counted. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Asks for a turn. @returns whether it may start now; if not, `startHandshake` is called later. */
  enter(visitor: GateVisitor): boolean {
    let queue = this.#queues.get(visitor.remoteAddress);
    if (queue === undefined) {
      queue = { inFlight: 0, waiting: new Set() };
      this.#queues.set(visitor.remoteAddress, queue);
    }
    if (queue.inFlight >= this.#perAddressMax) {
      queue.waiting.add(visitor);
      return false;
    }
    queue.inFlight += 1;
    this.#inFlight += 1;
    return true;
  }

  /** A visitor that waited is gone. */
  giveUp(visitor: GateVisitor): void {
    this.#queues.get(visitor.remoteAddress)?.waiting.delete(visitor);
  }

  /** The handshake of a visitor that had its turn is over, well or badly. */
  leave(visitor: GateVisitor): void {
    const queue = this.#queues.get(visitor.remoteAddress);
    if (queue === undefined) return;
    const [next] = queue.waiting;
    if (next !== undefined) {
      queue.waiting.delete(next);
      next.startHandshake();
      return;
    }
    queue.inFlight -= 1;
    this.#inFlight -= 1;
    if (queue.inFlight === 0) this.#queues.delete(visitor.remoteAddress);
  }
}
