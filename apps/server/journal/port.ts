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
   * Called when it cannot be written, once, and again where the reason changes. Nothing is lost: what was flushed waits and
   * is written again until that works, in the same order.
   */
  onFailure: (error: Error) => void;
  /** Called when it can be written again. */
  onRecovery: () => void;
  /** Bytes of changes that are not durable yet. The owner reads its publishers later when this is high. */
  readonly queuedBytes: number;
  /** Of those, the flushed ones of each deployment; deployments that have none are left out. */
  readonly queuedBytesOf: ReadonlyMap<string, number>;
  /** What was put right when the journal was opened, one sentence each. */
  readonly warnings: readonly string[];
  /** Called with what was put right when it was opened again after a failure, one sentence. */
  onWarning: (warning: string) => void;
  /** Closes the open batch and starts writing it. Does nothing where nothing has changed. */
  flush(): void;
  /** All records, those of one deployment together. Once, before the first change. @throws when the journal is damaged. */
  restore(): AsyncIterable<JournalRecord>;
  /** Deletes every record of a deployment; a change like any other, in order with them. */
  forget(deployment: DeploymentId): void;
  /** Writes everything, then closes. Does not wait for a disk that cannot be written. @throws what kept it from being written. */
  close(): Promise<void>;
}
