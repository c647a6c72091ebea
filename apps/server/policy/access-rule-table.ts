import type { DeploymentId } from '../../../packages/engine/ids.ts';
import type { AccessRules, Decision, Subject } from '../../../packages/engine/ports.ts';
import type { AccessRuleList } from './access-rule.ts';
import { RuleSet } from './rule-set.ts';

/** "May this client do that?" */
export interface AccessQuestion {
  readonly clientId: string;
  readonly username: string | null;
  readonly action: 'publish' | 'subscribe';
  /** A topic name to publish to, or a topic filter to subscribe to. */
  readonly topic: string;
}

export interface AccessAnswer {
  readonly allowed: boolean;
  /** Id of the rule that decided; null: the default. */
  readonly rule: string | null;
  /** What denies a part of a topic filter that may be subscribed to; null where nothing does. */
  readonly cutBy: { readonly rule: string | null } | null;
}

/** What was compiled for a session, and what from. */
interface Compiled {
  readonly from: RuleSet;
  readonly clientId: string;
  readonly username: string | null;
  readonly rules: AccessRules | null;
}

const noRules = new RuleSet({ default: 'allow', rules: [] });

/** The access rules of all deployments in memory, compiled. The control plane fills it. */
export class AccessRuleTable {
  readonly #sets = new Map<DeploymentId, RuleSet>();
  /** By session: the same rules come back until they change, and go when the session goes. */
  readonly #compiled = new WeakMap<Subject, Compiled>();

  put(deployment: DeploymentId, list: AccessRuleList): void {
    if (list.rules.length === 0 && list.default === 'allow') this.#sets.delete(deployment);
    else this.#sets.set(deployment, new RuleSet(list));
  }

  remove(deployment: DeploymentId): void {
    this.#sets.delete(deployment);
  }

  /** The rules of a subject; null where no rule cuts it. The same object as long as rules and subject are the same. */
  rulesOf(subject: Subject): AccessRules | null {
    const from = this.#sets.get(subject.deployment);
    if (from === undefined) return null;
    const { clientId, username } = subject;
    const known = this.#compiled.get(subject);
    if (known?.from === from && known.clientId === clientId && known.username === username) return known.rules;
    const rules = from.subjectRules(subject);
    this.#compiled.set(subject, { from, clientId, username, rules });
    return rules;
  }

  /** Decides as for a client that is connected, whether there is one or not. */
  answer(deployment: DeploymentId, question: AccessQuestion): AccessAnswer {
    const set = this.#sets.get(deployment) ?? noRules;
    const rules = set.compile(question, 0);
    const answer = (decision: Decision, cut: Decision | null): AccessAnswer => ({
      allowed: decision.allowed,
      rule: set.ruleOf(decision),
      cutBy: cut === null ? null : { rule: set.ruleOf(cut) },
    });
    if (question.action === 'publish') return answer(rules.publish(question.topic), null);
    const decision = rules.subscribe(question.topic);
    return answer(decision, decision.allowed ? rules.judge(question.topic).denying : null);
  }
}
