import type { BatchNumber, DeploymentId } from '../ids.ts';
import { messageBytes, type Message, type StoredContent } from '../message.ts';
import type { Journal } from '../ports.ts';
import type { SubscriptionOptions } from '../subscription.ts';
import { EndedFilters } from './ended-filters.ts';
import type { OutboundMessage } from './outbound.ts';
import {
  encodeContent,
  encodeInFlight,
  encodeMessageRecord,
  encodeRetained,
  encodeSession,
  encodeSubscription,
  keyOf,
} from './records.ts';
import type { Session } from './session.ts';

/**
 * Size of a message from which on its content is a record of its own. Below, a second record and its key cost about as much as they save; above, one publish
 * to a thousand sessions that last would be a thousand times its size in one batch.
 */
const CONTENT_BYTES_MIN = 1024;

/**
 * Writes what must survive to the journal, for one deployment. Does nothing where the journal keeps nothing.
 * `written` is the highest batch that was written to since `mark`: what an acknowledgement has to wait for.
 */
export class SessionStore {
  readonly #journal: Journal;
  readonly #deployment: DeploymentId;
  readonly #durable: () => BatchNumber;
  /** Sessions and retained messages that were deleted, by key, with the batch; those that are durable go by and by. */
  readonly #deleted = new Map<string, BatchNumber>();
  /** What sessions had subscribed to with QoS 1 or 2 whose deletion is not durable. */
  readonly #ended = new EndedFilters();
  readonly #contentBytesMin: number;
  #lastContent = 0;
  #written: BatchNumber = 0;

  /**
   * @param durable the highest batch that is durable.
   * @param contentBytesMin messages from this size on are stored once, however many sessions they are for.
   */
  constructor(
    journal: Journal,
    deployment: DeploymentId,
    durable: () => BatchNumber,
    contentBytesMin: number = CONTENT_BYTES_MIN,
  ) {
    this.#journal = journal;
    this.#deployment = deployment;
    this.#durable = durable;
    this.#contentBytesMin = contentBytesMin;
  }

  /** Whether anything ever waits for the journal. */
  get waits(): boolean {
    return this.#journal.durable;
  }

  get openBatch(): BatchNumber {
    return this.#journal.openBatch;
  }

  /** Forgets what was written so far: an input begins. */
  mark(): void {
    this.#written = 0;
  }

  /** The batch that the effects of this input are in; 0 when it wrote nothing. */
  get written(): BatchNumber {
    return this.#written;
  }

