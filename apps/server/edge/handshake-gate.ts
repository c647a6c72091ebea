import { HandshakePaces, type Leaving, type Pace } from './handshake-pace.ts';

/** What the gate knows of a connection. */
export interface GateVisitor extends Leaving {
  readonly remoteAddress: string;
  /** How fast those like it may start; null where nothing holds them back but their address. */
  readonly pace: Pace | null;
  /** Its turn has come. */
  startHandshake(): void;
}

/**
 * Handshakes that start in one turn of the loop while somebody is served, all addresses together: each costs as much time as tens of
 * messages.
 */
const startsPerTurn = 1;
/** How long somebody counts as served after each thing that came from them. */
const servedMs = 1000;

/** The handshakes of one address. */
interface Queue {
  inFlight: number;
  readonly waiting: Set<GateVisitor>;
}

/**
 * When a TLS handshake may start. Those of a deployment keep its pace; of those of one remote address a number runs at once; the
 * next ones wait, and start in their order. While somebody is served, of those that come at once one starts in each turn of the loop, so
 * that a storm of connects does not hold up who is connected. Else nobody would gain by that, and each that waits costs calls of the system.
 */
export class HandshakeGate {
  #perAddressMax: number;
  readonly #queues = new Map<string, Queue>();
  readonly #requestTurn: () => void;
  readonly #paces: HandshakePaces<GateVisitor>;
  /** Those that may start, in a later turn. */
  readonly #paced = new Set<GateVisitor>();
  #starts = 0;
  /** Somebody was served in this turn. */
  #serves = false;
  /** The end of the last turn in which somebody was. */
  #servedAt = -Infinity;
  readonly #now: () => number;
  #inFlight = 0;
  #delayed = 0;

  /**
   * @param requestTurn `turnEnded` is to be called at the end of this turn of the loop.
   * @param now milliseconds.
   * @param after calls once, so many milliseconds later.
   */
  constructor(
    perAddressMax: number,
    requestTurn: () => void,
    now: () => number,
    after: (milliseconds: number, run: () => void) => void,
  ) {
    this.#requestTurn = requestTurn;
    this.#now = now;
    this.#perAddressMax = perAddressMax;
    this.#paces = new HandshakePaces(now, after, (visitor) => {
      if (this.#enterAddress(visitor)) visitor.startHandshake();
    });
  }

  /** Handshakes in flight, all addresses together; those that wait are not counted. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** How many waited for the pace of their deployment until now. */
  get paced(): number {
    return this.#paces.paced;
  }

  /** How many had to wait for others of their address until now. */
  get delayed(): number {
    return this.#delayed;
  }

  /** Handshakes in flight of one address from now on. Those that wait for their turn get it when one of theirs is over. */
  setPerAddressMax(perAddressMax: number): void {
    this.#perAddressMax = perAddressMax;
    for (const queue of this.#queues.values()) this.#start(queue);
  }

  /** Asks for a turn. @returns whether it may start now; if not, `startHandshake` is called later. */
  enter(visitor: GateVisitor): boolean {
    const { pace } = visitor;
    return (pace === null || this.#paces.enter(visitor, pace)) && this.#enterAddress(visitor);
  }

  #enterAddress(visitor: GateVisitor): boolean {
    let queue = this.#queues.get(visitor.remoteAddress);
    if (queue === undefined) {
      queue = { inFlight: 0, waiting: new Set() };
      this.#queues.set(visitor.remoteAddress, queue);
    }
    if (queue.inFlight >= this.#perAddressMax) {
      queue.waiting.add(visitor);
      this.#delayed += 1;
      return false;
    }
    queue.inFlight += 1;
    this.#inFlight += 1;
    this.#requestTurn();
    this.#starts += 1;
    if (this.#starts <= startsPerTurn || !this.#isServing(this.#now())) return true;
    this.#paced.add(visitor);
    return false;
  }

  /** Something came on an open connection, and not the first (its CONNECT): there is somebody whom handshakes could hold up. */
  served(): void {
    this.#serves = true;
  }

  /**
   * The turn of the loop is over: the next ones start.
   * @param now milliseconds.
   */
  turnEnded(now: number): void {
    this.#starts = 0;
    if (this.#serves) this.#servedAt = now;
    this.#serves = false;
    if (this.#paced.size === 0) return;
    const startsMax = this.#isServing(now) ? startsPerTurn : Infinity;
    for (const visitor of this.#paced) {
      if (this.#starts >= startsMax) break;
      this.#paced.delete(visitor);
      if (visitor.isAbandoned) {
        this.leave(visitor);
        visitor.abandon();
        continue;
      }
      this.#starts += 1;
      visitor.startHandshake();
    }
    this.#requestTurn();
  }

  #isServing(now: number): boolean {
    const idleMs = now - this.#servedAt;
    // Less than nothing: the clock has been set back. Whoever is served says so again.
    return this.#serves || (idleMs >= 0 && idleMs < servedMs);
  }

  /** A visitor that waited is gone. */
  giveUp(visitor: GateVisitor): void {
    if (this.#paces.giveUp(visitor)) return;
    if (this.#paced.delete(visitor)) this.leave(visitor);
    else this.#queues.get(visitor.remoteAddress)?.waiting.delete(visitor);
  }

  /** The handshake of a visitor that had its turn is over, well or badly. */
  leave(visitor: GateVisitor): void {
    const queue = this.#queues.get(visitor.remoteAddress);
    if (queue === undefined) return;
    queue.inFlight -= 1;
    this.#inFlight -= 1;
    this.#start(queue);
    if (queue.inFlight === 0) this.#queues.delete(visitor.remoteAddress);
  }

  #start(queue: Queue): void {
    for (const next of queue.waiting) {
      if (queue.inFlight >= this.#perAddressMax) return;
      queue.waiting.delete(next);
      if (next.isAbandoned) {
        next.abandon();
        continue;
      }
      queue.inFlight += 1;
      this.#inFlight += 1;
      next.startHandshake();
    }
  }
}
