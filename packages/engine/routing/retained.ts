import { TopicTree } from '../topic/topic-tree.ts';

interface Kept<R> {
  readonly message: R;
  readonly bytes: number;
  /** Counts what was set before it, of all topics. */
  readonly order: number;
}

/**
 * The retained messages of one deployment, the last one of each topic (MQTT 5.0 section 3.3.1.3).
 * Limits are the caller's: it compares `count` and `bytes`, less `sizeOf(topic)`, with them before `set`.
 */
export class Retained<R> {
  readonly #tree = new TopicTree<Kept<R>>();
  #bytes = 0;
  #newest = 0;

  /** Topics with a retained message. */
  get count(): number {
    return this.#tree.count;
  }

  /** Sum of what `set` was told. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The order of what was set last. */
  get newest(): number {
    return this.#newest;
  }

  /** When the message of the topic was set, in the order of `newest`; 0 where there is none. */
  orderOf(topic: string): number {
    return this.#tree.get(topic)?.order ?? 0;
  }

  get(topic: string): R | undefined {
    return this.#tree.get(topic)?.message;
  }

  /** Bytes that the message of the topic counts with; 0 where there is none. */
  sizeOf(topic: string): number {
    return this.#tree.get(topic)?.bytes ?? 0;
  }

  /** Keeps a message, in place of the one that the topic has [MQTT-3.3.1-5]. */
  set(topic: string, message: R, bytes: number): void {
    this.#bytes += bytes - this.sizeOf(topic);
    this.#tree.set(topic, { message, bytes, order: ++this.#newest });
  }

  /** @returns false where the topic had no message [MQTT-3.3.1-6]. */
  delete(topic: string): boolean {
    const bytes = this.sizeOf(topic);
    if (!this.#tree.delete(topic)) return false;
    this.#bytes -= bytes;
    return true;
  }

  /**
   * The messages whose topics the filter matches, one after another as they are asked for, so that many can be sent
   * in bounded steps. Order, and what comes where messages are set and deleted between the steps: `TopicTree.entries`.
   */
  *match(topicFilter: string): Generator<R, void, undefined> {
    for (const { value } of this.#tree.entries(topicFilter)) yield value.message;
  }
}
