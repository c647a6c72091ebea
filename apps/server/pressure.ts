import { totalmem } from 'node:os';
import type { Engine } from '../../packages/engine/engine.ts';
import type { DeploymentId } from '../../packages/engine/ids.ts';
import type { Driver } from './driver.ts';
import type { ServerJournal } from './journal/port.ts';

const MEMORY_INTERVAL_MS = 500;

export interface PressureOptions {
  readonly engine: Pick<Engine, 'setOverloaded'>;
  readonly driver: Pick<Driver, 'setStalled'>;
  readonly journal: Pick<ServerJournal, 'queuedBytes' | 'queuedBytesOf'>;
  /** Which deployments have too much in the queue of the journal. */
  readonly overShare: (bytes: number, bytesOf: ReadonlyMap<string, number>, bytesMax: number) => ReadonlySet<string>;
}

/** Watches memory and the queue of the journal, and slows publishers down before either runs out. */
export class Pressure implements Disposable {
  readonly #options: PressureOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #memoryHighWaterPercent: number | null = 70;
  #journalQueueBytes = Infinity;
  #stalled: ReadonlySet<string> = new Set();
  #stallCount = 0;

  constructor(options: PressureOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#measureMemory(), MEMORY_INTERVAL_MS);
  }

  /** How often a deployment had to wait because its share of the journal's queue was used up. */
  get stallCount(): number {
    return this.#stallCount;
  }

  /** Share of the machine's memory from which on new sessions are refused and publishers are read later; null is none. */
  setMemoryHighWaterPercent(percent: number | null): void {
    this.#memoryHighWaterPercent = percent;
    this.#measureMemory();
  }

  /** Bytes that may wait for the disk. */
  setJournalQueueBytes(bytes: number): void {
    this.#journalQueueBytes = bytes;
  }

  /** At the end of each loop turn, before the engine ends it: those who may go on do so in this turn. */
  check(): void {
    const { journal, driver, overShare } = this.#options;
    const stalled = overShare(journal.queuedBytes, journal.queuedBytesOf, this.#journalQueueBytes);
    if (stalled.size === 0 && this.#stalled.size === 0) return;
    for (const deployment of stalled) if (!this.#stalled.has(deployment)) this.#stallCount++;
    this.#stalled = stalled;
    driver.setStalled(stalled as ReadonlySet<DeploymentId>);
  }

  #measureMemory(): void {
    const percent = this.#memoryHighWaterPercent;
    this.#options.engine.setOverloaded(percent !== null && process.memoryUsage.rss() > (totalmem() * percent) / 100);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
