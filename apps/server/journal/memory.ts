import type { DeploymentId } from '../../../packages/engine/ids.ts';
import type { JournalRecord, ServerJournal } from './port.ts';

/** A journal that keeps nothing: nothing survives a restart and so nothing waits for it. */
export class MemoryJournal implements ServerJournal {
  readonly durable = false;
  /** Durable from the start. */
  readonly openBatch = 0;
  readonly queuedBytes = 0;
  readonly queuedBytesOf: ReadonlyMap<string, number> = new Map();
  readonly warnings: readonly string[] = [];
  onDurable: (batch: number) => void = () => {};
  onFailure: (error: Error) => void = () => {};
  onRecovery: () => void = () => {};
  onWarning: (warning: string) => void = () => {};

  put(_deployment: DeploymentId, _key: string, _value: Uint8Array): void {}
  delete(_deployment: DeploymentId, _key: string): void {}
  forget(_deployment: DeploymentId): void {}
  flush(): void {}
  async *restore(): AsyncIterable<JournalRecord> {}
  async close(): Promise<void> {}
}
