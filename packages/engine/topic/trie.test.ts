import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { topicMatchesFilter } from './names.ts';
import { FilterTrie } from './trie.ts';

const level = fc.constantFrom('', 'a', 'b', 'c', '$a');
const topics = fc
  .array(level, { minLength: 1, maxLength: 5 })
  .map((levels) => levels.join('/'))
  .filter((topic) => topic !== '');
const filters = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 5 }), fc.boolean())
  .map(([levels, hash]) => (hash ? [...levels, '#'] : levels).join('/'))
  .filter((topicFilter) => topicFilter !== '');

function matches<V>(trie: FilterTrie<V>, topic: string): V[] {
  const found: V[] = [];
  trie.match(topic, (value) => found.push(value));
  return found.toSorted((a, b) => (a < b ? -1 : 1));
}

describe('FilterTrie', () => {
  test('finds what a walk over all filters finds, while filters come and go', () => {
    const change = fc.record({ insert: fc.boolean(), topicFilter: filters, value: fc.constantFrom(1, 2, 3) });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 60 }),
        fc.array(topics, { minLength: 1, maxLength: 10 }),
        (changes, asked) => {
          const trie = new FilterTrie<string>();
          const model = new Map<string, string>();
          for (const { insert, topicFilter, value } of changes) {
            const label = `${topicFilter} ${value}`;
            if (insert) {
              expect(trie.insert(topicFilter, label)).toBe(!model.has(label));
              model.set(label, topicFilter);
            } else {
              expect(trie.remove(topicFilter, label)).toBe(model.delete(label));
            }
          }
          expect(trie.size).toBe(model.size);
          for (const topic of asked) {
            const expected = [...model]
              .filter(([, topicFilter]) => topicMatchesFilter(topic, topicFilter))
              .map(([label]) => label);
            expect(matches(trie, topic)).toEqual(expected.toSorted());
          }
          for (const [label, topicFilter] of model) {
            expect(trie.get(topicFilter)).toContain(label);
            expect(trie.remove(topicFilter, label)).toBe(true);
            expect(trie.get(topicFilter)).not.toContain(label);
          }
          expect([trie.size, trie.nodeCount]).toEqual([0, 0]);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('a value comes once for each filter that matches', () => {
    const trie = new FilterTrie<string>();
    for (const topicFilter of ['a/b', 'a/+', '+/b', '#', 'a/b/#', 'a/c']) trie.insert(topicFilter, 'v');
    expect(matches(trie, 'a/b')).toEqual(['v', 'v', 'v', 'v', 'v']);
  });

  test('what is not there cannot be removed', () => {
    const trie = new FilterTrie<string>();
    trie.insert('a/+/c', 'v');
    for (const topicFilter of ['a/+', 'a/+/c/d', 'a/+/#', 'a/b/c', 'b/+/c'])
      expect(trie.remove(topicFilter, 'v')).toBe(false);
    expect(trie.remove('a/+/c', 'w')).toBe(false);
    expect(matches(trie, 'a/b/c')).toEqual(['v']);
  });

  test('the nodes of a filter go with it, those of its neighbours stay', () => {
    const trie = new FilterTrie<string>();
    trie.insert('a/b/c/+', 'v');
    const before = trie.nodeCount;
    for (const topicFilter of ['a/b/d/#', 'a/x/+/y', 'a/b', 'a/b/c/+/#']) {
      trie.insert(topicFilter, 'w');
      trie.remove(topicFilter, 'w');
    }
    expect(trie.nodeCount).toBe(before);
    expect(matches(trie, 'a/b/c/d')).toEqual(['v']);
  });

  test('the deepest filters and topics that fit do not overflow the stack', () => {
    const trie = new FilterTrie<string>();
    const depth = 32_767;
    const plusOnly = Array.from({ length: depth }, () => '+').join('/');
    const deep = Array.from({ length: depth }, () => 'a').join('/');
    trie.insert(plusOnly, 'plus');
    trie.insert(`${deep.slice(0, -1)}+`, 'last');
    trie.insert(`${deep.slice(0, -1)}#`, 'hash');
    expect(matches(trie, deep)).toEqual(['hash', 'last', 'plus']);
    expect(matches(trie, `${deep}/a`)).toEqual(['hash']);
    for (const [topicFilter, value] of [
      [plusOnly, 'plus'],
      [`${deep.slice(0, -1)}+`, 'last'],
      [`${deep.slice(0, -1)}#`, 'hash'],
    ] as const) {
      expect(trie.remove(topicFilter, value)).toBe(true);
    }
    expect(trie.nodeCount).toBe(0);
  });

  test('every mix of `a` and `+` in twelve levels matches once each', () => {
    const trie = new FilterTrie<number>();
    for (let bits = 0; bits < 2 ** 12; bits++) {
      trie.insert(Array.from({ length: 12 }, (_, index) => ((bits >> index) & 1 ? '+' : 'a')).join('/'), bits);
    }
    const topic = Array.from({ length: 12 }, () => 'a').join('/');
    expect(new Set(matches(trie, topic)).size).toBe(2 ** 12);
    expect(matches(trie, `${topic}/a`)).toEqual([]);
    expect(matches(trie, `b${topic.slice(1)}`)).toHaveLength(2 ** 11);
  });
});
