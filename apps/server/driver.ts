import type { Engine } from '../../packages/engine/engine.ts';
import type { ConnectionId, DeploymentId } from '../../packages/engine/ids.ts';
import type { CloseCause, ConnectionFacts, LinkInput, Verdict } from '../../packages/engine/ports.ts';

/** How often time is told to the engine. Deadlines are met this much late at most, and never early. */
const TICK_MS = 20;

export interface DriverOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Lets `now` follow the clock of the system. @returns by how many milliseconds that was set; 0 where it was not. */
  readonly followClock: () => number;
  /** The engine has changed outside of an input of the edge: the turn has to be ended for it. */
  readonly requestTurn: () => void;
  /** An input failed in the engine: a defect. The connection is cut, the service goes on. */
  readonly onDefect: (error: unknown, connection: ConnectionId | null) => void;
}

/** Gives the engine its inputs together with the time. */
export class Driver implements LinkInput, Disposable {
  readonly #engine: Engine;
  readonly #options: DriverOptions;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(engine: Engine, options: DriverOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  opened(connection: ConnectionId, facts: ConnectionFacts): void {
    this.#engine.opened(connection, facts, this.#options.now());
  }

  data(connection: ConnectionId, bytes: Uint8Array): void {
    try {
      this.#engine.data(connection, bytes, this.#options.now());
    } catch (error) {
      this.#options.onDefect(error, connection);
    }
  }

  drained(connection: ConnectionId, bufferedBytes: number): void {
    try {
      this.#engine.drained(connection, bufferedBytes, this.#options.now());
    } catch (error) {
      this.#options.onDefect(error, connection);
    }
  }

  closed(connection: ConnectionId, cause: CloseCause): void {
    try {
      this.#engine.closed(connection, cause, this.#options.now());
    } catch (error) {
      this.#options.onDefect(error, null);
    }
  }

  authenticated(connection: ConnectionId, verdict: Verdict): void {
    this.#engine.authenticated(connection, verdict, this.#options.now());
  }

  journaled(batch: number): void {
    this.#outside((now) => this.#engine.journaled(batch, now));
  }

  /** The journal cannot be written, or can again. */
  setStorageFailed(failed: boolean): void {
    this.#outside((now) => this.#engine.setStorageFailed(failed, now));
  }

  /** Deployments that have used up their share of the journal's queue. Called before the end of a turn, which takes what follows along. */
  setStalled(deployments: ReadonlySet<DeploymentId>): void {
    try {
      this.#engine.setStalled(deployments, this.#options.now());
    } catch (error) {
      this.#options.onDefect(error, null);
    }
  }

  /** A turn of the loop is over, before what it has caused is stored and sent. */
  endTurn(): void {
    try {
      this.#engine.endTurn(this.#options.now());
    } catch (error) {
      this.#options.onDefect(error, null);
    }
    // What is left over gets its share of the next turn.
    if (this.#engine.hasWork) this.#options.requestTurn();
  }

  #tick(): void {
    const moved = this.#options.followClock();
    if (moved !== 0) this.#engine.clockMoved(moved);
    if (this.#engine.nextTickAt <= this.#options.now()) this.#outside((now) => this.#engine.tick(now));
  }

  #outside(call: (now: number) => void): void {
    try {
      call(this.#options.now());
    } catch (error) {
      this.#options.onDefect(error, null);
    }
    this.#options.requestTurn();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
