import type { DeploymentId } from '../../packages/engine/ids.ts';
import type { Journal } from '../../packages/engine/ports.ts';
import type { StoredRecord } from '../../packages/engine/restore.ts';
import type { Random } from '../random.ts';
import { demand } from './violation.ts';

interface Change {
  readonly deployment: DeploymentId;
  /** Null: all keys of the deployment. */
  readonly key: string | null;
  /** Null: deleted. */
  readonly value: Uint8Array | null;
}

interface Batch {
  readonly number: number;
  readonly changes: readonly Change[];
  /** When its first change was made. */
  readonly openedAt: number;
}

/** A journal whose batches become durable in order and when the simulation says so, and which a crash cuts anywhere between. */
export class Disk implements Journal {
  readonly durable: boolean;
  openBatch: number;
  /** Highest batch that is durable; what the engine was told may be less. */
  durableBatch = 0;
  /** Nothing becomes durable meanwhile. */
  isFull = false;
  /** When the oldest of the durable batches was opened that the engine has not been told of. */
  untoldSince: number | null = null;
  #openedAt = 0;
  readonly #effect: () => void;
  readonly #clock: () => number;
  #open: Change[] = [];
  #closed: Batch[] = [];
  #stored = new Map<DeploymentId, Map<string, Uint8Array>>();

  /** @param effect called before each change; may throw. */
  constructor(durable: boolean, effect: () => void, clock: () => number) {
    this.durable = durable;
    this.openBatch = durable ? 1 : 0;
    this.#effect = effect;
    this.#clock = clock;
  }

  put(deployment: DeploymentId, key: string, value: Uint8Array): void {
    this.#change({ deployment, key, value: value.slice() });
  }

  delete(deployment: DeploymentId, key: string): void {
    this.#change({ deployment, key, value: null });
  }

  /** The deployment was deleted: all its records go. */
  forget(deployment: DeploymentId): void {
    if (this.durable) this.#change({ deployment, key: null, value: null });
  }

  #change(change: Change): void {
    demand(this.durable, 'a journal that keeps nothing is not written to', () => String(change.key));
    this.#effect();
    if (this.#open.length === 0) this.#openedAt = this.#clock();
    this.#open.push(change);
  }

  /** Batches that are closed and not durable. */
  get waiting(): number {
    return this.#closed.length;
  }

  /** The turn of the loop ends: what was changed in it is a batch. */
  endTurn(): void {
    if (this.#open.length === 0) return;
    this.#closed.push({ number: this.openBatch++, changes: this.#open, openedAt: this.#openedAt });
    this.#open = [];
  }

  /** The oldest closed batch becomes durable. @returns whether there was one, and room for it. */
  write(): boolean {
    const batch = this.isFull ? undefined : this.#closed.shift();
    if (batch === undefined) return false;
    for (const change of batch.changes) this.#apply(change);
    this.durableBatch = batch.number;
    this.untoldSince ??= batch.openedAt;
    return true;
  }

  #apply({ deployment, key, value }: Change): void {
    if (key === null) {
      this.#stored.delete(deployment);
      return;
    }
    let records = this.#stored.get(deployment);
    if (records === undefined) {
      records = new Map();
      this.#stored.set(deployment, records);
    }
    if (value === null) records.delete(key);
    else records.set(key, value);
  }

  /** What a restart finds. */
  records(deployment: DeploymentId): StoredRecord[] {
    return [...(this.#stored.get(deployment) ?? [])].map(([key, value]) => ({ key, value: value.slice() }));
  }

  /** The process was killed after so many of the closed batches had reached the disk. @returns what the next one opens. */
  afterCrash(batchesMore: number): { disk: Disk; lost: number } {
    for (let count = 0; count < batchesMore && this.write(); count++);
    const disk = new Disk(this.durable, this.#effect, this.#clock);
    disk.#stored = this.#stored;
    return { disk, lost: this.#closed.length + (this.#open.length > 0 ? 1 : 0) };
  }
}

/** The records as a restart may find them: no journal promises an order. */
export function inAnyOrder(records: readonly StoredRecord[], random: Random): StoredRecord[] {
  return records
    .map((record) => ({ record, at: random.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ record }) => record);
}
