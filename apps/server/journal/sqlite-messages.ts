/** What the journal and its thread say to each other. */

import type { Place } from './batch-memory.ts';

/** A batch on its way: its bytes lie in shared memory, and stay there until the journal has heard that it is durable. */
export interface Batch extends Place {
  readonly number: number;
}

/** What the service knows of its file, to tell it from any other that lies in its place. */
export interface KnownFile {
  /** Number of the last row that was said to be durable. */
  readonly seq: number;
  /** The service that had written to it last when this one opened it first; null where none had. */
  readonly writer: string | null;
}

export type ToWorker =
  /** First, and again after a failure: then the file is closed and opened anew, and what it holds is made durable. */
  | {
      readonly kind: 'open';
      readonly path: string;
      readonly isSynced: boolean;
      /** Name of this run of the service, which goes into the file with each transaction. */
      readonly service: string;
      /** null at the first time: then the file may be any, and is made where there is none. */
      readonly known: KnownFile | null;
    }
  /** Memory that batches lie in from now on; it is not needed any more. */
  | { readonly kind: 'shared'; readonly memory: number; readonly bytes: SharedArrayBuffer }
  | { readonly kind: 'unshared'; readonly memory: number }
  /**
   * Written in one transaction with whatever waits, and never in two with the batch behind it where `isLast` is false. Plain
   * fields only: such a message costs a third of one that holds an array of objects.
   */
  | ({ readonly kind: 'append'; readonly isLast: boolean } & Batch)
  /** Asks for the next page of records. */
  | { readonly kind: 'restore' }
  | { readonly kind: 'close' };

export type FromWorker =
  /** Before `opened`: what was put right, one sentence each. */
  | { readonly kind: 'warned'; readonly warnings: readonly string[] }
  | { readonly kind: 'opened'; readonly file: KnownFile }
  /** Everything up to the batch is durable; its last row has the number `seq`. */
  | { readonly kind: 'durable'; readonly batch: number; readonly seq: number }
  /** Records as puts, in the bytes of a batch: thousands of objects would take longer to hand over. An empty page is the last. */
  | { readonly kind: 'page'; readonly records: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'closed' }
  /** What was sent since the last `durable` may be written or not. Nothing is done any more until it is opened again. */
  | { readonly kind: 'failed'; readonly message: string; readonly remedy: string | null };

export interface StoredRecord {
  readonly deployment: string;
  readonly key: string;
  readonly value: Uint8Array;
}
