import type { ConnectionId, DeploymentId } from '../packages/engine/ids.ts';
import { defaultLimits, type Limits } from '../packages/engine/limits.ts';
import type {
  AccessRules,
  AuthenticationRequest,
  ConnectionFacts,
  Location,
  Policy,
  Subject,
  Verdict,
} from '../packages/engine/ports.ts';

/** The defaults without rates, which tests set where they are about them. */
function unhurriedLimits(): Limits {
  return {
    ...defaultLimits(),
    connectsPerSecond: null,
    messagesPerSecond: null,
    publishesPerSecondPerClient: null,
    bytesPerSecondPerClient: null,
  };
}

/** A policy that does what a test says: verdicts at once or late, limits, rules and locations. */
export class ScriptedPolicy implements Policy {
  readonly limitsOf = new Map<DeploymentId, Limits>();
  /** What `authenticate` answers; `'later'` leaves it to the test. */
  verdict: Verdict | 'later' = { kind: 'accepted' };
  readonly requests: AuthenticationRequest[] = [];
  rules: (subject: Subject) => AccessRules | null = () => null;
  /** By SNI or Host; else the label before the first dot is the deployment. */
  readonly locations = new Map<string, Location>();
  answer: (connection: ConnectionId, verdict: Verdict) => void = () => {};
  #lastClientId = 0;

  locate(facts: ConnectionFacts): Location {
    if (facts.deployment !== null) return { kind: 'found', deployment: facts.deployment };
    const name = facts.serverName ?? facts.host;
    if (name === null) return { kind: 'refused', deployment: null, fault: 'sni.missing' };
    const known = this.locations.get(name);
    if (known !== undefined) return known;
    const deployment = name.split('.')[0] as DeploymentId;
    if (this.limitsOf.has(deployment)) return { kind: 'found', deployment };
    return { kind: 'refused', deployment: null, fault: 'sni.unknown' };
  }

  limits(deployment: DeploymentId): Limits {
    let limits = this.limitsOf.get(deployment);
    if (limits === undefined) {
      limits = unhurriedLimits();
      this.limitsOf.set(deployment, limits);
    }
    return limits;
  }

  authenticate(connection: ConnectionId, request: AuthenticationRequest): void {
    this.requests.push(request);
    if (this.verdict !== 'later') this.answer(connection, this.verdict);
  }

  accessRules(subject: Subject): AccessRules | null {
    return this.rules(subject);
  }

  newClientId(): string {
    return `assigned-${++this.#lastClientId}`;
  }
}
