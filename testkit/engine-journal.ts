import type { DeploymentId } from '../packages/engine/ids.ts';
import type { Journal } from '../packages/engine/ports.ts';
import type { StoredRecord } from '../packages/engine/restore.ts';

interface Change {
  readonly deployment: DeploymentId;
  readonly key: string;
  /** Null: deleted. */
  readonly value: Uint8Array | null;
}

/** A journal in memory whose batches close and become durable only when a test says so. */
export class ManualJournal implements Journal {
  readonly durable: boolean;
  openBatch = 1;
  /** Changes of the open batch. */
  #open: Change[] = [];
  /** Closed, not durable yet, oldest first. */
  readonly #closed: { readonly batch: number; readonly changes: readonly Change[] }[] = [];
  readonly #stored = new Map<string, Change>();

  constructor(durable: boolean) {
    this.durable = durable;
    if (!durable) this.openBatch = 0;
  }

  put(deployment: DeploymentId, key: string, value: Uint8Array): void {
    this.#change({ deployment, key, value: value.slice() });
  }

  delete(deployment: DeploymentId, key: string): void {
    this.#change({ deployment, key, value: null });
  }

  #change(change: Change): void {
    if (!this.durable) throw new Error(`a journal that keeps nothing was written to: ${JSON.stringify(change.key)}`);
    this.#open.push(change);
  }

  /** Whether anything is not durable yet. */
  get pending(): boolean {
    return this.#open.length > 0 || this.#closed.length > 0;
  }

  /** The turn of the loop ends: what was changed is a batch. An empty one stays open, as in the real journals. */
  endTurn(): void {
    if (this.#open.length === 0) return;
    this.#closed.push({ batch: this.openBatch++, changes: this.#open });
    this.#open = [];
  }

  /** The oldest closed batch becomes durable. @returns its number; null when there is none. */
  settleOne(): number | null {
    const batch = this.#closed.shift();
    if (batch === undefined) return null;
    for (const change of batch.changes) {
      const at = `${change.deployment}\0${change.key}`;
      if (change.value === null) this.#stored.delete(at);
      else this.#stored.set(at, change);
    }
    return batch.batch;
  }

  /** What a restart finds: the durable records. */
  records(deployment: DeploymentId): StoredRecord[] {
    const records: StoredRecord[] = [];
    for (const change of this.#stored.values()) {
      if (change.deployment === deployment && change.value !== null)
        records.push({ key: change.key, value: change.value.slice() });
    }
    return records;
  }

  /** A journal that has only what is durable: the process was killed. */
  afterCrash(): ManualJournal {
    const next = new ManualJournal(this.durable);
    for (const [at, change] of this.#stored) next.#stored.set(at, change);
    return next;
  }
}
