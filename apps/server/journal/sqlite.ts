import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { BootError } from '../config/boot-error.ts';
import { changeKind, ChangeWriter, readChanges } from './changes.ts';
import type { JournalRecord, ServerJournal } from './port.ts';
import { BatchQueue } from './queue.ts';
import type { Batch, FromWorker, ToWorker } from './sqlite-messages.ts';

const usual = { retryMs: 1_000, answerMsMax: 10_000 };

export interface SqliteJournalOptions {
  readonly path: string;
  /** `fsync`: a durable batch survives a power cut; `os`: the end of the process only. */
  readonly durability: 'fsync' | 'os';
  /** The program of its thread; tests have one that fails on demand. */
  readonly program?: string;
  /** After a failure, before the file is opened and written anew. */
  readonly retryMs?: number;
  /** A disk that has not answered for so long counts as failed. */
  readonly answerMsMax?: number;
}

/**
 * `opening`: for the first time. `writing`: all is well. `failing`: it could not be written; it is opened anew in a moment.
 * `renewing`: what waits is being written again. `closing`, `closed`.
 */
type Phase = 'opening' | 'writing' | 'failing' | 'renewing' | 'closing' | 'closed';

/** A journal in a file of SQLite. This side only encodes and keeps what is not durable; a thread of its own waits for the disk. */
export class SqliteJournal implements ServerJournal {
  readonly durable = true;
  onDurable: (batch: number) => void = () => {};
  onFailure: (error: Error) => void = () => {};
  onRecovery: () => void = () => {};
  onWarning: (warning: string) => void = () => {};
  /** The run of the service, as it stands in the file. */
  readonly #service = crypto.randomUUID();
  readonly #options: SqliteJournalOptions & typeof usual;
  readonly #writer = new ChangeWriter();
  readonly #queue = new BatchQueue({
    shared: (memory, bytes) => this.#say({ kind: 'shared', memory, bytes }),
    unshared: (memory) => this.#say({ kind: 'unshared', memory }),
  });
  readonly #openedPromise = Promise.withResolvers<void>();
  readonly #closedPromise = Promise.withResolvers<void>();
  #page = Promise.withResolvers<Uint8Array>();
  #worker: Worker | null = null;
  #phase: Phase = 'opening';
  #warnings: readonly string[] = [];
  /** What the file has to be when it is opened again; null before it was opened at all. */
  #known: { seq: number; readonly writer: string | null } | null = null;
  #openBatch = 1;
  /** The last one that was there when the file was opened anew. */
  #renewedUpTo = 0;
  #retry: ReturnType<typeof setTimeout> | null = null;
  readonly #watch: ReturnType<typeof setInterval>;
  /** What is wrong, as it was told last; null where nothing is. */
  #told: string | null = null;

  private constructor(options: SqliteJournalOptions) {
    this.#options = { ...usual, ...options };
    // Whoever waits for one of these hears of a failure; where nobody does, `onFailure` has told it.
    for (const promise of [this.#openedPromise.promise, this.#closedPromise.promise]) promise.catch(() => {});
    this.#watch = setInterval(() => this.#lookAtProgress(), this.#options.retryMs);
    this.#open();
  }

  /**
   * Opens the file, and makes it where there is none.
   * @throws BootError when the file is damaged, newer, or not a journal.
   */
  static async open(options: SqliteJournalOptions): Promise<SqliteJournal> {
    const journal = new SqliteJournal(options);
    await journal.#openedPromise.promise;
    return journal;
  }

  get openBatch(): number {
    return this.#openBatch;
  }

  get queuedBytes(): number {
    return this.#queue.bytes + this.#writer.length;
  }

  get queuedBytesOf(): ReadonlyMap<string, number> {
    return this.#queue.bytesOf;
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  put(deployment: DeploymentId, key: string, value: Uint8Array): void {
    this.#writer.write(changeKind.put, deployment, key, value);
  }

  delete(deployment: DeploymentId, key: string): void {
    this.#writer.write(changeKind.delete, deployment, key);
  }

  forget(deployment: DeploymentId): void {
    this.#writer.write(changeKind.forget, deployment, '');
  }

  flush(): void {
    if (this.#writer.length === 0) return;
    const batch = this.#queue.add(this.#openBatch, this.#writer.take(), performance.now());
    this.#openBatch += 1;
    if (this.#phase === 'writing') this.#append(batch, true);
  }

  async *restore(): AsyncIterable<JournalRecord> {
    for (;;) {
      this.#page = Promise.withResolvers();
      this.#say({ kind: 'restore' });
      const page = await this.#page.promise;
      if (page.length === 0) return;
      yield* recordsOf(page);
    }
  }

  close(): Promise<void> {
    if (this.#phase === 'closing' || this.#phase === 'closed') return this.#closedPromise.promise;
    this.flush();
    const phase = this.#phase;
    this.#phase = 'closing';
    if (phase === 'failing') {
      // Once more, for it may work by now; unless that is under way.
      if (this.#retry !== null) this.#open();
      return this.#closedPromise.promise;
    }
    // What waited is being written again; what has come since was not sent.
    if (phase === 'renewing') this.#appendAll(this.#renewedUpTo);
    this.#say({ kind: 'close' });
    return this.#closedPromise.promise;
  }

  #open(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    if (this.#worker === null) {
      this.#worker = this.#newWorker();
      this.#queue.tellMemory();
    }
    const { path, durability } = this.#options;
    this.#say({ kind: 'open', path, isSynced: durability === 'fsync', service: this.#service, known: this.#known });
  }

  #newWorker(): Worker {
    const program = this.#options.program ?? new URL('./sqlite-worker.ts', import.meta.url).href;
    const worker = new Worker(program, { name: 'journal' });
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (this.#worker === worker) this.#hear(data);
    });
    const ended = (why: string): void => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.#fail(new Error(why));
    };
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      ended(`its thread failed: ${event.message.split('\n').at(-1)}`);
    });
    worker.addEventListener('close', () => ended('its thread ended'));
    return worker;
  }

  #say(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  #append({ number, memory, start, end }: Batch, isLast: boolean): void {
    this.#say({ kind: 'append', number, memory, start, end, isLast });
  }

  /** Everything that waits behind that batch, in one transaction. */
  #appendAll(after = 0): void {
    const batches = this.#queue.batches.filter(({ number }) => number > after);
    for (const [index, batch] of batches.entries()) this.#append(batch, index === batches.length - 1);
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case 'durable':
        if (this.#known !== null) this.#known.seq = message.seq;
        this.#settle(message.batch);
        break;
      case 'page':
        this.#page.resolve(message.records);
        break;
      case 'warned':
        if (this.#phase === 'opening') this.#warnings = message.warnings;
        else for (const warning of message.warnings) this.onWarning(warning);
        break;
      case 'opened':
        this.#known ??= message.file;
        this.#opened();
        break;
      case 'closed':
        this.#end();
        this.#closedPromise.resolve();
        break;
      case 'failed': {
        const { remedy } = message;
        this.#fail(remedy === null ? new Error(message.message) : new BootError(message.message, remedy));
      }
    }
  }

  #opened(): void {
    if (this.#phase === 'opening') {
      this.#phase = 'writing';
      this.#openedPromise.resolve();
      return;
    }
    const { batches } = this.#queue;
    // All in one transaction: what of it was written before is written over, and never half of it.
    this.#appendAll();
    if (this.#phase === 'closing') {
      this.#say({ kind: 'close' });
      return;
    }
    this.#phase = 'renewing';
    this.#renewedUpTo = this.#openBatch - 1;
    if (batches.length === 0) this.#recovered();
  }

  #settle(batch: number): void {
    this.#queue.settle(batch);
    this.onDurable(batch);
    if (this.#phase === 'renewing' && batch >= this.#renewedUpTo) this.#recovered();
    else if (this.#phase === 'writing') this.#tellRecovery();
  }

  #recovered(): void {
    this.#phase = 'writing';
    this.#appendAll();
    this.#tellRecovery();
  }

  #tellRecovery(): void {
    if (this.#told === null) return;
    this.#told = null;
    this.onRecovery();
  }

  #fail(error: Error): void {
    const phase = this.#phase;
    if (phase === 'closed') return;
    if (phase === 'opening' || phase === 'closing') {
      this.#end();
      this.#openedPromise.reject(error);
      this.#closedPromise.reject(error);
      return;
    }
    this.#phase = 'failing';
    this.#page.promise.catch(() => {});
    this.#page.reject(error);
    this.#tellFailure(error);
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), this.#options.retryMs);
  }

  #tellFailure(error: Error): void {
    if (this.#told === error.message) return;
    this.#told = error.message;
    this.onFailure(error);
  }

  /** A disk that hangs says nothing. */
  #lookAtProgress(): void {
    if (this.#phase !== 'writing' && this.#phase !== 'renewing') return;
    const waits = performance.now() - this.#queue.waitingSince;
    if (waits > this.#options.answerMsMax) this.#tellFailure(new Error('the disk does not answer'));
  }

  #end(): void {
    this.#phase = 'closed';
    clearInterval(this.#watch);
    if (this.#retry !== null) clearTimeout(this.#retry);
    const worker = this.#worker;
    this.#worker = null;
    worker?.terminate();
  }
}

/** Values are copies: a view would keep the whole page in memory as long as one message of it lives. */
function recordsOf(page: Uint8Array): JournalRecord[] {
  const records: JournalRecord[] = [];
  readChanges(page, (_kind, deployment, key, value) =>
    records.push({ deployment: deployment as DeploymentId, key, value: value.slice() }),
  );
  return records;
}
