/** A topic and what is kept under it. Never changed: `set` puts a new one in its place. */
export interface TopicEntry<V> {
  readonly topic: string;
  readonly value: V;
}

class TopicNode<V> {
  readonly level: string;
  children: Map<string, TopicNode<V>> | null = null;
  entry: TopicEntry<V> | null = null;

  constructor(level: string) {
    this.level = level;
  }
}

/** Nodes that a search has yet to look at, and the level of the filter that each is to match next. */
interface Pending<V> {
  readonly nodes: Iterator<TopicNode<V>>;
  readonly depth: number;
}

/**
 * Values under Topic Names, found by Topic Filter (MQTT 5.0 section 4.7): the counterpart of `FilterTrie`.
 *
 * Order: a topic comes before the topics below it, and levels side by side come in the order in which they first
 * appeared there. A level that was emptied and appears again counts as new.
 */
export class TopicTree<V> {
  readonly #root = new TopicNode<V>('');
  /** Topics that start with `$` are kept apart, out of the sight of wildcards at the first level. */
  readonly #dollarRoot = new TopicNode<V>('');
  #count = 0;
  #nodeCount = 0;

  /** Topics with a value. */
  get count(): number {
    return this.#count;
  }

  /** Nodes of the tree: 0 when nothing is left. */
  get nodeCount(): number {
    return this.#nodeCount;
  }

  get(topic: string): V | undefined {
    let node = this.#rootOf(topic);
    for (const level of topic.split('/')) {
      const next = node.children?.get(level);
      if (next === undefined) return undefined;
      node = next;
    }
    return node.entry?.value;
  }

  /** Puts a value under a topic, in place of the one that is there. */
  set(topic: string, value: V): void {
    let node = this.#rootOf(topic);
    for (const level of topic.split('/')) {
      node.children ??= new Map();
      let next = node.children.get(level);
      if (next === undefined) {
        next = new TopicNode(level);
        node.children.set(level, next);
        this.#nodeCount++;
      }
      node = next;
    }
    if (node.entry === null) this.#count++;
    node.entry = { topic, value };
  }

  /** @returns false where nothing was under the topic. */
  delete(topic: string): boolean {
    let node = this.#rootOf(topic);
    const path = [node];
    for (const level of topic.split('/')) {
      const next = node.children?.get(level);
      if (next === undefined) return false;
      path.push(next);
      node = next;
    }
    if (node.entry === null) return false;
    node.entry = null;
    this.#count--;
    this.#prune(path);
    return true;
  }

  /** Calls `visit` with each entry whose topic matches the filter, in the order of the tree. */
  matchFilter(topicFilter: string, visit: (value: V, topic: string) => void): void {
    for (const entry of this.entries(topicFilter)) visit(entry.value, entry.topic);
  }

  /**
   * The entries whose topics match the filter, in the order of the tree, found as they are asked for. The tree may
   * change meanwhile: a topic that stays comes exactly once, with the value it has then; one that is deleted before
   * its turn does not come; one that appears may or may not; one that is deleted and appears again may come twice.
   */
  *entries(topicFilter: string): Generator<TopicEntry<V>, void, undefined> {
    const levels = topicFilter.split('/');
    const stack: Pending<V>[] = [{ nodes: [this.#rootOf(topicFilter)].values(), depth: 0 }];
    for (let pending = stack.at(-1); pending !== undefined; pending = stack.at(-1)) {
      const step = pending.nodes.next();
      if (step.done === true) {
        stack.pop();
        continue;
      }
      let node: TopicNode<V> | undefined = step.value;
      let depth = pending.depth;
      while (node !== undefined && isLiteral(levels[depth])) node = node.children?.get(levels[depth++] ?? '');
      if (node === undefined) continue;
      const level = levels[depth];
      // `#` stands for the parent level too (section 4.7.1.2), and goes on at every level below.
      if (level !== '+' && node.entry !== null) yield node.entry;
      if (level !== undefined && node.children !== null) {
        stack.push({ nodes: node.children.values(), depth: level === '#' ? depth : depth + 1 });
      }
    }
  }

  #rootOf(topic: string): TopicNode<V> {
    return topic.startsWith('$') ? this.#dollarRoot : this.#root; // [MQTT-4.7.2-1]
  }

  #prune(path: readonly TopicNode<V>[]): void {
    for (let index = path.length - 1; index > 0; index--) {
      const node = path[index];
      if (node === undefined || node.entry !== null || node.children !== null) return;
      const parent = path[index - 1];
      parent?.children?.delete(node.level);
      if (parent?.children?.size === 0) parent.children = null;
      this.#nodeCount--;
    }
  }
}

function isLiteral(level: string | undefined): boolean {
  return level !== undefined && level !== '+' && level !== '#';
}
