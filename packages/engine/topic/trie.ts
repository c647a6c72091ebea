import { hasWildcard } from './names.ts';

/**
 * One level of the Topic Filters that have a wildcard. Most nodes have one child at most, and a Map for each would be
 * most of the memory and of the cache misses, so the first child is held by itself.
 */
class FilterNode<V> {
  /** The level that leads here; `+` for a node in a `plus` slot. */
  readonly level: string;
  onlyChild: FilterNode<V> | null = null;
  /** All literal children once there has been a second one; then `onlyChild` is null. */
  children: Map<string, FilterNode<V>> | null = null;
  plus: FilterNode<V> | null = null;
  /** Values of the filter that goes on with `#` here. */
  hash: V[] | null = null;
  /** Values of the filter that ends here. */
  values: V[] | null = null;

  constructor(level: string) {
    this.level = level;
  }

  get isEmpty(): boolean {
    return (
      this.onlyChild === null &&
      this.children === null &&
      this.plus === null &&
      this.hash === null &&
      this.values === null
    );
  }

  /** The node of a level that is not `#`. */
  next(level: string): FilterNode<V> | null {
    if (level === '+') return this.plus;
    if (this.onlyChild !== null) return this.onlyChild.level === level ? this.onlyChild : null;
    return this.children?.get(level) ?? null;
  }

  add(node: FilterNode<V>): void {
    if (node.level === '+') {
      this.plus = node;
    } else if (this.children !== null) {
      this.children.set(node.level, node);
    } else if (this.onlyChild === null) {
      this.onlyChild = node;
    } else {
      this.children = new Map([
        [this.onlyChild.level, this.onlyChild],
        [node.level, node],
      ]);
      this.onlyChild = null;
    }
  }

  delete(node: FilterNode<V>): void {
    if (this.plus === node) {
      this.plus = null;
    } else if (this.onlyChild === node) {
      this.onlyChild = null;
    } else if (this.children !== null) {
      this.children.delete(node.level);
      if (this.children.size === 0) this.children = null;
    }
  }
}

/** A branch that the search comes back to. */
interface Branch<V> {
  readonly node: FilterNode<V>;
  /** Where the next level of the topic starts. */
  readonly start: number;
  readonly next: Branch<V> | null;
}

/**
 * Values under Topic Filters, found by Topic Name (MQTT 5.0 section 4.7). Filters without a wildcard are one look-up;
 * the others lie in a tree of their levels, in which a search visits each node once at most and only those that match
 * the topic so far. Filters and topics are valid, and have no `$share/`: the caller has seen to it.
 *
 * Meant for few values under the same filter: `insert` and `remove` are linear in them.
 */
export class FilterTrie<V> {
  readonly #exact = new Map<string, V[]>();
  readonly #root = new FilterNode<V>('');
  /** Filters that start with `$` are kept apart, out of the sight of wildcards at the first level. */
  readonly #dollarRoot = new FilterNode<V>('');
  #size = 0;
  #nodeCount = 0;

  /** Values in the trie. */
  get size(): number {
    return this.#size;
  }

  /** Filters without a wildcard, and nodes for the others: 0 when nothing is left. */
  get nodeCount(): number {
    return this.#exact.size + this.#nodeCount;
  }

  /** Adds a value under a filter. @returns false where it is there already. */
  insert(topicFilter: string, value: V): boolean {
    const values = hasWildcard(topicFilter) ? this.#makeValues(topicFilter) : this.#makeExact(topicFilter);
    if (values.includes(value)) return false;
    values.push(value);
    this.#size++;
    return true;
  }

  /** Takes a value away from a filter. @returns false where it was not there. */
  remove(topicFilter: string, value: V): boolean {
    const wildcard = hasWildcard(topicFilter);
    const path = wildcard ? this.#path(topicFilter) : null;
    const values = path === null ? this.#exact.get(topicFilter) : valuesAt(path, topicFilter);
    const index = values?.indexOf(value) ?? -1;
    if (values === undefined || index === -1) return false;
    values.splice(index, 1);
    this.#size--;
    if (values.length > 0) return true;
    if (path === null) this.#exact.delete(topicFilter);
    else this.#prune(path, topicFilter);
    return true;
  }

