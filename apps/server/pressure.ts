import { totalmem } from 'node:os';
import type { Engine } from '../../packages/engine/engine.ts';
import type { ServerJournal } from './journal/port.ts';

/** Share of the machine's memory from which on new sessions are refused and publishers are read later. */
const MEMORY_HIGH_WATER = 0.7;
/** Bytes that may wait for the disk before publishers are read later. */
const JOURNAL_QUEUE_BYTES_MAX = 64 * 1024 * 1024;
const MEMORY_INTERVAL_MS = 500;

/** Watches memory and the queue of the journal, and slows publishers down before either runs out. */
export class Pressure implements Disposable {
  readonly #engine: Engine;
  readonly #journal: ServerJournal;
  readonly #timer: ReturnType<typeof setInterval>;
  #memoryHigh = false;

  constructor(engine: Engine, journal: ServerJournal) {
    this.#engine = engine;
    this.#journal = journal;
    this.#timer = setInterval(() => this.#measureMemory(), MEMORY_INTERVAL_MS);
  }

  /** At the end of each loop turn. */
  check(): void {
    this.#engine.setStalled(this.#memoryHigh || this.#journal.queuedBytes > JOURNAL_QUEUE_BYTES_MAX);
  }

  #measureMemory(): void {
    this.#memoryHigh = process.memoryUsage.rss() > totalmem() * MEMORY_HIGH_WATER;
    this.#engine.setOverloaded(this.#memoryHigh);
    this.check();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
