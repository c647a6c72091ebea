import { mergeSubscriptions } from './delivery.ts';
import { FilterSubscribers } from './filter-subscribers.ts';
import { RouteCache } from './route-cache.ts';
import { parseSharedFilter } from '../topic/names.ts';
import { FilterTrie } from '../topic/trie.ts';
import type { Delivery, Subscription } from './delivery.ts';
import type { SharedGroup } from './shared-group.ts';
import type { SharedFilter } from '../topic/names.ts';
import type { SubscriptionOptions } from '../subscription.ts';

/** Who gets a message of one topic. Never changed: subscriptions that come or go make a new one. */
export interface Route<S> {
  /** One a subscriber. */
  readonly direct: readonly Delivery<S>[];
  /** Each takes one copy, to one of its members [MQTT-4.8.2-4]. */
  readonly shared: readonly SharedGroup<S>[];
}

/** Bounds of the cache of routes, of one deployment. */
const cachedTopicsMax = 10_000;
const cachedBytesMax = 8 * 1024 * 1024;

/** About what a cached route takes beside its topic and its deliveries. */
const routeBytes = 160;

const nowhere: Route<never> = { direct: [], shared: [] };

/**
 * The subscriptions of one deployment: who gets what is published to a topic (MQTT 5.0 sections 3.3.4, 4.7 and 4.8).
 * A subscriber is any object; routes compare it by identity only.
 */
export class Routes<S extends object> {
  readonly #trie = new FilterTrie<FilterSubscribers<S>>();
  readonly #cache = new RouteCache<Route<S>>(cachedTopicsMax, cachedBytesMax);
  #subscriptionCount = 0;

  /** Subscriptions, shared ones included, each once for each subscriber. */
  get subscriptionCount(): number {
    return this.#subscriptionCount;
  }

  /** What is kept for filters: 0 when there are no subscriptions. */
  get nodeCount(): number {
    return this.#trie.nodeCount;
  }

  /** Topics whose route is cached. */
  get cachedTopics(): number {
    return this.#cache.size;
  }

  /**
   * Subscribes with a Topic Filter, which may start with `$share/`. The caller has checked it.
   * `options.deliveryFilter` must give the same answer for a topic each time: when rules change, subscribe again.
   * @returns true where it took the place of a subscription that the subscriber had with the same filter [MQTT-3.8.4-3].
   * @throws RangeError for a `$share/` filter that is none.
   */
  subscribe(subscriber: S, topicFilter: string, options: SubscriptionOptions): boolean {
    const shared = parseSharedFilter(topicFilter);
    if (shared === 'invalid') throw new RangeError(`not a shared subscription: ${topicFilter}`);
    const replaced =
      shared === null ? this.#add(subscriber, topicFilter, options) : this.#join(subscriber, shared, options);
    if (!replaced) this.#subscriptionCount++;
    return replaced;
  }

  /** @returns false where there was no such subscription [MQTT-3.10.4-1]. */
  unsubscribe(subscriber: S, topicFilter: string): boolean {
    const shared = parseSharedFilter(topicFilter);
    if (shared === 'invalid') return false;
    const removed = shared === null ? this.#delete(subscriber, topicFilter) : this.#leave(subscriber, shared);
    if (!removed) return false;
    this.#subscriptionCount--;
    if (this.#subscriptionCount === 0) this.#cache.clear();
    return true;
  }

  /** Unsubscribes from each of the filters, at the end of a session. */
  unsubscribeAll(subscriber: S, topicFilters: Iterable<string>): void {
    for (const topicFilter of topicFilters) this.unsubscribe(subscriber, topicFilter);
  }

  /** The route of a valid Topic Name. It stays as it is while subscriptions change: ask again for each message. */
  match(topic: string): Route<S> {
    const cached = this.#cache.get(topic);
    if (cached !== undefined) return cached;
    const route = this.#build(topic);
    // UTF-16 units are a byte each in the engine for nearly all topics; a reference is eight bytes.
    const weight = routeBytes + topic.length + 8 * (route.direct.length + 8 * route.shared.length);
    this.#cache.set(topic, route, weight);
    return route;
  }

  /** Whether anyone has subscribed to the topic. */
  hasSubscribers(topic: string): boolean {
    const { direct, shared } = this.match(topic);
    return direct.length > 0 || shared.length > 0;
  }

  #add(subscriber: S, topicFilter: string, options: SubscriptionOptions): boolean {
    const replaced = this.#make(topicFilter).add(subscriber, options);
    this.#cache.invalidate(topicFilter);
    return replaced;
  }

