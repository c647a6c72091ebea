import type { DeploymentId } from '../../../packages/engine/ids.ts';
import type { PasswordHasher, PasswordRecord } from './credential-hash.ts';

/** One user name of a deployment, as checks need it. */
export interface CredentialRecord extends PasswordRecord {
  readonly username: string;
  readonly disabled: boolean;
}

export type CredentialCheck = 'accepted' | 'unknown-user' | 'wrong-password' | 'disabled';

/** Called after a right password whose record stood under an old key. */
export type OnRehashed = (deployment: DeploymentId, before: CredentialRecord, after: CredentialRecord) => void;

/**
 * All credentials in memory, deployment by deployment, so that a log-in never waits for the database.
 * The control plane fills it at the start and after each commit.
 */
export class CredentialTable {
  readonly #hasher: PasswordHasher;
  readonly #onRehashed: OnRehashed;
  readonly #deployments = new Map<DeploymentId, Map<string, CredentialRecord>>();

  constructor(hasher: PasswordHasher, onRehashed: OnRehashed) {
    this.#hasher = hasher;
    this.#onRehashed = onRehashed;
  }

  put(deployment: DeploymentId, record: CredentialRecord): void {
    let records = this.#deployments.get(deployment);
    if (records === undefined) this.#deployments.set(deployment, (records = new Map<string, CredentialRecord>()));
    records.set(record.username, record);
  }

  remove(deployment: DeploymentId, username: string): void {
    this.#deployments.get(deployment)?.delete(username);
  }

  removeAll(deployment: DeploymentId): void {
    this.#deployments.delete(deployment);
  }

  /** Checks a user name and password. Takes the same time whether the user is known or not. */
  check(deployment: DeploymentId, username: string, password: Uint8Array): CredentialCheck {
    const record = this.#deployments.get(deployment)?.get(username);
    const right = this.#hasher.verify(record, username, password);
    if (record === undefined) return 'unknown-user';
    if (!right) return 'wrong-password';
    if (record.disabled) return 'disabled';
    if (this.#hasher.isOutdated(record)) this.#rehash(deployment, record, password);
    return 'accepted';
  }

  #rehash(deployment: DeploymentId, before: CredentialRecord, password: Uint8Array): void {
    const after = { ...before, ...this.#hasher.hash(before.username, password) };
    this.put(deployment, after);
    this.#onRehashed(deployment, before, after);
  }
}
