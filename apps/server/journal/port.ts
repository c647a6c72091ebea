import type { DeploymentId } from '../../../packages/engine/ids.ts';
import type { Journal } from '../../../packages/engine/ports.ts';

/** One record as it stands after all changes. */
export interface JournalRecord {
  readonly deployment: DeploymentId;
  readonly key: string;
  readonly value: Uint8Array;
}

/** The journal as the server holds it: what the engine writes to, and the batches, the disk and the restart behind it. */
export interface ServerJournal extends Journal {
  /** Called with the highest batch that is durable now; only ever rises. Set before the first `flush`. */
  onDurable: (batch: number) => void;
  /**
   * Called when a write failed. A full disk is tried again every second and this is called each time; any other failure
   * is final: no later batch becomes durable.
   */
  onFailure: (error: Error) => void;
  /** Bytes of changes that are not durable yet. The owner reads its publishers later when this is high. */
  readonly queuedBytes: number;
  /** What was put right when the journal was opened, one sentence each. */
  readonly warnings: readonly string[];
  /** Closes the open batch and starts writing it. Does nothing where nothing has changed. */
  flush(): void;
  /** All records, those of one deployment together. Once, before the first change. @throws when the journal is damaged. */
  restore(): AsyncIterable<JournalRecord>;
  /** Deletes every record of a deployment; a change like any other, in order with them. */
  forget(deployment: DeploymentId): void;
  /** Writes everything, then closes. @throws what kept it from being written. */
  close(): Promise<void>;
}
