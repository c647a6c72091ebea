import type { SubscriptionOptions } from '../subscription.ts';

/** A session's place in a shared subscription. */
export interface SharedMember<S> {
  readonly subscriber: S;
  readonly options: SubscriptionOptions;
}

/** The sessions that share a subscription, as seen from one topic (MQTT 5.0 section 4.8.2). */
export interface SharedGroup<S> {
  readonly shareName: string;
  readonly topicFilter: string;
  /**
   * Takes the next member, in rotation, that may receive the topic and for which `eligible` is true; null where there
   * is none. It is then the last in the rotation; members that were passed over lose their turn.
   * `eligible` must not change subscriptions.
   */
  pick(eligible: (subscriber: S) => boolean): SharedMember<S> | null;
  /** Whether `pick` would find a member that is so; nobody's turn changes. */
  some(eligible: (member: SharedMember<S>) => boolean): boolean;
}

/** A place in the ring; members point to each other so that any of them can leave at once. */
interface Seat<S> extends SharedMember<S> {
  options: SubscriptionOptions;
  previous: Seat<S>;
  next: Seat<S>;
}

/** All members of one share name and filter, in rotation. Joins and leaves at any time; never part of a cache. */
export class SharedMembers<S extends object> {
  readonly shareName: string;
  readonly topicFilter: string;
  readonly #seats = new Map<S, Seat<S>>();
  /** Whose turn is next. */
  #turn: Seat<S> | null = null;

  constructor(shareName: string, topicFilter: string) {
    this.shareName = shareName;
    this.topicFilter = topicFilter;
  }

  get size(): number {
    return this.#seats.size;
  }

  /** Adds a member at the end of the rotation, or changes its options in place. @returns whether it was there. */
  join(subscriber: S, options: SubscriptionOptions): boolean {
    const known = this.#seats.get(subscriber);
    if (known !== undefined) {
      known.options = options;
      return true;
    }
    const seat = newSeat(subscriber, options);
    this.#seats.set(subscriber, seat);
    if (this.#turn === null) {
      this.#turn = seat;
    } else {
      seat.next = this.#turn;
      seat.previous = this.#turn.previous;
      seat.previous.next = seat;
      seat.next.previous = seat;
    }
    return false;
  }

  /** @returns whether it was a member. */
  leave(subscriber: S): boolean {
    const seat = this.#seats.get(subscriber);
    if (seat === undefined) return false;
    this.#seats.delete(subscriber);
    seat.previous.next = seat.next;
    seat.next.previous = seat.previous;
    if (this.#seats.size === 0) this.#turn = null;
    else if (this.#turn === seat) this.#turn = seat.next;
    return true;
  }

  /** See `SharedGroup.pick`. */
  pick(topic: string, eligible: (subscriber: S) => boolean): SharedMember<S> | null {
    let seat = this.#turn;
    if (seat === null) return null;
    for (let left = this.#seats.size; left > 0; left--) {
      const { deliveryFilter } = seat.options;
      if ((deliveryFilter === null || deliveryFilter(topic)) && eligible(seat.subscriber)) {
        this.#turn = seat.next;
        return { subscriber: seat.subscriber, options: seat.options };
      }
      seat = seat.next;
    }
    return null;
  }

  /** See `SharedGroup.some`. */
  some(topic: string, eligible: (member: SharedMember<S>) => boolean): boolean {
    for (const seat of this.#seats.values()) {
      const { deliveryFilter } = seat.options;
      if ((deliveryFilter === null || deliveryFilter(topic)) && eligible(seat)) return true;
    }
    return false;
  }

  /** The group as one topic sees it. */
  forTopic(topic: string): SharedGroup<S> {
    return {
      shareName: this.shareName,
      topicFilter: this.topicFilter,
      pick: (eligible) => this.pick(topic, eligible),
      some: (eligible) => this.some(topic, eligible),
    };
  }
}

function newSeat<S>(subscriber: S, options: SubscriptionOptions): Seat<S> {
  const seat = { subscriber, options } as Seat<S>;
  seat.previous = seat;
  seat.next = seat;
  return seat;
}
