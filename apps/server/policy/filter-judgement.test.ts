import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Subject } from '../../../packages/engine/ports.ts';
import type { AccessRuleEntry, AccessRuleList } from './access-rule.ts';
import { allowsEverything, judgeFilter, type SubjectTries } from './filter-judgement.ts';
import { RuleSet } from './rule-set.ts';
import { placeholderValue, RuleNode } from './rule-trie.ts';

/** The rules as they are defined, without any cleverness: the reference for everything that is compiled. */
function levelsMatch(filter: readonly string[], topic: readonly string[]): boolean {
  const [wanted, ...further] = filter;
  if (wanted === '#') return true;
  const [level, ...rest] = topic;
  if (wanted === undefined || level === undefined) return wanted === level;
  return (wanted === '+' || wanted === level) && levelsMatch(further, rest);
}

function matches(topic: string, topicFilter: string, subject: Pick<Subject, 'clientId' | 'username'>): boolean {
  const startsWild = /^(\+|#|\$\{)/.test(topicFilter);
  if (topic.startsWith('$') && startsWild) return false;
  const filled: string[] = [];
  for (const level of topicFilter.split('/')) {
    const value = level === '${clientid}' ? subject.clientId : level === '${username}' ? subject.username : level;
    const isPlaceholder = value !== level;
    if (value === null || (isPlaceholder && (value === '' || /[+#/]/.test(value)))) return false;
    filled.push(value);
  }
  return (
    levelsMatch(filled, topic.split('/')) ||
    (filled.at(-1) === '#' && levelsMatch(filled.slice(0, -1), topic.split('/')))
  );
}

function decides(list: AccessRuleList, subject: Pick<Subject, 'clientId' | 'username'>, action: string, topic: string) {
  const about = (rule: AccessRuleEntry) =>
    rule.kind === 'all' || rule.subject === (rule.kind === 'clientId' ? subject.clientId : subject.username);
  for (const kind of ['clientId', 'username', 'all']) {
    for (const rule of list.rules) {
      if (rule.kind !== kind || !about(rule) || (rule.action !== 'all' && rule.action !== action)) continue;
      if (matches(topic, rule.topicFilter, subject)) return { allowed: rule.permission === 'allow', id: rule.id };
    }
  }
  return { allowed: list.default === 'allow', id: null };
}

/** Levels of topics: those of rules, the names of the client, and one that stands in no rule. */
const topicLevels = ['a', 'b', '', 'me', 'fresh', '$s'];
const lastLevels = ['a', 'me', 'fresh'];
const firstLevels = [...topicLevels, '$fresh'];
/** Of up to one level more than any rule has. */
const topics = [
  ...firstLevels,
  ...below(firstLevels, topicLevels),
  ...below(below(firstLevels, topicLevels), topicLevels),
  ...below(below(below(firstLevels, topicLevels), lastLevels), lastLevels),
].filter((topic) => topic !== '');

function below(parents: readonly string[], levels: readonly string[]): string[] {
  return parents.flatMap((parent) => levels.map((level) => `${parent}/${level}`));
}

const level = fc.constantFrom('a', 'b', '', 'me', '$s', '+');
const ruleLevel = fc.oneof({ weight: 6, arbitrary: level }, fc.constantFrom('${clientid}', '${username}'));
function filterOf(levels: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(fc.array(levels, { minLength: 0, maxLength: 3 }), fc.boolean())
    .map(([list, open]) => [...list.slice(0, open ? 2 : 3), ...(open ? ['#'] : [])].join('/'))
    .filter((filter) => filter !== '');
}

const subjects = fc.record({
  clientId: fc.constantFrom('me', 'b', 'me/me', '+', '#', '$s', 'a'),
  username: fc.constantFrom('me', 'b', '+', 'a/b', null),
});
const lists: fc.Arbitrary<AccessRuleList> = fc
  .record({
    default: fc.constantFrom('allow', 'deny'),
    rules: fc.array(
      fc.record({
        kind: fc.constantFrom('clientId', 'username', 'all'),
        subject: fc.constantFrom('me', 'a', '+'),
        action: fc.constantFrom('publish', 'subscribe', 'all'),
        permission: fc.constantFrom('allow', 'deny'),
        topicFilter: filterOf(ruleLevel),
      }),
      { maxLength: 6 },
    ),
  })
  .map(({ rules, ...rest }) => ({
    ...rest,
    rules: rules.map((rule, index) => ({
      ...rule,
      id: `r${index}`,
      subject: rule.kind === 'all' ? null : rule.subject,
    })),
  }));

describe('against the definition, over all topics of a small alphabet', () => {
  test('a publish is decided by the rule that comes first', () => {
    fc.assert(
      fc.property(lists, subjects, (list, subject) => {
        const set = new RuleSet(list);
        const rules = set.compile(subject, 8);
        const wrong = topics.filter((topic) => {
          const decision = rules.publish(topic);
          const wanted = decides(list, subject, 'publish', topic);
          return decision.allowed !== wanted.allowed || set.ruleOf(decision) !== wanted.id;
        });
        expect(wrong).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test('a subscription is refused when nothing may be received, filtered when a part may not, free when all may', () => {
    fc.assert(
      fc.property(lists, subjects, filterOf(level), (list, subject, topicFilter) => {
        const set = new RuleSet(list);
        const rules = set.compile(subject, 0);
        const matched = topics.filter((topic) => matches(topic, topicFilter, subject));
        const allowed = matched.filter((topic) => decides(list, subject, 'subscribe', topic).allowed);
        const judgement = rules.judge(topicFilter);
        expect(judgement.allowed).toBe(
          allowed.length === 0 ? 'none' : allowed.length === matched.length ? 'all' : 'some',
        );
        // The rule that is named has decided one of the topics that way.
        const named = [judgement.allowing, judgement.denying].map((decision) => decision && set.ruleOf(decision));
        for (const [index, name] of named.entries()) {
          const decision = index === 0 ? judgement.allowing : judgement.denying;
          if (decision === null) continue;
          const witness = matched.some((topic) => {
            const { allowed, id } = decides(list, subject, 'subscribe', topic);
            return allowed === (index === 0) && id === name;
          });
          expect(witness).toBe(true);
        }
        for (const filter of [topicFilter, `$share/group/${topicFilter}`]) {
          expect(rules.subscribe(filter).allowed).toBe(allowed.length > 0);
          const deliver = rules.deliveryFilter(filter) ?? (() => true);
          expect(matched.filter((topic) => deliver(topic))).toEqual(allowed);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('a subject that no rule cuts has no rules at all', () => {
    fc.assert(
      fc.property(lists, subjects, (list, subject) => {
        const free = ['publish', 'subscribe'].every((action) =>
          topics.every((topic) => decides(list, subject, action, topic).allowed),
        );
        expect(new RuleSet(list).subjectRules(subject) === null).toBe(free);
      }),
      { numRuns: 500 },
    );
  });

  test('short of steps nothing denied comes through and nothing allowed is refused', () => {
    fc.assert(
      fc.property(lists, filterOf(level), fc.integer({ min: 0, max: 4 }), (list, topicFilter, steps) => {
        const subject = { clientId: 'me', username: 'me' };
        const tries = triesOf(list, subject);
        const answers = new Set(
          topics
            .filter((topic) => matches(topic, topicFilter, subject))
            .map((topic) => decides(list, subject, 'subscribe', topic).allowed),
        );
        const judgement = judgeFilter(tries, topicFilter, steps);
        if (answers.has(false)) expect(judgement.allowed).not.toBe('all');
        if (answers.has(true)) expect(judgement.allowed).not.toBe('none');
      }),
      { numRuns: 500 },
    );
  });
});

/** One trie of the rules for subscribing that are about the subject, in order. */
function triesOf(list: AccessRuleList, subject: { clientId: string; username: string }): SubjectTries {
  const root = new RuleNode();
  let rank = 0;
  for (const kind of ['clientId', 'username', 'all']) {
    for (const rule of list.rules) {
      if (rule.kind !== kind || rule.action === 'publish') continue;
      if (kind !== 'all' && rule.subject !== (kind === 'clientId' ? subject.clientId : subject.username)) continue;
      const decision = { allowed: rule.permission === 'allow', rule: rule.id };
      root.insert(rule.topicFilter, { id: rule.id, rank: rank++, decision });
    }
  }
  return {
    roots: [root],
    values: { clientId: placeholderValue(subject.clientId), username: placeholderValue(subject.username) },
    fallback: { allowed: list.default === 'allow', rule: null },
  };
}

test('rules that cross each other at every level cost no more than the steps, and the answer is the careful one', () => {
  const root = new RuleNode();
  let rank = 0;
  // Every filter of a level and wildcards, allowed and then denied: nothing is decided early.
  for (let depth = 0; depth < 12; depth++) {
    for (const name of ['a', 'b', 'c']) {
      const levels = Array.from({ length: 12 }, (_, at) => (at === depth ? name : '+'));
      for (const allowed of [true, false]) {
        root.insert(levels.join('/'), { id: `r${rank}`, rank: rank++, decision: { allowed, rule: 'x' } });
      }
    }
  }
  const tries = { roots: [root], values: { clientId: null, username: null }, fallback: { allowed: true, rule: null } };
  expect(judgeFilter(tries, '#').allowed).toBe('some');
  expect(allowsEverything(tries)).toBe(false);
});
