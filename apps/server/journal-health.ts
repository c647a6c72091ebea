import type { EventSink } from '../../packages/engine/ports.ts';
import type { Driver } from './driver.ts';
import type { ServerJournal } from './journal/port.ts';

export interface JournalHealthOptions {
  readonly journal: ServerJournal;
  readonly driver: Pick<Driver, 'setStorageFailed' | 'journaled'>;
  readonly events: EventSink;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Passes on what the journal tells: batches that are durable, that it cannot be written (error -15), that it can again. */
export class JournalHealth {
  readonly #options: JournalHealthOptions;
  #failedAt: number | null = null;
  #failures = 0;

  constructor(options: JournalHealthOptions) {
    this.#options = options;
    const { journal, driver } = options;
    journal.onDurable = (batch) => driver.journaled(batch);
    journal.onFailure = (error) => this.#failed(error);
    journal.onRecovery = () => this.#recovered();
  }

  get isFailing(): boolean {
    return this.#failedAt !== null;
  }

  /** How often it failed. */
  get failures(): number {
    return this.#failures;
  }

  #failed(error: Error): void {
    if (this.#failedAt === null) {
      this.#failedAt = this.#options.now();
      this.#failures++;
    }
    this.#say('journal.failed', error.message);
    this.#options.driver.setStorageFailed(true);
  }

  #recovered(): void {
    const seconds = Math.round((this.#options.now() - (this.#failedAt ?? this.#options.now())) / 1000);
    this.#failedAt = null;
    this.#say('journal.recovered', `after ${seconds} s`);
    this.#options.driver.setStorageFailed(false);
  }

  #say(kind: 'journal.failed' | 'journal.recovered', detail: string): void {
    this.#options.events.emit({
      kind,
      at: this.#options.now(),
      fault: kind === 'journal.failed' ? 'server.storage' : null,
      deployment: null,
      connection: null,
      facts: null,
      protocolVersion: null,
      clientId: null,
      username: null,
      detail,
      count: 1,
    });
  }
}
