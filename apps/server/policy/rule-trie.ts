import type { Decision } from '../../../packages/engine/ports.ts';

/** A rule in the order of trial. */
export interface RankedRule {
  readonly id: string;
  /** The rule with the lowest rank that matches decides. */
  readonly rank: number;
  /** The same object each time, so that a decision costs no allocation. */
  readonly decision: Decision;
}

/** What the placeholders stand for; null matches nothing. */
export interface PlaceholderValues {
  readonly clientId: string | null;
  readonly username: string | null;
}

/**
 * What a placeholder may stand for: null for a client id or user name that could be taken for a filter or for more
 * than one level. Such a rule then matches nothing.
 */
export function placeholderValue(name: string | null): string | null {
  return name === null || name === '' || /[+#/]/.test(name) ? null : name;
}

/** The topic filters of rules, level by level. The rules of one kind and subject share one. */
export class RuleNode {
  children: Map<string, RuleNode> | null = null;
  plus: RuleNode | null = null;
  clientId: RuleNode | null = null;
  username: RuleNode | null = null;
  /** The first rule whose filter ends here. */
  exact: RankedRule | null = null;
  /** The first rule whose filter goes on with `#`: it matches this level and all below. */
  below: RankedRule | null = null;
  /** Lowest ranks of the rules here and below, by permission; Infinity where there is none. */
  firstAllow = Infinity;
  firstDeny = Infinity;

  /** Adds a rule. Rules come in ascending rank: where two have the same filter the first stays. */
  insert(topicFilter: string, rule: RankedRule): void {
    this.#insert(topicFilter.split('/'), 0, rule);
  }

  #insert(levels: readonly string[], at: number, rule: RankedRule): void {
    this.#note(rule);
    const level = levels[at];
    if (level === undefined) this.exact ??= rule;
    else if (level === '#') this.below ??= rule;
    else this.#child(level).#insert(levels, at + 1, rule);
  }

  #note(rule: RankedRule): void {
    if (rule.decision.allowed) this.firstAllow = Math.min(this.firstAllow, rule.rank);
    else this.firstDeny = Math.min(this.firstDeny, rule.rank);
  }

  #child(level: string): RuleNode {
    if (level === '+') return (this.plus ??= new RuleNode());
    if (level === '${clientid}') return (this.clientId ??= new RuleNode());
    if (level === '${username}') return (this.username ??= new RuleNode());
    this.children ??= new Map();
    let child = this.children.get(level);
    if (child === undefined) this.children.set(level, (child = new RuleNode()));
    return child;
  }
}

/** Whether any filter that was inserted has a placeholder. */
export function hasPlaceholder(topicFilter: string): boolean {
  return topicFilter.includes('${clientid}') || topicFilter.includes('${username}');
}

/** Whether the first level of rules that begin with a wildcard or a placeholder may stand for the level [MQTT-4.7.2-1]. */
export function isWild(level: string | null, isFirst: boolean): boolean {
  return !isFirst || level === null || !level.startsWith('$');
}

/**
 * The nodes that one more level of a topic leads to.
 * @param level null stands for a level that is in no rule.
 */
export function advance(
  nodes: readonly RuleNode[],
  level: string | null,
  isFirst: boolean,
  values: PlaceholderValues,
): RuleNode[] {
  const reached: RuleNode[] = [];
  const wild = isWild(level, isFirst);
  for (const node of nodes) {
    if (level !== null) {
      const child = node.children?.get(level);
      if (child !== undefined) reached.push(child);
      if (wild && node.clientId !== null && level === values.clientId) reached.push(node.clientId);
      if (wild && node.username !== null && level === values.username) reached.push(node.username);
    }
    if (wild && node.plus !== null) reached.push(node.plus);
  }
  return reached;
}

/** The rule with the lower rank. */
export function earlier(one: RankedRule | null, other: RankedRule | null): RankedRule | null {
  if (one === null) return other;
  return other === null || one.rank < other.rank ? one : other;
}

/** The rule that decides for a topic: the lowest rank among those that match; null where none does. */
export function firstMatch(roots: readonly RuleNode[], topic: string, values: PlaceholderValues): RankedRule | null {
  let nodes: readonly RuleNode[] = roots;
  let best: RankedRule | null = null;
  let isFirst = true;
  for (let start = 0; start <= topic.length && nodes.length > 0;) {
    const slash = topic.indexOf('/', start);
    const end = slash === -1 ? topic.length : slash;
    const level = topic.slice(start, end);
    if (isWild(level, isFirst)) best = firstBelow(nodes, best);
    nodes = advance(nodes, level, isFirst, values);
    isFirst = false;
    start = end + 1;
  }
  return firstEnd(nodes, best);
}

/** The earliest of `best` and the rules with `#` at these nodes. */
export function firstBelow(nodes: readonly RuleNode[], best: RankedRule | null): RankedRule | null {
  let first = best;
  for (const node of nodes) first = earlier(first, node.below);
  return first;
}

/** The earliest of `best` and the rules that match a topic which ends at these nodes (`a/#` matches `a` too). */
export function firstEnd(nodes: readonly RuleNode[], best: RankedRule | null): RankedRule | null {
  let first = best;
  for (const node of nodes) first = earlier(earlier(first, node.exact), node.below);
  return first;
}
