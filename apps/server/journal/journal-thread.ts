import { BootError } from '../config/boot-error.ts';
import { changeKind, ChangeWriter } from './changes.ts';
import { FoldPace } from './fold-pace.ts';
import type { Opener } from './sqlite-file.ts';
import type { FromWorker, StoredRecord, ToWorker } from './sqlite-messages.ts';

/** The file, as the thread uses it. */
export interface JournalStore {
  readonly warnings: readonly string[];
  readonly writer: string | null;
  readonly lastSeq: number;
  readonly logBytes: number;
  append(batches: readonly Uint8Array[]): void;
  renew(): void;
  fold(bytes: number): void;
  page(after: { readonly deployment: string; readonly key: string } | null): readonly StoredRecord[];
  close(): void;
  abandon(): void;
}

/** Opens the file. @throws where it cannot be opened, or is not the one that was open before. */
export type OpenStore = (path: string, isSynced: boolean, opener: Opener) => JournalStore;

/** A full disk may have no room to fold, and still some to append: folding is tried again after this. */
const foldAgainMs = 1_000;
/** While records are being read at the start: nobody waits for anything else. */
const restoreFoldBytes = 32 * 1024 * 1024;

interface WaitingBatch {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** What the thread of the journal does with what it is told. A failure ends it until it is told to open again. */
export class JournalThread {
  readonly #port: Worker;
  readonly #open: OpenStore;
  readonly #pace = new FoldPace();
  readonly #writer = new ChangeWriter();
  #store: JournalStore | null = null;
  /** Memory that batches lie in, by its number. */
  readonly #memory = new Map<number, SharedArrayBuffer>();
  #waiting: WaitingBatch[] = [];
  /** Those that go into one transaction with one that has not come yet. */
  #arriving: WaitingBatch[] = [];
  /**
   * Whether some of the write-ahead log may not be on the disk, though it is read as if it were: after any failure but a full disk, which
   * fails before it is synced. Of what others have left, a service before this one among them, nothing is known.
   */
  #isLogDoubtful = true;
  #isScheduled = false;
  #isRestoring = false;
  #restored: StoredRecord | null = null;
  #foldsFrom = 0;

  private constructor(port: Worker, open: OpenStore) {
    this.#port = port;
    this.#open = open;
  }

  /** Does what it is told through the port from now on. */
  static serve(port: Worker, open: OpenStore): void {
    const thread = new JournalThread(port, open);
    port.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => thread.#guarded(() => thread.#handle(data)));
  }

  #handle(message: ToWorker): void {
    if (message.kind === 'shared') {
      this.#memory.set(message.memory, message.bytes);
      return;
    }
    if (message.kind === 'unshared') {
      this.#memory.delete(message.memory);
      return;
    }
    if (message.kind === 'open') {
      this.#openStore(message);
      return;
    }
    // After a failure: what is said now was said before it was heard of.
    if (this.#store === null) return;
    if (message.kind === 'append') this.#receive(message);
    else if (message.kind === 'restore') this.#restore(this.#store);
    else {
      this.#write(this.#store);
      this.#store.close();
      this.#store = null;
      this.#say({ kind: 'closed' });
    }
  }

  #openStore({ path, isSynced, service, known }: Extract<ToWorker, { kind: 'open' }>): void {
    const store = this.#open(path, isSynced, { service, known, isLogDoubtful: this.#isLogDoubtful });
    this.#store = store;
    this.#isLogDoubtful = false;
    // Before anything else can fail: the next opening would find nothing to warn of.
    if (store.warnings.length > 0) this.#say({ kind: 'warned', warnings: store.warnings });
    if (known !== null) store.renew();
    this.#say({ kind: 'opened', file: { seq: store.lastSeq, writer: store.writer } });
  }

  #receive({ number, memory, start, end, isLast }: Extract<ToWorker, { kind: 'append' }>): void {
    const shared = this.#memory.get(memory);
    if (shared === undefined) throw new Error(`there is no memory ${memory}`);
    this.#arriving.push({ number, bytes: new Uint8Array(shared, start, end - start) });
    if (!isLast) return;
    this.#waiting.push(...this.#arriving);
    this.#arriving = [];
    this.#schedule();
  }

  /** Not at once: batches that have already been sent join the same transaction. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const store = this.#store;
      if (store !== null) this.#guarded(() => this.#turn(store));
    });
  }

  #turn(store: JournalStore): void {
    const begun = performance.now();
    const writtenBytes = this.#waiting.reduce((sum, batch) => sum + batch.bytes.length, 0);
    this.#write(store);
    if (this.#isRestoring || performance.now() < this.#foldsFrom) return;
    const bytes = this.#pace.bytes(store.logBytes, { bytes: writtenBytes, ms: performance.now() - begun });
    if (bytes > 0) this.#fold(store, bytes);
    if (bytes > 0 || this.#pace.isDue(store.logBytes)) this.#schedule();
  }

  #fold(store: JournalStore, bytes: number): void {
    const begun = performance.now();
    try {
      store.fold(bytes);
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#foldsFrom = begun + foldAgainMs;
    }
    this.#pace.took(bytes, performance.now() - begun);
  }

  #write(store: JournalStore): void {
    const last = this.#waiting.at(-1);
    if (last === undefined) return;
    store.append(this.#waiting.map(({ bytes }) => bytes));
    this.#waiting = [];
    this.#say({ kind: 'durable', batch: last.number, seq: store.lastSeq });
  }

  #restore(store: JournalStore): void {
    if (!this.#isRestoring) {
      this.#isRestoring = true;
      while (store.logBytes > 0) store.fold(restoreFoldBytes);
    }
    const page = store.page(this.#restored);
    for (const { deployment, key, value } of page) this.#writer.write(changeKind.put, deployment, key, value);
    this.#restored = page.at(-1) ?? null;
    this.#isRestoring = this.#restored !== null;
    const bytes = new Uint8Array(this.#writer.take().bytes);
    this.#port.postMessage({ kind: 'page', records: bytes } satisfies FromWorker, [bytes.buffer]);
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    try {
      this.#store?.abandon();
    } catch {
      // It could not be written; that it cannot be closed says nothing new.
    }
    this.#store = null;
    this.#waiting = [];
    this.#arriving = [];
    this.#isLogDoubtful ||= !isFull(error);
    const message = error instanceof Error ? error.message : String(error);
    this.#say({ kind: 'failed', message, remedy: error instanceof BootError ? error.remedy : null });
  }

  #say(message: FromWorker): void {
    this.#port.postMessage(message);
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'SQLITE_FULL';
}
