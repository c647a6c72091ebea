/** The thread of the journal: the only place that waits for the disk. */
import { JournalThread } from './journal-thread.ts';
import { SqliteStore } from './sqlite-store.ts';

declare const self: Worker;

JournalThread.serve(self, (path, isSynced, opener) => new SqliteStore(path, isSynced, opener));
