import { messageBytes, type Message, type StoredContent } from '../message.ts';

/** A QoS 1 or 2 message on its way to one session. */
export interface OutboundMessage {
  /** Order in the session and key in the journal. */
  readonly sequence: number;
  readonly message: Message;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  readonly subscriptionIdentifiers: readonly number[] | null;
  /** The record that its own record refers to; null where it has all of it, or is not stored. */
  content: StoredContent | null;
  /** `$share/...` filter that it came by; null for an ordinary subscription. */
  readonly sharedFilter: string | null;
  /** 0 while it is queued. */
  packetIdentifier: number;
  /** `queued`: waits. `sent`: PUBLISH is out. `released`: PUBREC has come, PUBREL is out (QoS 2). */
  state: 'queued' | 'sent' | 'released';
}

const PACKET_IDENTIFIERS = 65_535;

/** What a session has to deliver with QoS 1 and 2: a queue, and what is in flight (MQTT 5.0 sections 4.3, 4.4, 4.6). */
export class Outbound {
  /** null while it is empty. */
  #queue: (OutboundMessage | undefined)[] | null = null;
  #head = 0;
  #queuedBytes = 0;
  #inFlightBytes = 0;
  #lastIdentifier = 0;
  #sequence = 0;
  /** By Packet Identifier, in the order of sending [MQTT-4.6.0-1]. */
  readonly inFlight = new Map<number, OutboundMessage>();
  /** Of those in flight, what an earlier connection sent and this one has not sent again yet, in the same order. */
  readonly unsent = new Set<OutboundMessage>();

  get queuedMessages(): number {
    return this.#queue === null ? 0 : this.#queue.length - this.#head;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Bytes of the messages in flight: kept until they are acknowledged. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** How many messages count against the client's Receive Maximum, which begins anew with each connection. */
  get outstanding(): number {
    return this.inFlight.size - this.unsent.size;
  }

  nextSequence(): number {
    return ++this.#sequence;
  }

  /** Puts a message at the end of the queue. */
  enqueue(item: OutboundMessage): void {
    if (item.sequence > this.#sequence) this.#sequence = item.sequence;
    if (this.#queue === null) this.#queue = [item];
    else this.#queue.push(item);
    this.#queuedBytes += messageBytes(item.message);
  }

  /** Takes the oldest message from the queue. */
  dequeue(): OutboundMessage | undefined {
    const queue = this.#queue;
    const item = queue?.[this.#head];
    if (queue === null || item === undefined) return undefined;
    queue[this.#head] = undefined;
    this.#head++;
    this.#queuedBytes -= messageBytes(item.message);
    // Amortised: the array is cut when half of it is behind the head.
    if (this.#head === queue.length) {
      this.#queue = null;
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > queue.length) {
      this.#queue = queue.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Gives the message the next free Packet Identifier and counts it as sent [MQTT-2.2.1-4]. */
  launch(item: OutboundMessage): void {
    let identifier = this.#lastIdentifier;
    do identifier = identifier >= PACKET_IDENTIFIERS ? 1 : identifier + 1;
    while (this.inFlight.has(identifier));
    this.#lastIdentifier = identifier;
    item.packetIdentifier = identifier;
    item.state = 'sent';
    this.inFlight.set(identifier, item);
    this.#inFlightBytes += messageBytes(item.message);
  }

  /** Puts back a message whose Packet Identifier is known from the journal. Call in the order of sending. */
  relaunch(item: OutboundMessage): void {
    if (item.sequence > this.#sequence) this.#sequence = item.sequence;
    this.#lastIdentifier = item.packetIdentifier;
    this.inFlight.set(item.packetIdentifier, item);
    this.#inFlightBytes += messageBytes(item.message);
  }

  /** The exchange of a message in flight has come to its end. */
  settle(item: OutboundMessage): void {
    if (this.inFlight.delete(item.packetIdentifier)) this.#inFlightBytes -= messageBytes(item.message);
    if (this.unsent.size > 0) this.unsent.delete(item);
  }

  /** PUBREC has come for a message in flight: only its identifier is of use from now on. */
  release(item: OutboundMessage): void {
    item.state = 'released';
    if (this.unsent.size > 0) this.unsent.delete(item);
  }

  /** Forgets everything: the session has ended. */
  clear(): void {
    this.#queue = null;
    this.#head = 0;
    this.#queuedBytes = 0;
    this.#inFlightBytes = 0;
    this.inFlight.clear();
    this.unsent.clear();
  }

  /** All messages, in flight first, then queued, each oldest first. */
  *all(): Generator<OutboundMessage> {
    yield* this.inFlight.values();
    const queue = this.#queue ?? [];
    for (let index = this.#head; index < queue.length; index++) {
      const item = queue[index];
      if (item !== undefined) yield item;
    }
  }
}
