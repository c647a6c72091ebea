import { ConnectionError, type Symptom } from '../symptom.ts';
import { Board } from './board.ts';
import { ConnectLoad, type ConnectPart } from './connect-load.ts';
import { MessageLoad, type MessagePart, type RunTimes } from './message-load.ts';
import { isMessagePlan, type Plan } from './plan.ts';

/** What a thread is told. */
export type ToWorker =
  | { readonly kind: 'connect'; readonly plan: Plan; readonly worker: number; readonly board: SharedArrayBuffer }
  | { readonly kind: 'run'; readonly times: RunTimes | null }
  | { readonly kind: 'end' };

/** What a thread answers. */
export type FromWorker =
  | { readonly kind: 'connected' }
  | { readonly kind: 'messages'; readonly part: MessagePart }
  | { readonly kind: 'connections'; readonly part: ConnectPart }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly symptom: Symptom | null; readonly message: string };

/** Those who do a load together: this thread alone, or several others. */
export interface Crew {
  readonly board: Board;
  /** Opens all connections. @throws ConnectionError */
  connect(): Promise<void>;
  /** Runs a load of messages. @throws ConnectionError */
  runMessages(times: RunTimes): Promise<MessagePart[]>;
  /** What a load of connections has counted. */
  countConnections(): Promise<ConnectPart[]>;
  /** Closes all connections. */
  end(): Promise<void>;
}

/** Makes the crew that the plan asks for. */
export function makeCrew(plan: Plan): Crew {
  const board = new Board({ publishers: isMessagePlan(plan) ? plan.publishers : 0, workers: plan.workers }, null);
  if (plan.workers > 1) return new ThreadCrew(plan, board);
  return isMessagePlan(plan)
    ? messageCrew(new MessageLoad(plan, 0, board))
    : connectCrew(new ConnectLoad(plan, 0, board), board);
}

function messageCrew(load: MessageLoad): Crew {
  return {
    board: load.board,
    connect: () => load.connect(),
    runMessages: async (times) => [await load.run(times)],
    countConnections: () => Promise.resolve([]),
    end: () => Promise.resolve(load.end()),
  };
}

function connectCrew(load: ConnectLoad, board: Board): Crew {
  return {
    board,
    connect: () => load.connect(),
    runMessages: () => Promise.resolve([]),
    countConnections: () => Promise.resolve([load.part()]),
    end: () => Promise.resolve(load.end()),
  };
}

class ThreadCrew implements Crew {
  readonly board: Board;
  readonly #plan: Plan;
  readonly #threads: readonly Worker[];

  constructor(plan: Plan, board: Board) {
    this.#plan = plan;
    this.board = board;
    this.#threads = Array.from({ length: plan.workers }, () => new Worker(new URL('worker.ts', import.meta.url)));
  }

  async connect(): Promise<void> {
    const { buffer: board } = this.board;
    await this.#tellAll((worker) => ({ kind: 'connect', plan: this.#plan, worker, board }));
  }

  async runMessages(times: RunTimes): Promise<MessagePart[]> {
    const answers = await this.#tellAll(() => ({ kind: 'run', times }));
    return answers.flatMap((answer) => (answer.kind === 'messages' ? [answer.part] : []));
  }

  async countConnections(): Promise<ConnectPart[]> {
    const answers = await this.#tellAll(() => ({ kind: 'run', times: null }));
    return answers.flatMap((answer) => (answer.kind === 'connections' ? [answer.part] : []));
  }

  async end(): Promise<void> {
    await this.#tellAll(() => ({ kind: 'end' }));
    for (const thread of this.#threads) thread.terminate();
  }

  #tellAll(message: (worker: number) => ToWorker): Promise<FromWorker[]> {
    return Promise.all(this.#threads.map((thread, worker) => tell(thread, message(worker))));
  }
}

function tell(thread: Worker, message: ToWorker): Promise<FromWorker> {
  return new Promise((resolve, reject) => {
    thread.onmessage = ({ data }: { data: FromWorker }) => {
      if (data.kind !== 'failed') resolve(data);
      else reject(data.symptom === null ? new Error(data.message) : new ConnectionError(data.symptom));
    };
    thread.onerror = ({ message: text }) => reject(new Error(`a thread of the load ended: ${text}`));
    thread.postMessage(message);
  });
}
