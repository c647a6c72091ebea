import { describeSymptom } from '../report.ts';
import { ConnectionError } from '../symptom.ts';
import type { Board } from './board.ts';
import { Client } from './client.ts';
import { isRefusedByLimit } from './connection-limits.ts';
import { Histogram, type HistogramParts } from './histogram.ts';
import { openAll } from './open-all.ts';
import { Outgoing } from './outgoing.ts';
import { shareOf, type ConnectPlan } from './plan.ts';

/** What one thread has counted. Plain data. */
export interface ConnectPart {
  readonly opened: number;
  /** How often each reason came for which a connection was refused or lost. */
  readonly failures: Readonly<Record<string, number>>;
  /** Whether one of them looks like a limit of a deployment. */
  readonly isLimited: boolean;
  /** Of those that were opened. */
  readonly connectTimes: HistogramParts;
  readonly cpuShare: number;
}

/** The part of a load of connections that one thread does. */
export class ConnectLoad {
  readonly #plan: ConnectPlan;
  readonly #worker: number;
  readonly #board: Board;
  readonly #outgoing = new Outgoing(1024);
  readonly #clients: Client[] = [];
  readonly #failures: Record<string, number> = {};
  readonly #times = new Histogram();
  #isLimited = false;
  #cpuShare = 0;

  constructor(plan: ConnectPlan, worker: number, board: Board) {
    this.#plan = plan;
    this.#worker = worker;
    this.#board = board;
  }

  /** Opens all connections; what fails is counted. */
  async connect(): Promise<void> {
    const { connections, workers, concurrency, ratePerSecond } = this.#plan;
    const range = shareOf(connections, this.#worker, workers);
    const rate = ratePerSecond === null ? null : ratePerSecond / workers;
    const before = process.threadCpuUsage();
    const started = performance.now();
    await openAll({ ...range, concurrency, ratePerSecond: rate }, (index) => this.#open(index), this.#times);
    const used = process.threadCpuUsage(before);
    this.#cpuShare = (used.user + used.system) / 1000 / (performance.now() - started);
  }

  /** What was counted, with connections that were lost since. */
  part(): ConnectPart {
    return {
      opened: this.#clients.length,
      failures: { ...this.#failures },
      isLimited: this.#isLimited,
      connectTimes: this.#times.toParts(),
      cpuShare: this.#cpuShare,
    };
  }

  /** Closes all connections. */
  end(): void {
    for (const client of this.#clients) client.end();
  }

  /** @returns whether it was opened; why not is counted. */
  async #open(index: number): Promise<boolean> {
    const { endpoint, prefix } = this.#plan;
    const handler = {
      received: (client: Client) => client.answer(),
      settled: () => {},
      published: () => {},
      acknowledged: () => {},
      writable: () => {},
      reading: () => {},
      failed: (error: ConnectionError) => this.#failed(error),
    };
    try {
      this.#clients.push(await Client.open(endpoint, `${prefix}-c${index}`, this.#outgoing, handler));
      this.#board.tell(this.#worker, this.#clients.length, 0, 0);
      return true;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.#isLimited ||= isRefusedByLimit(error.symptom);
      this.#failed(error);
      return false;
    }
  }

  #failed(error: ConnectionError): void {
    const reason = describeSymptom(error.symptom, 'en');
    this.#failures[reason] = (this.#failures[reason] ?? 0) + 1;
  }
}
