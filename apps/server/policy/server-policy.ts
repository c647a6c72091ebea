import { randomBytes } from 'node:crypto';
import type { ConnectionId, DeploymentId } from '../../../packages/engine/ids.ts';
import type { Limits } from '../../../packages/engine/limits.ts';
import type {
  AccessRules,
  AuthenticationRequest,
  ConnectionFacts,
  Location,
  Policy,
  Subject,
  Verdict,
} from '../../../packages/engine/ports.ts';
import type { AccessRuleTable } from './access-rule-table.ts';
import type { CredentialCheck, CredentialTable } from './credential-table.ts';
import type { DeploymentTable } from './deployment-table.ts';
import type { FailedLogins } from './failed-logins.ts';
import type { Locator } from './locate.ts';

export interface ServerPolicyOptions {
  readonly deployments: DeploymentTable;
  readonly locator: Locator;
  readonly credentials: CredentialTable;
  readonly rules: AccessRuleTable;
  readonly failedLogins: FailedLogins;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Takes the outcome of `authenticate`: leads to `Engine.authenticated`. */
  readonly answer: (connection: ConnectionId, verdict: Verdict) => void;
}

const accepted: Verdict = { kind: 'accepted' };
const missing: Verdict = { kind: 'refused', fault: 'credentials.missing' };
const tooManyFailures: Verdict = { kind: 'refused', fault: 'limit.failed-logins' };
const refusals: Record<Exclude<CredentialCheck, 'accepted'>, Verdict> = {
  'unknown-user': { kind: 'refused', fault: 'credentials.unknown-user' },
  'wrong-password': { kind: 'refused', fault: 'credentials.wrong-password' },
  disabled: { kind: 'refused', fault: 'credentials.disabled' },
};

/** Answers the engine from tables in memory; it never waits. */
export class ServerPolicy implements Policy {
  readonly #options: ServerPolicyOptions;

  constructor(options: ServerPolicyOptions) {
    this.#options = options;
  }

  locate(facts: ConnectionFacts): Location {
    return this.#options.locator.locate(facts, this.#options.now());
  }

  limits(deployment: DeploymentId): Limits {
    return this.#options.deployments.limits(deployment);
  }

  authenticate(connection: ConnectionId, request: AuthenticationRequest): void {
    this.#options.answer(connection, this.#judge(request));
  }

  accessRules(subject: Subject): AccessRules | null {
    return this.#options.rules.rulesOf(subject);
  }

  newClientId(): string {
    return `auto-${randomBytes(16).toString('base64url')}`;
  }

  #judge(request: AuthenticationRequest): Verdict {
    const { deployment, username, password, remoteAddress } = request;
    // Nothing was guessed, so nothing is counted: a device without credentials must not shut out its neighbours.
    if (username === null || password === null) return missing;
    const now = this.#options.now();
    const limit = this.limits(deployment).failedLoginsPerMinute;
    const { credentials, failedLogins } = this.#options;
    const attempt = { deployment, username, remoteAddress };
    if (limit !== null && failedLogins.isBlocked(attempt, now)) return tooManyFailures;
    const check = credentials.check(deployment, username, password);
    if (check === 'accepted') {
      failedLogins.succeeded(attempt, now);
      return accepted;
    }
    // The password of a disabled user was right: no guess either.
    if (check !== 'disabled') failedLogins.failed(attempt, limit, now);
    return refusals[check];
  }
}
