import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { FailureTable } from './failure-table.ts';
import { remoteNetwork } from './remote-network.ts';

/** Who tries to log in, and from where. */
export interface LoginAttempt {
  readonly deployment: DeploymentId;
  readonly username: string;
  readonly remoteAddress: string;
}

export interface FailedLoginsOptions {
  /** Entries of each of the three tables. */
  readonly capacity?: number;
}

const defaultCapacity = 32_768;
/** No credential has a longer name: counting such names would only fill memory. */
const usernameLengthMax = 256;
/** How long an address that logged in with a user name is known. */
const familiarMs = 24 * 3_600_000;

/**
 * Limits guessing of passwords: after `failedLoginsPerMinute` failures from one address, or of one user name,
 * that address or name is refused for the next minute, with whatever password.
 *
 * - Both are counted within a deployment, so that a neighbour behind the same address cannot shut a deployment out.
 * - A user name under attack stays usable for its own devices: an address from which the name logged in with
 *   the right password within the last day is not touched by the block of the name. It would otherwise be
 *   enough to know a name to keep its devices out. Guessing from such an address is still limited by address.
 * - A right password from an unfamiliar address does wait until the block ends: if it were let in, the block would not
 *   slow down a guesser with many addresses at all.
 */
export class FailedLogins {
  readonly #capacity: number;
  readonly #byAddress: FailureTable;
  readonly #byUsername: FailureTable;
  /** Deployment, user name and address of successful log-ins with their time, least recent first. */
  readonly #familiar = new Map<string, number>();
  #lastSucceeded: { readonly attempt: LoginAttempt; readonly key: string } | null = null;

  constructor(options: FailedLoginsOptions = {}) {
    this.#capacity = options.capacity ?? defaultCapacity;
    this.#byAddress = new FailureTable(this.#capacity);
    this.#byUsername = new FailureTable(this.#capacity);
  }

  isBlocked(attempt: LoginAttempt, now: number): boolean {
    if (this.#byAddress.size === 0 && this.#byUsername.size === 0) return false;
    if (this.#byAddress.isBlocked(addressKey(attempt), now)) return true;
    if (!this.#byUsername.isBlocked(usernameKey(attempt), now)) return false;
    const seenAt = this.#familiar.get(familiarKey(attempt));
    return seenAt === undefined || now - seenAt >= familiarMs;
  }

  /** @param limit failures in a minute; null counts nothing. */
  failed(attempt: LoginAttempt, limit: number | null, now: number): void {
    if (limit === null) return;
    this.#byAddress.record(addressKey(attempt), limit, now);
    if (attempt.username.length <= usernameLengthMax) this.#byUsername.record(usernameKey(attempt), limit, now);
  }

  /** Remembers the address for the user name. Counters stay: a guesser with an account of its own must not reset them. */
  succeeded(attempt: LoginAttempt, now: number): void {
    const key = this.#keyOf(attempt);
    this.#familiar.delete(key);
    this.#familiar.set(key, now);
    if (this.#familiar.size <= this.#capacity) return;
    const [oldest] = this.#familiar.keys();
    if (oldest !== undefined) this.#familiar.delete(oldest);
  }

  /** Many that log in one after the other have the same: the text is made once for all of them. */
  #keyOf(attempt: LoginAttempt): string {
    const { deployment, username, remoteAddress } = attempt;
    const last = this.#lastSucceeded;
    if (
      last !== null &&
      last.attempt.deployment === deployment &&
      last.attempt.username === username &&
      last.attempt.remoteAddress === remoteAddress
    )
      return last.key;
    const key = familiarKey(attempt);
    this.#lastSucceeded = { attempt: { deployment, username, remoteAddress }, key };
    return key;
  }
}

// A deployment id and an address hold no space, so that no two attempts share a key by accident.
function addressKey(attempt: LoginAttempt): string {
  return `${attempt.deployment} ${remoteNetwork(attempt.remoteAddress)}`;
}

function usernameKey(attempt: LoginAttempt): string {
  return `${attempt.deployment} ${attempt.username}`;
}

function familiarKey(attempt: LoginAttempt): string {
  return `${addressKey(attempt)} ${attempt.username}`;
}
