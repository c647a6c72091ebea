import type { ConnectionId, DeploymentId } from '../../packages/engine/ids.ts';
import type { Limits } from '../../packages/engine/limits.ts';
import type {
  AccessRules,
  AuthenticationRequest,
  ConnectionFacts,
  Location,
  Policy,
  Subject,
} from '../../packages/engine/ports.ts';
import { matches, plainFilter } from './topics.ts';

/** What `guest` may not do in one deployment. */
export interface Restrictions {
  readonly publish: boolean;
  readonly subscribe: boolean;
  /** `x/h` may not be received, whatever the filter. */
  readonly hidden: boolean;
}

export const unrestricted: Restrictions = { publish: false, subscribe: false, hidden: false };

/** Policy of the simulated installation: verdicts come later, and rules and limits change while it runs. */
export class Rules implements Policy {
  readonly restrictions = new Map<DeploymentId, Restrictions>();
  readonly limitsOf = new Map<DeploymentId, Limits>();
  /** Connections whose user name and password are being checked. */
  pending: ConnectionId[] = [];
  readonly #effect: () => void;
  readonly #limits: Limits;

  /** @param effect called before the policy does something; may throw. */
  constructor(limits: Limits, effect: () => void) {
    this.#limits = limits;
    this.#effect = effect;
  }

  locate(facts: ConnectionFacts): Location {
    return facts.deployment === null
      ? { kind: 'refused', deployment: null, fault: 'sni.missing' }
      : { kind: 'found', deployment: facts.deployment };
  }

  limits(deployment: DeploymentId): Limits {
    return this.limitsOf.get(deployment) ?? this.#limits;
  }

  authenticate(connection: ConnectionId, _request: AuthenticationRequest): void {
    this.#effect();
    this.pending.push(connection);
  }

  accessRules({ deployment, username }: Subject): AccessRules | null {
    if (username !== 'guest') return null;
    const { publish, subscribe, hidden } = this.restrictions.get(deployment) ?? unrestricted;
    if (!publish && !subscribe && !hidden) return null;
    const decide = (denied: boolean) => ({ allowed: !denied, rule: denied ? 'guest' : null });
    return {
      publish: (topic) => decide(publish && topic.startsWith('x/')),
      subscribe: (topicFilter) => decide(subscribe && plainFilter(topicFilter).startsWith('x/')),
      deliveryFilter: (topicFilter) =>
        hidden && matches(plainFilter(topicFilter), 'x/h') ? (topic) => topic !== 'x/h' : null,
    };
  }

  newClientId(): string {
    throw new Error('every client has an identifier');
  }
}
