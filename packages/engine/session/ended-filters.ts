import type { BatchNumber } from '../ids.ts';
import { parseSharedFilter } from '../topic/names.ts';
import { FilterTrie } from '../topic/trie.ts';

/** Topic Filters of sessions that have ended, each until that is durable: a crash before brings its session back. */
export class EndedFilters {
  readonly #trie = new FilterTrie<string>();
  /** With the last batch in which a session ended that had the filter; oldest batch first. */
  readonly #batches = new Map<string, BatchNumber>();

  /** Filters that are kept. */
  get count(): number {
    return this.#batches.size;
  }

  /** A session ends that has the filter. What is durable goes, so that it does not pile up where nobody asks. */
  add(topicFilter: string, batch: BatchNumber, durable: BatchNumber): void {
    this.#dropDurable(durable);
    const shared = parseSharedFilter(topicFilter);
    const filter = shared === null || shared === 'invalid' ? topicFilter : shared.topicFilter;
    this.#batches.delete(filter);
    this.#batches.set(filter, batch);
    this.#trie.insert(filter, filter);
  }

  /** The batch with which all sessions are gone for good that would have got the topic; 0 where there is none to wait for. */
  batchOf(topic: string, durable: BatchNumber): BatchNumber {
    this.#dropDurable(durable);
    let last: BatchNumber = 0;
    this.#trie.match(topic, (filter) => {
      last = Math.max(last, this.#batches.get(filter) ?? 0);
    });
    return last;
  }

  #dropDurable(durable: BatchNumber): void {
    for (const [filter, batch] of this.#batches) {
      if (batch > durable) return;
      this.#batches.delete(filter);
      this.#trie.remove(filter, filter);
    }
  }
}