  #delete(subscriber: S, topicFilter: string): boolean {
    const entry = this.#find(topicFilter);
    if (entry === undefined || !entry.delete(subscriber)) return false;
    this.#dropIfEmpty(entry);
    this.#cache.invalidate(topicFilter);
    return true;
  }

  #join(subscriber: S, shared: SharedFilter, options: SubscriptionOptions): boolean {
    const group = this.#make(shared.topicFilter).makeGroup(shared.shareName);
    // Routes hold the group, not its members.
    if (group.size === 0) this.#cache.invalidate(shared.topicFilter);
    return group.join(subscriber, options);
  }

  #leave(subscriber: S, shared: SharedFilter): boolean {
    const entry = this.#find(shared.topicFilter);
    const group = entry?.findGroup(shared.shareName);
    if (entry === undefined || group === undefined || !group.leave(subscriber)) return false;
    if (group.size > 0) return true;
    entry.deleteGroup(shared.shareName);
    this.#dropIfEmpty(entry);
    this.#cache.invalidate(shared.topicFilter);
    return true;
  }

  #find(topicFilter: string): FilterSubscribers<S> | undefined {
    return this.#trie.get(topicFilter)[0];
  }

  #make(topicFilter: string): FilterSubscribers<S> {
    let entry = this.#find(topicFilter);
    if (entry === undefined) {
      entry = new FilterSubscribers(topicFilter);
      this.#trie.insert(topicFilter, entry);
    }
    return entry;
  }

  #dropIfEmpty(entry: FilterSubscribers<S>): void {
    if (entry.isEmpty) this.#trie.remove(entry.topicFilter, entry);
  }

  #build(topic: string): Route<S> {
    const entries: FilterSubscribers<S>[] = [];
    this.#trie.match(topic, (entry) => entries.push(entry));
    if (entries.length === 0) return nowhere;
    const direct = directDeliveries(topic, entries);
    const shared: SharedGroup<S>[] = [];
    for (const entry of entries) {
      if (!entry.hasGroups) continue;
      for (const group of entry.groups) shared.push(group.forTopic(topic));
    }
    return { direct, shared };
  }
}

/** One delivery for each subscriber that may receive the topic, its overlapping subscriptions made one. */
function directDeliveries<S extends object>(
  topic: string,
  entries: readonly FilterSubscribers<S>[],
): readonly Delivery<S>[] {
  const first = entries[0];
  // One filter has one subscription a subscriber, and its topics may share the list.
  if (entries.length === 1 && first !== undefined && first.isUncut) return first.subscriptions;
  const found = new Map<S, Subscription<S>>();
  let overlaps: Map<S, Subscription<S>[]> | null = null;
  for (const entry of entries) {
    for (const subscription of entry.subscriptions) {
      if (subscription.deliveryFilter !== null && !subscription.deliveryFilter(topic)) continue;
      const { subscriber } = subscription;
      const known = found.get(subscriber);
      if (known === undefined) {
        found.set(subscriber, subscription);
        continue;
      }
      overlaps ??= new Map();
      const list = overlaps.get(subscriber);
      if (list === undefined) overlaps.set(subscriber, [known, subscription]);
      else list.push(subscription);
    }
  }
  if (overlaps === null) return [...found.values()];
  const direct: Delivery<S>[] = [];
  for (const [subscriber, subscription] of found) {
    const list = overlaps.get(subscriber);
    direct.push((list === undefined ? null : mergeSubscriptions(list)) ?? subscription);
  }
  return direct;
}
