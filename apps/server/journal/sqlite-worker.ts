/** The thread of the journal: the only place that waits for the disk. */
import { BootError } from '../config/boot-error.ts';
import type { FromWorker, StoredRecord, ToWorker } from './sqlite-messages.ts';
import { SqliteStore } from './sqlite-store.ts';

declare const self: Worker;

/** A log below this is left alone: it is read again in a moment. */
const foldFromBytes = 2 * 1024 * 1024;
/** Above this a step of folding follows each transaction, whatever waits: the log must not outgrow the snapshot. */
const foldAlwaysFromBytes = 32 * 1024 * 1024;
/** What one step of folding takes at least: a few milliseconds that traffic may have to wait for. */
const foldStepBytes = 512 * 1024;
/** After a full disk. */
const retryMs = 1000;

let store: SqliteStore | null = null;
let waiting: { batch: number; bytes: Uint8Array }[] = [];
let isScheduled = false;
let isRestoring = false;
let hasFailed = false;
let restored: StoredRecord | null = null;

const say = (message: FromWorker) => self.postMessage(message);

self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (hasFailed) {
    if (data.kind === 'close') say({ kind: 'closed' });
    return;
  }
  try {
    handle(data);
  } catch (error) {
    fail(error, true);
  }
});

function handle(message: ToWorker): void {
  if (message.kind === 'open') {
    store = new SqliteStore(message.path, message.isSynced);
    say({ kind: 'opened', warnings: store.warnings });
  } else if (message.kind === 'append') {
    waiting.push(message);
    schedule();
  } else if (message.kind === 'restore') {
    restore(opened());
  } else {
    if (!write(opened())) return;
    opened().close();
    say({ kind: 'closed' });
  }
}

/** Not at once: batches that have already been sent join the same transaction. */
function schedule(delayMs = 0): void {
  if (isScheduled) return;
  isScheduled = true;
  const run = () => {
    isScheduled = false;
    try {
      turn(opened());
    } catch (error) {
      fail(error, true);
    }
  };
  if (delayMs === 0) setImmediate(run);
  else setTimeout(run, delayMs);
}

function turn(journal: SqliteStore): void {
  if (hasFailed) return;
  const isIdle = waiting.length === 0;
  const writtenBytes = waiting.reduce((sum, entry) => sum + entry.bytes.length, 0);
  if (!write(journal)) return schedule(retryMs);
  if (isRestoring || journal.logBytes < foldFromBytes) return;
  // Twice what was written, so that the log gets shorter under any load.
  if (isIdle || journal.logBytes > foldAlwaysFromBytes) journal.fold(Math.max(foldStepBytes, writtenBytes * 2));
  schedule();
}

/** @returns whether nothing waits any more. */
function write(journal: SqliteStore): boolean {
  const last = waiting.at(-1);
  if (last === undefined) return true;
  try {
    journal.append(waiting.map((entry) => entry.bytes));
  } catch (error) {
    // Only these leave the file as it was. After a failed sync nobody knows what is on the disk.
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code !== 'SQLITE_FULL' && !code.startsWith('SQLITE_BUSY')) throw error;
    fail(error, false);
    return false;
  }
  waiting = [];
  say({ kind: 'durable', batch: last.batch });
  return true;
}

function restore(journal: SqliteStore): void {
  if (!isRestoring) {
    isRestoring = true;
    while (journal.logBytes > 0) journal.fold(foldAlwaysFromBytes);
  }
  const records = journal.page(restored).map(({ deployment, key, value }) => ({ deployment, key, value }));
  restored = records.at(-1) ?? null;
  isRestoring = restored !== null;
  say({ kind: 'page', records });
}

function opened(): SqliteStore {
  if (store === null) throw new Error('the journal is not open');
  return store;
}

function fail(error: unknown, isFinal: boolean): void {
  hasFailed ||= isFinal;
  const message = error instanceof Error ? error.message : String(error);
  say({ kind: 'failed', isFinal, message, remedy: error instanceof BootError ? error.remedy : null });
}
