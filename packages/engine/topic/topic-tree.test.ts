import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { topicMatchesFilter } from './names.ts';
import { TopicTree } from './topic-tree.ts';

const level = fc.constantFrom('', 'a', 'b', 'c', '$a');
const topics = fc
  .array(level, { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join('/'))
  .filter((topic) => topic !== '');
const filters = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 4 }), fc.boolean())
  .map(([levels, hash]) => (hash ? [...levels, '#'] : levels).join('/'))
  .filter((topicFilter) => topicFilter !== '');
const changes = fc.array(fc.record({ set: fc.boolean(), topic: topics, value: fc.nat(9) }), { maxLength: 40 });

interface Change {
  readonly set: boolean;
  readonly topic: string;
  readonly value: number;
}

function apply(tree: TopicTree<number>, model: Map<string, number>, { set, topic, value }: Change): void {
  if (set) {
    tree.set(topic, value);
    model.set(topic, value);
  } else {
    expect(tree.delete(topic)).toBe(model.delete(topic));
  }
}

function matches<V>(tree: TopicTree<V>, topicFilter: string): [string, V][] {
  const found: [string, V][] = [];
  tree.matchFilter(topicFilter, (value, topic) => found.push([topic, value]));
  return found;
}

describe('TopicTree', () => {
  test('finds what a walk over all topics finds', () => {
    fc.assert(
      fc.property(changes, fc.array(filters, { minLength: 1, maxLength: 8 }), (made, asked) => {
        const tree = new TopicTree<number>();
        const model = new Map<string, number>();
        for (const change of made) apply(tree, model, change);
        expect(tree.count).toBe(model.size);
        for (const [topic, value] of model) expect(tree.get(topic)).toBe(value);
        for (const topicFilter of asked) {
          const expected = [...model].filter(([topic]) => topicMatchesFilter(topic, topicFilter));
          const found = matches(tree, topicFilter);
          expect(found).toHaveLength(expected.length);
          expect(new Map(found)).toEqual(new Map(expected));
        }
        for (const topic of model.keys()) expect(tree.delete(topic)).toBe(true);
        expect([tree.count, tree.nodeCount]).toEqual([0, 0]);
      }),
      { numRuns: 1000 },
    );
  });

  test('a topic that stays comes once, whatever changes between the steps', () => {
    fc.assert(
      fc.property(changes, filters, changes, (before, topicFilter, between) => {
        const tree = new TopicTree<number>();
        const model = new Map<string, number>();
        for (const change of before) apply(tree, model, change);
        const stays = new Set([...model.keys()].filter((topic) => topicMatchesFilter(topic, topicFilter)));
        const counts = new Map<string, number>();
        const waiting = [...between];
        for (const { topic, value } of tree.entries(topicFilter)) {
          // What comes is there at that moment, with its value of that moment.
          expect(topicMatchesFilter(topic, topicFilter)).toBe(true);
          expect(model.get(topic)).toBe(value);
          counts.set(topic, (counts.get(topic) ?? 0) + 1);
          // Each change once, so that the walk ends.
          const change = waiting.pop();
          if (change === undefined) continue;
          apply(tree, model, change);
          if (!change.set) stays.delete(change.topic);
        }
        for (const topic of stays) expect(counts.get(topic)).toBe(1);
      }),
      { numRuns: 2000 },
    );
  });

  test('a topic comes before those below it, and siblings in the order in which they appeared', () => {
    const tree = new TopicTree<number>();
    for (const topic of ['b/x', 'a/y', 'b', 'a/x', 'c', 'b/a']) tree.set(topic, 0);
    tree.set('b/x', 1);
    const names = (topicFilter: string): string[] => matches(tree, topicFilter).map(([topic]) => topic);
    expect(names('#')).toEqual(['b', 'b/x', 'b/a', 'a/y', 'a/x', 'c']);
    expect(names('+/x')).toEqual(['b/x', 'a/x']);
    tree.delete('b/x');
    tree.set('b/x', 2);
    expect(names('b/+')).toEqual(['b/a', 'b/x']);
  });

  test('[MQTT-4.7.2-1] wildcards at the first level do not see topics with `$`', () => {
    const tree = new TopicTree<number>();
    tree.set('$SYS/load', 1);
    tree.set('plain', 2);
    expect(matches(tree, '#')).toEqual([['plain', 2]]);
    expect(matches(tree, '+/load')).toEqual([]);
    expect(matches(tree, '$SYS/#')).toEqual([['$SYS/load', 1]]);
  });

  test('deep topics do not overflow the stack', () => {
    const tree = new TopicTree<number>();
    const deep = Array.from({ length: 32_767 }, () => 'a').join('/');
    tree.set(deep, 1);
    expect(matches(tree, '#')).toEqual([[deep, 1]]);
    expect(matches(tree, deep.replaceAll('a', '+'))).toEqual([[deep, 1]]);
    expect(matches(tree, deep)).toEqual([[deep, 1]]);
    tree.delete(deep);
    expect(tree.nodeCount).toBe(0);
  });

  test('what is not there cannot be deleted', () => {
    const tree = new TopicTree<number>();
    tree.set('a/b', 1);
    expect([tree.delete('a'), tree.delete('a/b/c'), tree.delete('b')]).toEqual([false, false, false]);
    expect(tree.get('a')).toBeUndefined();
    expect(tree.get('a/b')).toBe(1);
  });
});
