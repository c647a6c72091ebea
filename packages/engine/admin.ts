/** What the control plane may ask of a running engine: the one admin port. */
import type { FaultName } from '../faults/mod.ts';
import type { DeploymentId } from './ids.ts';
import type { LimitName } from './limits.ts';
import type { DeploymentCounters } from './ports.ts';

export interface EngineAdmin {
  /** Makes the deployment live, before its first connection. Limits are asked of Policy. */
  addDeployment(deployment: DeploymentId, now: number): void;
  /** Closes every connection of the deployment with the fault. Sessions stay unless `forget` is set. */
  closeDeployment(deployment: DeploymentId, fault: FaultName, forget: boolean, now: number): void;
  /** Closes every connection that logged in with the user name. */
  closeUsername(deployment: DeploymentId, username: string, fault: FaultName, now: number): void;
  /** Closes the connection of one client. @returns whether there was one. */
  closeClient(deployment: DeploymentId, clientId: string, fault: FaultName, now: number): boolean;
  /** Limits or rules of the deployment have changed: ask Policy again. */
  policyChanged(deployment: DeploymentId, now: number): void;
  /** Publishes as the server itself (`$SYS`); bypasses access rules and rate limits. */
  publish(deployment: DeploymentId, topic: string, payload: Uint8Array, retain: boolean, now: number): void;
  counters(deployment: DeploymentId): Readonly<DeploymentCounters> | null;
  /** How often each limit of the deployment was reached since the start; null where it is not live. */
  limitsReached(deployment: DeploymentId): Readonly<Record<LimitName, number>> | null;
  /** A limit that the engine does not see itself was reached: counts it. */
  limitReached(deployment: DeploymentId, limit: LimitName): void;
  deployments(): Iterable<DeploymentId>;
}
