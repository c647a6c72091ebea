import type { Decision } from '../../../packages/engine/ports.ts';
import {
  advance,
  firstBelow,
  firstEnd,
  isWild,
  type PlaceholderValues,
  type RankedRule,
  type RuleNode,
} from './rule-trie.ts';

/** What the rules say of all topics that a topic filter matches. */
export interface FilterJudgement {
  /** `some`: at least one is allowed and at least one denied, or this was not decided within the budget. */
  readonly allowed: 'all' | 'some' | 'none';
  /** The decision on one topic that is allowed; null where none was found. */
  readonly allowing: Decision | null;
  /** The decision on one topic that is denied; null where none was found. */
  readonly denying: Decision | null;
}

/** The rules of one subject for one action. */
export interface SubjectTries {
  readonly roots: readonly RuleNode[];
  readonly values: PlaceholderValues;
  /** What holds where no rule matches. */
  readonly fallback: Decision;
}

/** Steps that a judgement may take. Real sets of rules need a few; only ones made to be hard need more. */
export const judgementStepsMax = 1000;

/**
 * Judges all topics that a filter matches (no `$share/`), by first match.
 *
 * A level of a topic matters to the rules only in which of their literals it equals, so it is enough to look at
 * those literals and at one level that equals none: the answer is exact although there are endless topics.
 * Where everything that is left is decided one way the search stops; it needs more than `stepsMax` steps only where
 * hundreds of rules overlap crosswise (`+/a/+`, `b/+/+`, ...). Then the answer is `some`: the subscription
 * stands and each topic is judged at delivery, so that nothing that is denied comes through.
 */
export function judgeFilter(
  tries: SubjectTries,
  topicFilter: string,
  stepsMax: number = judgementStepsMax,
): FilterJudgement {
  const search = new Search(tries, topicFilter.split('/'), stepsMax);
  search.visit({ nodes: tries.roots, at: 0, isFirst: true, prefixIsEmpty: false, best: null });
  const { allowing, denying, outOfSteps } = search;
  let allowed: FilterJudgement['allowed'] = 'some';
  if (!outOfSteps && denying === null) allowed = 'all';
  if (!outOfSteps && allowing === null) allowed = 'none';
  return { allowed, allowing, denying };
}

/** Whether the rules let a subject do everything, `$` topics included. May say false where it is hard to tell. */
export function allowsEverything(tries: SubjectTries): boolean {
  if (tries.fallback.allowed && tries.roots.every((root) => root.firstDeny === Infinity)) return true;
  const dollars = tries.roots
    .flatMap((root) => [...(root.children?.keys() ?? [])])
    .filter((level) => level.startsWith('$'));
  // No topic holds U+0000: it stands for the first levels with `$` that are in no rule.
  return ['#', '$\0/#', ...dollars.map((level) => `${level}/#`)].every(
    (topicFilter) => judgeFilter(tries, topicFilter).allowed === 'all',
  );
}

/** Where the search stands: all topics with one beginning. */
interface Place {
  readonly nodes: readonly RuleNode[];
  /** The level of the filter that is next. */
  readonly at: number;
  /** Nothing stands before. */
  readonly isFirst: boolean;
  /** The beginning is one empty level: no topic can end here, since a topic has at least one character. */
  readonly prefixIsEmpty: boolean;
  /** The earliest rule that matches whatever follows. */
  readonly best: RankedRule | null;
}

class Search {
  readonly #tries: SubjectTries;
  readonly #levels: readonly string[];
  #stepsLeft: number;
  outOfSteps = false;
  allowing: Decision | null = null;
  denying: Decision | null = null;

  constructor(tries: SubjectTries, levels: readonly string[], stepsMax: number) {
    this.#tries = tries;
    this.#levels = levels;
    this.#stepsLeft = stepsMax;
  }

  visit(place: Place): void {
    if (this.#isDone) return;
    if (this.#isUniform(place)) {
      this.#note(this.#example(place));
      return;
    }
    if (this.#stepsLeft-- <= 0) {
      this.outOfSteps = true;
      return;
    }
    const wanted = this.#levels[place.at];
    const mayEnd = wanted === undefined || (wanted === '#' && !place.isFirst);
    if (mayEnd && !place.prefixIsEmpty) this.#note(firstEnd(place.nodes, place.best));
    if (wanted === undefined) return;
    if (wanted !== '+' && wanted !== '#') {
      this.visit(this.#next(place, wanted));
      return;
    }
    this.visit(this.#next(place, null));
    for (const level of this.#literals(place)) {
      if (this.#isDone) return;
      this.visit(this.#next(place, level));
    }
  }

  get #isDone(): boolean {
    return this.outOfSteps || (this.allowing !== null && this.denying !== null);
  }

  /** Whether nothing below can decide otherwise than the rule, or the default, that holds here. */
  #isUniform({ nodes, best }: Place): boolean {
    const { allowed } = best?.decision ?? this.#tries.fallback;
    const rank = best?.rank ?? Infinity;
    return nodes.every((node) => (allowed ? node.firstDeny : node.firstAllow) >= rank);
  }

  #next(place: Place, level: string | null): Place {
    const { nodes, at, isFirst } = place;
    return {
      nodes: advance(nodes, level, isFirst, this.#tries.values),
      at: this.#levels[at] === '#' ? at : at + 1,
      isFirst: false,
      prefixIsEmpty: isFirst && level === '',
      best: isWild(level, isFirst) ? firstBelow(nodes, place.best) : place.best,
    };
  }

  /** The levels that mean something to the rules here and that a wildcard of the filter stands for. */
  *#literals({ nodes, at, isFirst }: Place): Generator<string> {
    const { clientId, username } = this.#tries.values;
    const seen = new Set<string>();
    const isNew = (level: string | null): level is string => {
      if (level === null || seen.has(level) || !isWild(level, isFirst)) return false;
      // `+` alone matches no empty topic.
      if (level === '' && isFirst && this.#levels.length === 1 && this.#levels[at] === '+') return false;
      seen.add(level);
      return true;
    };
    for (const node of nodes) {
      for (const level of node.children?.keys() ?? []) if (isNew(level)) yield level;
      if (node.clientId !== null && isNew(clientId)) yield clientId;
      if (node.username !== null && isNew(username)) yield username;
    }
  }

  /** The rule that decides for one topic with this beginning. */
  #example(start: Place): RankedRule | null {
    let place = start;
    for (let wanted = this.#levels[place.at]; wanted !== undefined; wanted = this.#levels[place.at]) {
      const isWildcard = wanted === '+' || wanted === '#';
      place = this.#next(place, isWildcard ? null : wanted);
      if (wanted === '#') break;
    }
    return firstEnd(place.nodes, place.best);
  }

  #note(rule: RankedRule | null): void {
    const decision = rule?.decision ?? this.#tries.fallback;
    if (decision.allowed) this.allowing ??= decision;
    else this.denying ??= decision;
  }
}