  /** The session itself: who, for how long, its will, whether it is connected. */
  putSession(session: Session): void {
    if (!this.#journal.durable) return;
    session.recorded = true;
    this.#put(keyOf.session(session.clientId), encodeSession(session));
  }

  /** Forgets the session itself, of which nothing else is stored: it had a will. */
  deleteWill(session: Session): void {
    session.recorded = false;
    this.#deleteForGood(keyOf.session(session.clientId));
  }

  /** There is no session of the client, and it is about to be told so: that waits until an earlier one is gone for good. */
  awaitSessionGone(clientId: string): void {
    this.#awaitDeletion(keyOf.session(clientId));
  }

  /** Forgets the session with all that belongs to it. */
  deleteSession(session: Session): void {
    if (!this.#journal.durable) return;
    for (const [topicFilter, { qos }] of session.subscriptions) {
      this.#delete(keyOf.subscription(session.clientId, topicFilter));
      if (qos > 0) this.#ended.add(topicFilter, this.#journal.openBatch, this.#durable());
    }
    for (const item of session.outbound.all()) this.deleteMessage(session, item);
    for (const identifier of session.received) this.#delete(keyOf.received(session.clientId, identifier));
    session.recorded = false;
    this.#deleteForGood(keyOf.session(session.clientId));
  }

  /**
   * A message with the topic is about to be acknowledged: that waits until sessions are gone for good that would have kept it.
   * Else a crash could bring one back, and its client would find it present without the message.
   */
  awaitSubscribersGone(topic: string): void {
    if (this.#ended.count === 0) return;
    this.#written = Math.max(this.#written, this.#ended.batchOf(topic, this.#durable()));
  }

  /** Whether the acknowledgement of a message with the topic waits for that. */
  hasEndingSubscribers(topic: string): boolean {
    return this.#ended.count > 0 && this.#ended.batchOf(topic, this.#durable()) > 0;
  }

  putSubscription(session: Session, topicFilter: string, options: SubscriptionOptions): void {
    if (this.#journal.durable)
      this.#put(keyOf.subscription(session.clientId, topicFilter), encodeSubscription(options));
  }

  deleteSubscription(session: Session, topicFilter: string): void {
    this.#delete(keyOf.subscription(session.clientId, topicFilter));
  }

  putMessage(session: Session, item: OutboundMessage): void {
    if (!this.#journal.durable) return;
    item.content = this.#contentOf(item.message);
    this.#put(keyOf.message(session.clientId, item.sequence), encodeMessageRecord(item));
  }

  /** Where the content of a large message is stored, for one more record; null for a small one. */
  #contentOf(message: Message): StoredContent | null {
    if (messageBytes(message) < this.#contentBytesMin) return null;
    if (message.content === null) {
      message.content = { number: ++this.#lastContent, references: 0 };
      this.#put(keyOf.content(message.content.number), encodeContent(message));
    }
    message.content.references++;
    return message.content;
  }

  /** A record that may have referred to a content is gone. */
  #letGoContent(item: OutboundMessage): void {
    const { content, message } = item;
    item.content = null;
    if (content === null || --content.references > 0) return;
    if (message.content === content) message.content = null;
    this.#delete(keyOf.content(content.number));
  }

  /** Contents that the journal has, at a restart: numbers go on behind them, and one that nothing refers to goes. */
  restoredContents(contents: Iterable<StoredContent>): void {
    for (const { number, references } of contents) {
      this.#lastContent = Math.max(this.#lastContent, number);
      if (references === 0) this.#delete(keyOf.content(number));
    }
  }

  /** The Packet Identifier and state of a message in flight; the message itself is not written again. */
  putInFlight(session: Session, item: OutboundMessage): void {
    if (this.#journal.durable) this.#put(keyOf.inFlight(session.clientId, item.sequence), encodeInFlight(item));
  }

  deleteMessage(session: Session, item: OutboundMessage): void {
    if (!this.#journal.durable) return;
    this.#delete(keyOf.message(session.clientId, item.sequence));
    this.#letGoContent(item);
    if (item.packetIdentifier !== 0) this.#delete(keyOf.inFlight(session.clientId, item.sequence));
  }

  putReceived(session: Session, packetIdentifier: number): void {
    if (this.#journal.durable) this.#put(keyOf.received(session.clientId, packetIdentifier), new Uint8Array(0));
  }

  deleteReceived(session: Session, packetIdentifier: number): void {
    this.#delete(keyOf.received(session.clientId, packetIdentifier));
  }

  putRetained(message: Message): void {
    if (this.#journal.durable) this.#put(keyOf.retained(message.topic), encodeRetained(message));
  }

  deleteRetained(topic: string): void {
    this.#deleteForGood(keyOf.retained(topic));
  }

  /** Nothing is retained for the topic, and somebody is about to be told so: that waits until an earlier message is gone for good. */
  awaitRetainedGone(topic: string): void {
    this.#awaitDeletion(keyOf.retained(topic));
  }

  /** Deletes what somebody may rely on being gone. */
  #deleteForGood(key: string): void {
    if (!this.#journal.durable) return;
    this.#delete(key);
    this.#dropDurable();
    this.#deleted.delete(key);
    this.#deleted.set(key, this.#journal.openBatch);
  }

  /** Without it, a crash could bring back what an acknowledgement had said to be gone. */
  #awaitDeletion(key: string): void {
    this.#dropDurable();
    this.#written = Math.max(this.#written, this.#deleted.get(key) ?? 0);
  }

  #dropDurable(): void {
    for (const [key, batch] of this.#deleted) {
      if (batch > this.#durable()) return;
      this.#deleted.delete(key);
    }
  }

  #put(key: string, value: Uint8Array): void {
    this.#written = this.#journal.openBatch;
    this.#journal.put(this.#deployment, key, value);
  }

  #delete(key: string): void {
    if (!this.#journal.durable) return;
    this.#written = this.#journal.openBatch;
    this.#journal.delete(this.#deployment, key);
  }
}
