/** What the journal and its thread say to each other. */

/** A batch on its way. */
export interface Batch {
  readonly number: number;
  readonly bytes: Uint8Array;
}

export type ToWorker =
  /** First, and again after a failure: then the file is closed and opened anew, and what it holds is made durable. */
  | { readonly kind: 'open'; readonly path: string; readonly isSynced: boolean; readonly isAgain: boolean }
  /** Written in one transaction with whatever waits; those of one message never in two. */
  | { readonly kind: 'append'; readonly batches: readonly Batch[] }
  /** Asks for the next page of records. */
  | { readonly kind: 'restore' }
  | { readonly kind: 'close' };

export type FromWorker =
  | { readonly kind: 'opened'; readonly warnings: readonly string[] }
  /** Everything up to the batch is durable. */
  | { readonly kind: 'durable'; readonly batch: number }
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