  /** The values under exactly this filter, oldest first; valid until the trie changes. */
  get(topicFilter: string): readonly V[] {
    if (!hasWildcard(topicFilter)) return this.#exact.get(topicFilter) ?? [];
    return valuesAt(this.#path(topicFilter), topicFilter) ?? [];
  }

  /**
   * Calls `visit` with each value whose filter matches the topic; a value that is under several of them comes
   * as often. The order means nothing. `visit` must not change the trie.
   */
  match(topic: string, visit: (value: V) => void): void {
    const exact = this.#exact.get(topic);
    if (exact !== undefined) visitAll(exact, visit);
    let node = this.#rootOf(topic);
    let start = 0;
    let branches: Branch<V> | null = null;
    for (;;) {
      // Before the topic may end, because `#` stands for the parent level too (section 4.7.1.2).
      if (node.hash !== null) visitAll(node.hash, visit);
      let next: FilterNode<V> | null = null;
      if (start > topic.length) {
        if (node.values !== null) visitAll(node.values, visit);
      } else {
        const separator = topic.indexOf('/', start);
        const end = separator === -1 ? topic.length : separator;
        next = literalChild(node, topic, start, end);
        start = end + 1;
        if (node.plus !== null) {
          if (next === null) next = node.plus;
          else branches = { node: node.plus, start, next: branches };
        }
      }
      if (next === null) {
        if (branches === null) return;
        next = branches.node;
        start = branches.start;
        branches = branches.next;
      }
      node = next;
    }
  }

  #rootOf(topic: string): FilterNode<V> {
    return topic.startsWith('$') ? this.#dollarRoot : this.#root; // [MQTT-4.7.2-1]
  }

  #makeExact(topicFilter: string): V[] {
    let values = this.#exact.get(topicFilter);
    if (values === undefined) {
      values = [];
      this.#exact.set(topicFilter, values);
    }
    return values;
  }

  #makeValues(topicFilter: string): V[] {
    let node = this.#rootOf(topicFilter);
    for (const level of topicFilter.split('/')) {
      if (level === '#') return (node.hash ??= []);
      let next = node.next(level);
      if (next === null) {
        next = new FilterNode<V>(level);
        node.add(next);
        this.#nodeCount++;
      }
      node = next;
    }
    return (node.values ??= []);
  }

  /** The nodes from the root to where the filter ends; empty where it leads nowhere. */
  #path(topicFilter: string): FilterNode<V>[] {
    let node = this.#rootOf(topicFilter);
    const path = [node];
    for (const level of topicFilter.split('/')) {
      if (level === '#') break;
      const next = node.next(level);
      if (next === null) return [];
      path.push(next);
      node = next;
    }
    return path;
  }

  /** Drops the values of a filter, and each node that nothing needs any more. */
  #prune(path: readonly FilterNode<V>[], topicFilter: string): void {
    const last = path.at(-1);
    if (last === undefined) return;
    if (topicFilter.endsWith('#')) last.hash = null;
    else last.values = null;
    for (let index = path.length - 1; index > 0; index--) {
      const node = path[index];
      if (node === undefined || !node.isEmpty) return;
      path[index - 1]?.delete(node);
      this.#nodeCount--;
    }
  }
}

function visitAll<V>(values: readonly V[], visit: (value: V) => void): void {
  for (const value of values) visit(value);
}

function valuesAt<V>(path: readonly FilterNode<V>[], topicFilter: string): V[] | undefined {
  const last = path.at(-1);
  return (topicFilter.endsWith('#') ? last?.hash : last?.values) ?? undefined;
}

/** The child for the level `topic[start, end)`. A single child is compared in place; only a Map needs a string. */
function literalChild<V>(node: FilterNode<V>, topic: string, start: number, end: number): FilterNode<V> | null {
  const only = node.onlyChild;
  if (only !== null) return only.level.length === end - start && topic.startsWith(only.level, start) ? only : null;
  return node.children?.get(topic.slice(start, end)) ?? null;
}
