import type { SubscriptionOptions } from '../subscription.ts';

type QoS = SubscriptionOptions['qos'];

/**
 * What one subscriber gets of a message: a single copy, whatever the number of its subscriptions that match.
 * Never changed; the same object serves many topics.
 */
export interface Delivery<S> {
  readonly subscriber: S;
  /** The highest QoS of the matching subscriptions [MQTT-3.3.4-2]. */
  readonly qos: QoS;
  /** Whether any of the matching subscriptions has Retain As Published. */
  readonly retainAsPublished: boolean;
  /** Of all matching subscriptions, the same one twice where two have it [MQTT-3.3.4-4]; null: none. */
  readonly subscriptionIdentifiers: readonly number[] | null;
  /**
   * What the subscriber gets where it published the message itself, because of No Local [MQTT-3.8.3-3]:
   * this same object where none of the subscriptions has it, null where all have.
   */
  readonly toSelf: Delivery<S> | null;
}

/** One subscription, and the delivery that it makes by itself. */
export class Subscription<S> implements Delivery<S> {
  readonly subscriber: S;
  readonly qos: QoS;
  readonly retainAsPublished: boolean;
  readonly subscriptionIdentifiers: readonly number[] | null;
  readonly toSelf: Delivery<S> | null;
  readonly deliveryFilter: ((topic: string) => boolean) | null;

  constructor(subscriber: S, options: SubscriptionOptions) {
    this.subscriber = subscriber;
    this.qos = options.qos;
    this.retainAsPublished = options.retainAsPublished;
    this.subscriptionIdentifiers = options.subscriptionIdentifier === 0 ? null : [options.subscriptionIdentifier];
    this.toSelf = options.noLocal ? null : this;
    this.deliveryFilter = options.deliveryFilter;
  }
}

/** The delivery of several subscriptions of one subscriber that match the same topic. */
class OverlappingDelivery<S> implements Delivery<S> {
  readonly subscriber: S;
  readonly qos: QoS;
  readonly retainAsPublished: boolean;
  readonly subscriptionIdentifiers: readonly number[] | null;
  readonly toSelf: Delivery<S> | null;

  constructor(first: Subscription<S>, subscriptions: readonly Subscription<S>[]) {
    let { qos, retainAsPublished } = first;
    const identifiers: number[] = [];
    for (const subscription of subscriptions) {
      if (subscription.qos > qos) qos = subscription.qos; // [MQTT-3.3.4-2]
      if (subscription.retainAsPublished) retainAsPublished = true;
      if (subscription.subscriptionIdentifiers !== null) identifiers.push(...subscription.subscriptionIdentifiers);
    }
    this.subscriber = first.subscriber;
    this.qos = qos;
    this.retainAsPublished = retainAsPublished;
    this.subscriptionIdentifiers = identifiers.length === 0 ? null : identifiers; // [MQTT-3.3.4-4]
    const local = subscriptions.filter((subscription) => subscription.toSelf !== null);
    this.toSelf = local.length === subscriptions.length ? this : mergeSubscriptions(local); // [MQTT-3.8.3-3]
  }
}

/** Makes one delivery of the matching subscriptions of one subscriber; null of none. */
export function mergeSubscriptions<S>(subscriptions: readonly Subscription<S>[]): Delivery<S> | null {
  const first = subscriptions[0];
  if (first === undefined) return null;
  return subscriptions.length === 1 ? first : new OverlappingDelivery(first, subscriptions);
}
