import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { BootError } from '../config/boot-error.ts';
import { changeKind, ChangeWriter } from './changes.ts';
import type { JournalRecord, ServerJournal } from './port.ts';
import type { FromWorker, StoredRecord, ToWorker } from './sqlite-messages.ts';

/** A journal in a file of SQLite. This side only encodes; a thread of its own waits for the disk. */
export class SqliteJournal implements ServerJournal {
  readonly durable = true;
  onDurable: (batch: number) => void = () => {};
  onFailure: (error: Error) => void = () => {};
  readonly #worker: Worker;
  readonly #writer = new ChangeWriter();
  /** Batches on their way, oldest first. */
  readonly #sent: { readonly batch: number; readonly bytes: number }[] = [];
  readonly #openedPromise = Promise.withResolvers<void>();
  readonly #closedPromise = Promise.withResolvers<void>();
  #page = Promise.withResolvers<readonly StoredRecord[]>();
  #warnings: readonly string[] = [];
  #openBatch = 1;
  #sentBytes = 0;
  #failure: Error | null = null;
  #isClosing = false;

  private constructor(path: string, isSynced: boolean) {
    this.#worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url).href, { name: 'journal' });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#hear(data));
    this.#worker.addEventListener('error', (event) =>
      this.#fail(new Error(`The journal's thread failed: ${event.message}`)),
    );
    // Whoever waits for one of these hears of a failure; where nobody does, `onFailure` has told it.
    for (const promise of [this.#closedPromise.promise, this.#page.promise]) promise.catch(() => {});
    this.#say({ kind: 'open', path, isSynced });
  }

  /**
   * Opens the file, and makes it where there is none.
   * @param durability `fsync`: a durable batch survives a power cut; `os`: the end of the process only.
   * @throws BootError when the file is damaged, newer, or not a journal.
   */
  static async open(path: string, durability: 'fsync' | 'os'): Promise<SqliteJournal> {
    const journal = new SqliteJournal(path, durability === 'fsync');
    try {
      await journal.#openedPromise.promise;
    } catch (error) {
      journal.#worker.terminate();
      throw error;
    }
    return journal;
  }

  get openBatch(): number {
    return this.#openBatch;
  }

  get queuedBytes(): number {
    return this.#sentBytes + this.#writer.length;
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
    const [batch, bytes] = [this.#openBatch, this.#writer.take()];
    this.#openBatch += 1;
    this.#sent.push({ batch, bytes: bytes.length });
    this.#sentBytes += bytes.length;
    this.#worker.postMessage({ kind: 'append', batch, bytes } satisfies ToWorker, [bytes.buffer]);
  }

  async *restore(): AsyncIterable<JournalRecord> {
    for (;;) {
      this.#page = Promise.withResolvers();
      this.#page.promise.catch(() => {});
      if (this.#failure !== null) throw this.#failure;
      this.#say({ kind: 'restore' });
      const records = await this.#page.promise;
      if (records.length === 0) return;
      for (const record of records) yield { ...record, deployment: record.deployment as DeploymentId };
    }
  }

  close(): Promise<void> {
    if (!this.#isClosing && this.#failure === null) {
      this.flush();
      this.#say({ kind: 'close' });
    }
    this.#isClosing = true;
    return this.#closedPromise.promise;
  }

  #say(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromWorker): void {
    if (message.kind === 'durable') this.#settle(message.batch);
    else if (message.kind === 'page') this.#page.resolve(message.records);
    else if (message.kind === 'opened') {
      this.#warnings = message.warnings;
      this.#openedPromise.resolve();
    } else if (message.kind === 'closed') {
      this.#worker.terminate();
      this.#closedPromise.resolve();
    } else {
      const { remedy, isFinal } = message;
      const error = remedy === null ? new Error(message.message) : new BootError(message.message, remedy);
      // A close does not wait for a full disk to become free.
      if (isFinal || this.#isClosing) this.#fail(error);
      else this.onFailure(error);
    }
  }

  #settle(batch: number): void {
    let count = 0;
    for (const sent of this.#sent) {
      if (sent.batch > batch) break;
      this.#sentBytes -= sent.bytes;
      count += 1;
    }
    this.#sent.splice(0, count);
    this.onDurable(batch);
  }

  #fail(error: Error): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#openedPromise.reject(error);
    this.#page.reject(error);
    this.#closedPromise.reject(error);
    this.#worker.terminate();
    this.onFailure(error);
  }
}
