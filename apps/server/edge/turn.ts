import type { ConnectionId } from '../../../packages/engine/ids.ts';
import type { CloseCause } from '../../../packages/engine/ports.ts';

/** What is flushed at the end of a turn. */
export interface Flushable {
  flushRequested: boolean;
  flush(): void;
}

/** What the end of a turn calls. */
export interface TurnOptions {
  closed(connection: ConnectionId, cause: CloseCause): void;
  beforeFlush(): void;
}

/**
 * The end of a loop turn: one flush for everything that the turn's inputs caused. `setImmediate` runs after all sockets
 * that were ready have been read (a microtask runs after each of them, a timer up to a millisecond too late: measured).
 *
 * Closed connections are told here too, so that `closed` never comes in the middle of a call from the core.
 */
export class Turn {
  readonly #options: TurnOptions;
  #scheduled = false;
  #toFlush: Flushable[] = [];
  #flushing: Flushable[] = [];
  #ended: { readonly connection: ConnectionId; readonly cause: CloseCause }[] = [];
  readonly #run = (): void => this.#end();

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  /** This turn has an end. */
  request(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  requestFlush(flushable: Flushable): void {
    if (flushable.flushRequested) return;
    flushable.flushRequested = true;
    this.#toFlush.push(flushable);
    this.request();
  }

  tellClosed(connection: ConnectionId, cause: CloseCause): void {
    this.#ended.push({ connection, cause });
    this.request();
  }

  #end(): void {
    this.#scheduled = false;
    try {
      const ended = this.#ended;
      if (ended.length > 0) this.#ended = [];
      for (const { connection, cause } of ended) this.#options.closed(connection, cause);
      this.#options.beforeFlush();
    } finally {
      this.#flush();
    }
  }

  /** What asks for a flush while this runs gets one in the next turn. */
  #flush(): void {
    const flushing = this.#toFlush;
    this.#toFlush = this.#flushing;
    this.#flushing = flushing;
    for (const flushable of flushing) {
      flushable.flushRequested = false;
      flushable.flush();
    }
    flushing.length = 0;
  }
}
