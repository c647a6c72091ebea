import type { AccessRules, Decision } from '../../../packages/engine/ports.ts';
import { allowsEverything, judgeFilter, type FilterJudgement, type SubjectTries } from './filter-judgement.ts';
import { firstMatch } from './rule-trie.ts';

/** A longer topic is decided each time: the cache of a session stays small whatever the client publishes to. */
const cachedTopicCharactersMax = 256;

const sharePrefix = '$share/';

/** What is judged of a Shared Subscription: its topic filter (MQTT 5.0 section 4.8.2). */
export function unshared(topicFilter: string): string {
  if (!topicFilter.startsWith(sharePrefix)) return topicFilter;
  return topicFilter.slice(topicFilter.indexOf('/', sharePrefix.length) + 1);
}

/**
 * The rules of one subject, compiled. Never changed: when the rules of the deployment change there is a new one, and
 * with it a new delivery filter.
 */
export class SubjectRules implements AccessRules {
  readonly #publish: SubjectTries;
  readonly #subscribe: SubjectTries;
  readonly #decisionsMax: number;
  readonly #decisions = new Map<string, Decision>();
  #judged: { readonly topicFilter: string; readonly judgement: FilterJudgement } | null = null;

  /** @param decisionsMax topics whose decision is kept; the one that was decided first makes room for a new one. */
  constructor(publish: SubjectTries, subscribe: SubjectTries, decisionsMax: number) {
    this.#publish = publish;
    this.#subscribe = subscribe;
    this.#decisionsMax = decisionsMax;
  }

  /** Whether no rule cuts the subject. */
  get allowEverything(): boolean {
    return allowsEverything(this.#publish) && allowsEverything(this.#subscribe);
  }

  publish(topic: string): Decision {
    const known = this.#decisions.get(topic);
    if (known !== undefined) return known;
    const decision = decide(this.#publish, topic);
    if (topic.length <= cachedTopicCharactersMax) this.#keep(topic, decision);
    return decision;
  }

  subscribe(topicFilter: string): Decision {
    const { allowed, allowing, denying } = this.judge(topicFilter);
    if (allowed === 'none') return denying ?? this.#subscribe.fallback;
    return allowing ?? undecided;
  }

  deliveryFilter(topicFilter: string): ((topic: string) => boolean) | null {
    return this.judge(topicFilter).allowed === 'all' ? null : this.#mayReceive;
  }

  /** What the rules say of all topics that the filter matches. */
  judge(topicFilter: string): FilterJudgement {
    // Asked twice for a SUBSCRIBE: whether, and what at delivery.
    if (this.#judged?.topicFilter !== topicFilter)
      this.#judged = { topicFilter, judgement: judgeFilter(this.#subscribe, unshared(topicFilter)) };
    return this.#judged.judgement;
  }

  /** One function for all filters: the decision depends on the topic only. Routing keeps its answers by topic. */
  readonly #mayReceive = (topic: string): boolean => decide(this.#subscribe, topic).allowed;

  #keep(topic: string, decision: Decision): void {
    if (this.#decisions.size >= this.#decisionsMax) {
      const oldest = this.#decisions.keys().next();
      if (oldest.done !== true) this.#decisions.delete(oldest.value);
    }
    this.#decisions.set(topic, decision);
  }
}

/** Of a filter that was too hard to judge: the subscription stands, every topic is judged at delivery. */
const undecided: Decision = { allowed: true, rule: null };

function decide({ roots, values, fallback }: SubjectTries, topic: string): Decision {
  return firstMatch(roots, topic, values)?.decision ?? fallback;
}
