import type { EngineAdmin } from '../../packages/engine/admin.ts';
import type { EventLog } from './observe/event-log.ts';
import type { SystemTopics } from './observe/sys-topics.ts';

const SECOND_MS = 1000;
/** How often `$SYS` topics are brought up to date. */
const SYSTEM_TOPICS_MS = 10 * SECOND_MS;
const HOUR_MS = 3600 * SECOND_MS;

export interface UpkeepOptions {
  readonly engine: EngineAdmin;
  readonly systemTopics: SystemTopics;
  readonly log: EventLog;
  /** Forgets deployments that were deleted long ago. */
  readonly forgetDeleted: () => Promise<void>;
  /** Renews the server certificate where it is time. */
  readonly renewCertificate: () => Promise<void>;
}

/** What has to be done from time to time. */
export class Upkeep implements Disposable {
  readonly #options: UpkeepOptions;
  readonly #timers: ReturnType<typeof setInterval>[];

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#publishSystemTopics();
    this.#timers = [
      setInterval(() => options.log.tick(Date.now()), SECOND_MS),
      setInterval(() => this.#publishSystemTopics(), SYSTEM_TOPICS_MS),
      setInterval(() => void this.#hourly(), HOUR_MS),
    ];
  }

  #publishSystemTopics(): void {
    const { engine, systemTopics } = this.#options;
    const now = Date.now();
    for (const deployment of engine.deployments()) {
      const counters = engine.counters(deployment);
      if (counters === null) continue;
      for (const [topic, payload] of systemTopics.changes(deployment, counters, now)) {
        engine.publish(deployment, topic, new TextEncoder().encode(payload), true, now);
      }
    }
  }

  async #hourly(): Promise<void> {
    for (const task of [this.#options.renewCertificate, this.#options.forgetDeleted]) {
      try {
        await task();
      } catch (error) {
        this.#options.log.error(error instanceof Error ? error.message : String(error));
      }
    }
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearInterval(timer);
  }
}
