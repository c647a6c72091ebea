import type { QoS } from '../codec/mod.ts';

/** What a subscriber asked for with one Topic Filter (MQTT 5.0 section 3.8.3.1). */
export interface SubscriptionOptions {
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
  /** 0: none. */
  readonly subscriptionIdentifier: number;
  /** Null: every topic that the filter matches may be received; else decides by topic. */
  readonly deliveryFilter: ((topic: string) => boolean) | null;
}
