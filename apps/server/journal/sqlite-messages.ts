/** What the journal and its worker say to each other. */

export type ToWorker =
  | { readonly kind: 'open'; readonly path: string; readonly isSynced: boolean }
  | { readonly kind: 'append'; readonly batch: number; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Asks for the next page of records. */
  | { readonly kind: 'restore' }
  | { readonly kind: 'close' };

export type FromWorker =
  | { readonly kind: 'opened'; readonly warnings: readonly string[] }
  /** Everything up to the batch is durable. */
  | { readonly kind: 'durable'; readonly batch: number }
  /** An empty page is the last. */
  | { readonly kind: 'page'; readonly records: readonly StoredRecord[] }
  | { readonly kind: 'closed' }
  /** `remedy` is set where the failure is a BootError. After a final failure nothing is written any more. */
  | { readonly kind: 'failed'; readonly isFinal: boolean; readonly message: string; readonly remedy: string | null };

export interface StoredRecord {
  readonly deployment: string;
  readonly key: string;
  readonly value: Uint8Array;
}
