/** What the control plane asks of the rest of the server. compose.ts hands the implementations over. */
import type { FaultName } from '../../../packages/faults/mod.ts';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import type { Limits } from '../../../packages/engine/limits.ts';

/** The running deployments: engine and listeners. Called after the change has been committed. */
export interface LiveDeployments {
  /**
   * Whether the deployment could have a plain listener on the port now, or has it: a stopped one keeps its listeners.
   * null is a deployment that is still to be made.
   */
  portIsFree(port: number, deployment: DeploymentId | null): Promise<boolean>;
  /**
   * Makes the deployment live in the engine and opens its plain listeners; null is no such listener.
   * @throws Error where a listener cannot be opened; those that were opened for it are closed again.
   */
  open(
    deployment: DeploymentId,
    plain: { readonly mqttPort: number | null; readonly wsPort: number | null },
  ): Promise<void>;
  /**
   * Closes all its connections with the fault. Sessions and plain listeners stay, so that its devices are told why they
   * may not connect, unless `forget` is set.
   */
  close(deployment: DeploymentId, fault: FaultName, forget: boolean): Promise<void>;
  /** Closes the connections that logged in with the user name. */
  closeUsername(deployment: DeploymentId, username: string, fault: FaultName): void;
  /** Limits or access rules have changed: the engine asks the policy again. */
  policyChanged(deployment: DeploymentId): void;
  /** null where the deployment is not live. */
  counters(deployment: DeploymentId): Readonly<{ connections: number; sessions: number; subscriptions: number }> | null;
}

/** What connections are located and limited by, in memory. */
export interface DeploymentIndex {
  put(entry: {
    readonly id: DeploymentId;
    readonly state: 'running' | 'stopped';
    readonly first: boolean;
    readonly names: readonly string[];
    readonly limits: Limits;
    readonly deletedAt: number | null;
  }): void;
  remove(deployment: DeploymentId): void;
}

/** What is kept of a password. */
export interface PasswordRecord {
  readonly salt: Uint8Array;
  readonly mac: Uint8Array;
  readonly pepperKeyId: string;
}

export interface CredentialRecord extends PasswordRecord {
  readonly username: string;
  readonly disabled: boolean;
}

/** What log-ins are checked against, in memory. */
export interface CredentialIndex {
  put(deployment: DeploymentId, record: CredentialRecord): void;
  remove(deployment: DeploymentId, username: string): void;
  removeAll(deployment: DeploymentId): void;
}

export interface PasswordHashing {
  hash(username: string, password: Uint8Array): PasswordRecord;
  /** Whether passwords under this key can still be checked. */
  knows(pepperKeyId: string): boolean;
}

export interface AccessRuleEntry {
  readonly id: string;
  readonly kind: 'clientId' | 'username' | 'all';
  /** The client id or user name; null where the kind is `all`. */
  readonly subject: string | null;
  readonly action: 'publish' | 'subscribe' | 'all';
  readonly permission: 'allow' | 'deny';
  readonly topicFilter: string;
}

/** What clients may do, in memory. */
export interface AccessRuleIndex {
  /** Puts all rules of a deployment in the place of those that were there, in the order in which they are tried. */
  put(
    deployment: DeploymentId,
    list: { readonly default: 'allow' | 'deny'; readonly rules: readonly AccessRuleEntry[] },
  ): void;
  remove(deployment: DeploymentId): void;
  /**
   * Decides as for a connected client. `rule` is the id of the rule that decided, null where the default did;
   * `cutBy` says what denies a part of a topic filter that may be subscribed to.
   */
  answer(
    deployment: DeploymentId,
    question: {
      readonly clientId: string;
      readonly username: string | null;
      readonly action: 'publish' | 'subscribe';
      readonly topic: string;
    },
  ): {
    readonly allowed: boolean;
    readonly rule: string | null;
    readonly cutBy: { readonly rule: string | null } | null;
  };
}
