import { totalmem } from 'node:os';
import type { Engine } from '../../packages/engine/engine.ts';
import type { ServerJournal } from './journal/port.ts';

/** Bytes that may wait for the disk before publishers are read later. */
const JOURNAL_QUEUE_BYTES_MAX = 64 * 1024 * 1024;
const MEMORY_INTERVAL_MS = 500;

/** Watches memory and the queue of the journal, and slows publishers down before either runs out. */
export class Pressure implements Disposable {
  readonly #engine: Engine;
  readonly #journal: ServerJournal;
  readonly #timer: ReturnType<typeof setInterval>;
  #memoryHighWaterPercent: number | null = 70;

  constructor(engine: Engine, journal: ServerJournal) {
    this.#engine = engine;
    this.#journal = journal;
    this.#timer = setInterval(() => this.#measureMemory(), MEMORY_INTERVAL_MS);
  }

  /** Share of the machine's memory from which on new sessions are refused and publishers are read later; null is none. */
  setMemoryHighWaterPercent(percent: number | null): void {
    this.#memoryHighWaterPercent = percent;
    this.#measureMemory();
  }

  /** At the end of each loop turn, before the engine ends it: those who may go on do so in this turn. */
  check(now: number): void {
    const isFull = this.#journal.queuedBytes > JOURNAL_QUEUE_BYTES_MAX;
    this.#engine.setStalled(new Set(isFull ? this.#engine.deployments() : []), now);
  }

  #measureMemory(): void {
    const percent = this.#memoryHighWaterPercent;
    this.#engine.setOverloaded(percent !== null && process.memoryUsage.rss() > (totalmem() * percent) / 100);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
