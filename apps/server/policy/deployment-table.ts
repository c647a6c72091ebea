import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { defaultLimits, type Limits } from '../../../packages/engine/limits.ts';

/** What connections need to know of a deployment. */
export interface DeploymentEntry {
  readonly id: DeploymentId;
  readonly state: 'running' | 'stopped';
  /** The first deployment also answers to the names of the installation. */
  readonly first: boolean;
  /** Further names that lead to it, lower case. */
  readonly names: readonly string[];
  readonly limits: Limits;
  /** Milliseconds since 1970; null while it exists. */
  readonly deletedAt: number | null;
}

/** The deployments in memory: by id, and by further name. The control plane fills it. */
export class DeploymentTable {
  readonly #entries = new Map<DeploymentId, DeploymentEntry>();
  readonly #names = new Map<string, DeploymentId>();
  readonly #defaults: Limits = Object.freeze(defaultLimits());
  #first: DeploymentId | null = null;

  /** The deployment that answers to the names of the installation; null where there is none. */
  get first(): DeploymentEntry | undefined {
    return this.#first === null ? undefined : this.#entries.get(this.#first);
  }

  put(entry: DeploymentEntry): void {
    this.remove(entry.id);
    this.#entries.set(entry.id, { ...entry, limits: Object.freeze({ ...entry.limits }) });
    for (const name of entry.names) this.#names.set(name, entry.id);
    if (entry.first) this.#first = entry.id;
  }

  remove(deployment: DeploymentId): void {
    const entry = this.#entries.get(deployment);
    if (entry === undefined) return;
    this.#entries.delete(deployment);
    for (const name of entry.names) if (this.#names.get(name) === deployment) this.#names.delete(name);
    if (this.#first === deployment) this.#first = null;
  }

  get(deployment: DeploymentId): DeploymentEntry | undefined {
    return this.#entries.get(deployment);
  }

  byName(name: string): DeploymentEntry | undefined {
    const id = this.#names.get(name);
    return id === undefined ? undefined : this.#entries.get(id);
  }

  /** The limits in force: the same frozen object until they change. Those of an unknown deployment are the defaults. */
  limits(deployment: DeploymentId): Limits {
    return this.#entries.get(deployment)?.limits ?? this.#defaults;
  }
}
