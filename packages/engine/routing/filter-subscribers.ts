import { Subscription } from './delivery.ts';
import { SharedMembers } from './shared-group.ts';
import type { SubscriptionOptions } from '../subscription.ts';

/** Everyone who has subscribed with one Topic Filter: directly, and in shared groups. */
export class FilterSubscribers<S extends object> {
  readonly topicFilter: string;
  /** Most filters have one subscriber: a Map for each would be most of the memory. */
  #only: Subscription<S> | null = null;
  #many: Map<S, Subscription<S>> | null = null;
  #groups: Map<string, SharedMembers<S>> | null = null;
  /** What `subscriptions` gave last; made anew after a change, because routes hold on to it. */
  #snapshot: readonly Subscription<S>[] | null = null;
  /** How many of the direct subscriptions have a delivery filter. */
  #filtered = 0;

  constructor(topicFilter: string) {
    this.topicFilter = topicFilter;
  }

  get isEmpty(): boolean {
    return this.#only === null && this.#many === null && this.#groups === null;
  }

  /** Whether no access rule cuts any of the direct subscriptions. */
  get isUncut(): boolean {
    return this.#filtered === 0;
  }

  /** The direct subscriptions, one a subscriber. The array never changes. */
  get subscriptions(): readonly Subscription<S>[] {
    this.#snapshot ??= this.#many !== null ? [...this.#many.values()] : this.#only !== null ? [this.#only] : [];
    return this.#snapshot;
  }

  get groups(): Iterable<SharedMembers<S>> {
    return this.#groups?.values() ?? [];
  }

  get hasGroups(): boolean {
    return this.#groups !== null;
  }

  /** Adds the subscription, in place of the one that the subscriber has. @returns whether it had one. */
  add(subscriber: S, options: SubscriptionOptions): boolean {
    const subscription = new Subscription(subscriber, options);
    const known = this.#find(subscriber);
    if (known !== undefined) this.#forget(known);
    if (this.#many !== null) {
      this.#many.set(subscriber, subscription);
    } else if (this.#only === null || this.#only === known) {
      this.#only = subscription;
    } else {
      this.#many = new Map([
        [this.#only.subscriber, this.#only],
        [subscriber, subscription],
      ]);
      this.#only = null;
    }
    if (subscription.deliveryFilter !== null) this.#filtered++;
    this.#snapshot = null;
    return known !== undefined;
  }

  /** @returns whether the subscriber had a subscription. */
  delete(subscriber: S): boolean {
    const known = this.#find(subscriber);
    if (known === undefined) return false;
    this.#forget(known);
    if (this.#only === known) this.#only = null;
    this.#many?.delete(subscriber);
    if (this.#many?.size === 0) this.#many = null;
    return true;
  }

  /** The group of a share name, made where there is none. */
  makeGroup(shareName: string): SharedMembers<S> {
    this.#groups ??= new Map();
    let group = this.#groups.get(shareName);
    if (group === undefined) {
      group = new SharedMembers(shareName, this.topicFilter);
      this.#groups.set(shareName, group);
    }
    return group;
  }

  findGroup(shareName: string): SharedMembers<S> | undefined {
    return this.#groups?.get(shareName);
  }

  deleteGroup(shareName: string): void {
    this.#groups?.delete(shareName);
    if (this.#groups?.size === 0) this.#groups = null;
  }

  #find(subscriber: S): Subscription<S> | undefined {
    if (this.#only !== null) return this.#only.subscriber === subscriber ? this.#only : undefined;
    return this.#many?.get(subscriber);
  }

  #forget(subscription: Subscription<S>): void {
    if (subscription.deliveryFilter !== null) this.#filtered--;
    this.#snapshot = null;
  }
}
