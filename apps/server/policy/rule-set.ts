import type { Decision, Subject } from '../../../packages/engine/ports.ts';
import { describeRule, type AccessRuleEntry, type AccessRuleList } from './access-rule.ts';
import type { SubjectTries } from './filter-judgement.ts';
import { hasPlaceholder, placeholderValue, RuleNode, type RankedRule } from './rule-trie.ts';
import { SubjectRules } from './subject-rules.ts';

/** Decisions that are kept for a subject with rules of its own, and for all others of a deployment together. */
const ownDecisionsMax = 32;
const commonDecisionsMax = 1024;

const kinds = ['clientId', 'username', 'all'] as const;

/** The filters of the rules for one action, found by whom they are about. */
class ActionRules {
  readonly #roots = { clientId: new Map<string, RuleNode>(), username: new Map<string, RuleNode>() };
  #all: RuleNode | null = null;
  #allHasPlaceholder = false;

  insert(entry: AccessRuleEntry, rule: RankedRule): void {
    this.#rootOf(entry).insert(entry.topicFilter, rule);
    if (entry.kind === 'all' && hasPlaceholder(entry.topicFilter)) this.#allHasPlaceholder = true;
  }

  /** Whether the same rules hold for this subject as for everybody without rules of their own. */
  isCommon({ clientId, username }: Pick<Subject, 'clientId' | 'username'>): boolean {
    if (this.#allHasPlaceholder || this.#roots.clientId.has(clientId)) return false;
    return username === null || !this.#roots.username.has(username);
  }

  rootsOf({ clientId, username }: Pick<Subject, 'clientId' | 'username'>): RuleNode[] {
    const roots = [
      this.#roots.clientId.get(clientId),
      username === null ? undefined : this.#roots.username.get(username),
      this.#all ?? undefined,
    ];
    return roots.filter((root) => root !== undefined);
  }

  #rootOf({ kind, subject }: AccessRuleEntry): RuleNode {
    if (kind === 'all' || subject === null) return (this.#all ??= new RuleNode());
    let root = this.#roots[kind].get(subject);
    if (root === undefined) this.#roots[kind].set(subject, (root = new RuleNode()));
    return root;
  }
}

/** The access rules of one deployment, compiled. Never changed: when a rule changes there is a new one. */
export class RuleSet {
  readonly #publish = new ActionRules();
  readonly #subscribe = new ActionRules();
  readonly #fallback: Decision;
  readonly #idsByText = new Map<string, string>();
  #common: SubjectRules | null | undefined;

  constructor(list: AccessRuleList) {
    this.#fallback = { allowed: list.default === 'allow', rule: null };
    const ordered = kinds.flatMap((kind) => list.rules.filter((entry) => entry.kind === kind));
    for (const [rank, entry] of ordered.entries()) {
      const text = describeRule(entry);
      const rule = { id: entry.id, rank, decision: { allowed: entry.permission === 'allow', rule: text } };
      this.#idsByText.set(text, entry.id);
      if (entry.action !== 'subscribe') this.#publish.insert(entry, rule);
      if (entry.action !== 'publish') this.#subscribe.insert(entry, rule);
    }
  }

  /** The rules of a subject; null where no rule cuts it. */
  subjectRules(subject: Pick<Subject, 'clientId' | 'username'>): SubjectRules | null {
    if (!this.#publish.isCommon(subject) || !this.#subscribe.isCommon(subject)) {
      return uncut(this.compile(subject, ownDecisionsMax));
    }
    if (this.#common === undefined) this.#common = uncut(this.compile(subject, commonDecisionsMax));
    return this.#common;
  }

  compile(subject: Pick<Subject, 'clientId' | 'username'>, decisionsMax: number): SubjectRules {
    const values = { clientId: placeholderValue(subject.clientId), username: placeholderValue(subject.username) };
    const triesOf = (rules: ActionRules): SubjectTries => ({
      roots: rules.rootsOf(subject),
      values,
      fallback: this.#fallback,
    });
    return new SubjectRules(triesOf(this.#publish), triesOf(this.#subscribe), decisionsMax);
  }

  /** The id of the rule that a decision names; null for the default. */
  ruleOf(decision: Decision | null): string | null {
    return decision === null || decision.rule === null ? null : (this.#idsByText.get(decision.rule) ?? null);
  }
}

function uncut(rules: SubjectRules): SubjectRules | null {
  return rules.allowEverything ? null : rules;
}
