import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { faultNumber } from '../../../packages/faults/mod.ts';
import type { FaultName } from '../../../packages/faults/mod.ts';

/** One sum: how often a fault happened in a deployment, or (null) to connections that belong to none. */
export interface FaultCount {
  readonly deployment: DeploymentId | null;
  readonly fault: FaultName;
  readonly count: number;
}

/**
 * Counts faults. Its size is bounded by what exists, not by what guests send: deployments times names in the catalogue.
 * Ordinary ends (number 0) are no faults and are not counted.
 */
export class FaultCounts {
  readonly #counts = new Map<DeploymentId | null, Map<FaultName, number>>();

  add(deployment: DeploymentId | null, fault: FaultName, count: number): void {
    if (faultNumber(fault) === 0) return;
    const counts = this.#counts.get(deployment) ?? new Map<FaultName, number>();
    counts.set(fault, (counts.get(fault) ?? 0) + count);
    this.#counts.set(deployment, counts);
  }

  *entries(): Generator<FaultCount> {
    for (const [deployment, counts] of this.#counts) {
      for (const [fault, count] of counts) yield { deployment, fault, count };
    }
  }

  /** How often a fault happened in a deployment, or (null) to what belongs to none. */
  of(deployment: DeploymentId | null, fault: FaultName): number {
    return this.#counts.get(deployment)?.get(fault) ?? 0;
  }

  /** How often a fault happened, in all deployments that there are. */
  sum(fault: FaultName): number {
    let sum = 0;
    for (const counts of this.#counts.values()) sum += counts.get(fault) ?? 0;
    return sum;
  }

  /** The deployment is gone for good. */
  forget(deployment: DeploymentId): void {
    this.#counts.delete(deployment);
  }
}
