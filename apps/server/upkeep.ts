import type { EngineAdmin } from '../../packages/engine/admin.ts';
import { aliveEveryMs } from './alive-file.ts';
import type { EventLog } from './observe/event-log.ts';
import type { SystemTopics } from './observe/sys-topics.ts';

const SECOND_MS = 1000;
/** How often `$SYS` topics are brought up to date. */
const SYSTEM_TOPICS_MS = 10 * SECOND_MS;
/** How often certificates are looked at: a planned switch happens that soon after its time. */
const CERTIFICATES_MS = 5 * SECOND_MS;
const HOUR_MS = 3600 * SECOND_MS;

export interface UpkeepOptions {
  readonly engine: EngineAdmin;
  readonly systemTopics: SystemTopics;
  readonly log: Pick<EventLog, 'tick' | 'error'>;
  /** Forgets deployments that were deleted long ago. */
  readonly forgetDeleted: () => Promise<void>;
  /** Renews, switches and reloads certificates where it is time. */
  readonly keepCertificates: () => Promise<void>;
  /** Notes that the service runs, for the next start. */
  readonly noteAlive: (now: number) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface Task {
  readonly everyMs: number;
  readonly run: (now: number) => void | Promise<void>;
  dueAt: number;
  isRunning: boolean;
}

/** What has to be done from time to time. */
export class Upkeep implements Disposable {
  readonly #options: UpkeepOptions;
  readonly #tasks: readonly Task[];
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    const started = options.now();
    const task = (everyMs: number, dueAt: number, run: Task['run']): Task => ({
      everyMs,
      run,
      dueAt,
      isRunning: false,
    });
    this.#tasks = [
      task(SECOND_MS, started, (now) => options.log.tick(now)),
      task(SYSTEM_TOPICS_MS, started, (now) => this.#publishSystemTopics(now)),
      task(CERTIFICATES_MS, started, () => options.keepCertificates()),
      task(aliveEveryMs, started, (now) => options.noteAlive(now)),
      task(HOUR_MS, started + HOUR_MS, () => options.forgetDeleted()),
    ];
  }

  /** Calls `tick` every second until disposed. */
  start(): this {
    this.tick();
    this.#timer = setInterval(() => this.tick(), SECOND_MS);
    return this;
  }

  /** Begins what is due. */
  tick(): void {
    const now = this.#options.now();
    for (const task of this.#tasks) {
      // A clock that was set back may not put off what is due by more than one interval.
      task.dueAt = Math.min(task.dueAt, now + task.everyMs);
      if (task.isRunning || now < task.dueAt) continue;
      task.dueAt = now + task.everyMs;
      void this.#run(task, now);
    }
  }

  async #run(task: Task, now: number): Promise<void> {
    task.isRunning = true;
    try {
      await task.run(now);
    } catch (error) {
      this.#options.log.error(error instanceof Error ? error.message : String(error));
    } finally {
      task.isRunning = false;
    }
  }

  #publishSystemTopics(now: number): void {
    const { engine, systemTopics } = this.#options;
    for (const deployment of engine.deployments()) {
      const counters = engine.counters(deployment);
      if (counters === null) continue;
      for (const [topic, payload] of systemTopics.changes(deployment, counters, now)) {
        engine.publish(deployment, topic, new TextEncoder().encode(payload), true, now);
      }
    }
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }
}
