import type { BatchNumber, DeploymentId } from './ids.ts';
import type { FaultName } from '../faults/mod.ts';
import { limitDefinitions, type LimitName } from './limits.ts';
import { keep, letGo, messageBytes, type Message } from './message.ts';
import type { AccessRules, DeploymentCounters, EventKind, EventSink, Journal, Policy } from './ports.ts';
import { Retained } from './routing/retained.ts';
import { Routes } from './routing/routes.ts';
import type { SharedGroup } from './routing/shared-group.ts';
import type { SessionContext } from './session/context.ts';
import { deliver } from './session/deliver.ts';
import { DropReports } from './session/drop-reports.ts';
import type { Session } from './session/session.ts';
import { SessionStore } from './session/store.ts';
import { StorageGate, type StorageState } from './storage-gate.ts';
import type { SubscriptionOptions } from './subscription.ts';
import type { Timer, Timers } from './timers.ts';
import { TokenBucket } from './token-bucket.ts';
import { Turns } from './turns.ts';
import { Work } from './work.ts';

/** What the brokers of one core share. */
export interface BrokerPorts {
  readonly policy: Policy;
  readonly events: EventSink;
  readonly journal: Journal;
  readonly timers: Timers;
  /** The highest batch of the journal that is durable. */
  readonly durableBatch: () => BatchNumber;
  /** The work of those that have handled a packet lately. */
  readonly busy: Set<Work>;
  /** See `SessionStore`; undefined is its default. */
  readonly contentBytesMin: number | undefined;
}

/**
 * One deployment: its sessions, routes and retained messages. The one place where routing meets sessions;
 * protocol versions are not known here. Nothing is shared with another deployment.
 */
export class Broker {
  readonly deployment: DeploymentId;
  readonly ports: BrokerPorts;
  readonly sessions = new Map<string, Session>();
  /** Sessions that ended with the service before, each with a will that is still to be published. */
  readonly orphans = new Map<string, Session>();
  readonly routes = new Routes<Session>();
  readonly retained = new Retained<Message>();
  readonly counters: DeploymentCounters = newCounters();
  readonly context: SessionContext;
  readonly connects: TokenBucket;
  readonly messages: TokenBucket;
  /** Publishers that wait for `messages`. */
  readonly turns: Turns;
  /** What it may do in this turn of the loop. */
  readonly work: Work;
  /** Whether the journal takes more of this deployment. */
  readonly storage: StorageGate;
  /** Sessions by user name, for the limit on them. */
  readonly sessionsOfUser = new Map<string, number>();
  /** What says that messages were dropped. */
  readonly drops: DropReports;
  /** Of retained messages that expire, by topic. */
  readonly #retainedTimers = new Map<string, Timer>();
  /** Whether the last message that asked to be retained could not be, for a limit. */
  retainRefused = false;
  /** Set while the service stops: wills of sessions that survive are kept for the restart. */
  draining = false;

  constructor(deployment: DeploymentId, ports: BrokerPorts, storage: StorageState, now: number) {
    this.deployment = deployment;
    this.storage = new StorageGate(storage);
    this.ports = ports;
    this.work = new Work(ports.busy);
    const limits = ports.policy.limits(deployment);
    this.messages = new TokenBucket(limits.messagesPerSecond, now);
    this.turns = new Turns(ports.timers, (at) => this.messages.waitMs(at));
    this.context = {
      counters: this.counters,
      reached: Object.fromEntries(limitDefinitions.map(({ name }) => [name, 0])) as Record<LimitName, number>,
      messages: this.messages,
      work: this.work,
      store: new SessionStore(ports.journal, deployment, ports.durableBatch, ports.contentBytesMin),
      limits,
      dropped: (session, fault, topic, at) => this.drops.add(session, fault, topic, at),
    };
    this.drops = new DropReports(ports.timers, (session, fault, topic, count, at) =>
      this.emit('message.dropped', fault, at, session, topic, count),
    );
    this.connects = new TokenBucket(limits.connectsPerSecond, now);
  }

  /**
   * Publishes a message to all whose subscriptions match, and retains it where it asks for that.
   * @param publisher whose own subscriptions may have No Local; null for the server itself.
   * @returns how many subscriptions and shared groups matched.
   */
  publish(message: Message, publisher: Session | null, now: number): number {
    message.holders++;
    const matched = this.#publish(message, publisher, now);
    message.encoded = null;
    message.packet = null;
    letGo(message);
    return matched;
  }

  #publish(message: Message, publisher: Session | null, now: number): number {
    if (message.retain) this.#retain(message, publisher, now);
    if (message.qos > 0) this.context.store.awaitSubscribersGone(message.topic);
    const { direct, shared } = this.routes.match(message.topic);
    const matched = direct.length + shared.length;
    // The server's own messages are nobody's to be slowed down for.
    if (publisher !== null) this.messages.take(1 + matched, now);
    if (matched === 0) return 0;
    this.work.deliver(matched, message.payloadBytes);
    if (matched > 1) message.encoded = [];
    for (const delivery of direct) {
      // [MQTT-3.8.3-3]: not to the connection that published it.
      const own = delivery.subscriber === publisher ? delivery.toSelf : delivery;
      if (own === null) continue;
      deliver(
        this.context,
        own.subscriber,
        message,
        {
          qos: own.qos < message.qos ? own.qos : message.qos,
          retain: message.retain && own.retainAsPublished,
          subscriptionIdentifiers: own.subscriptionIdentifiers,
          sharedFilter: null,
        },
        now,
      );
    }
    for (const group of shared) this.#deliverShared(group, message, now);
    return matched;
  }

  /**
   * Whether a message needs the journal before it is acknowledged: it is retained, or kept for a session that outlives its
   * connection, or would have been for one whose end is not durable, or (QoS 2) leaves a receipt in the session that publishes it.
   */
  wouldStore(
    { topic, qos, retain }: Pick<Message, 'topic' | 'qos' | 'retain'>,
    payloadBytes: number,
    publisher: Session,
  ): boolean {
    if (!this.context.store.waits) return false;
    if (retain && !topic.startsWith('$SYS/') && (payloadBytes > 0 || this.retained.sizeOf(topic) > 0)) return true;
    if (qos === 0) return false;
    if (qos === 2 && publisher.persistent) return true;
    if (this.context.store.hasEndingSubscribers(topic)) return true;
    const { direct, shared } = this.routes.match(topic);
    for (const delivery of direct) {
      const own = delivery.subscriber === publisher ? delivery.toSelf : delivery;
      if (own !== null && own.qos > 0 && own.subscriber.persistent) return true;
    }
    return shared.some((group) => group.some(({ subscriber, options }) => options.qos > 0 && subscriber.persistent));
  }

  /** One member of the group gets the message [MQTT-4.8.2-4]: one that can take it now, else one that can keep it. */
  #deliverShared(group: SharedGroup<Session>, message: Message, now: number): void {
    const member = group.pick(isReady) ?? group.pick(isConnected) ?? group.pick(isPersistent);
    if (member === null) return;
    const { subscriber, options } = member;
    deliver(
      this.context,
      subscriber,
      message,
      {
        qos: options.qos < message.qos ? options.qos : message.qos,
        retain: message.retain && options.retainAsPublished,
        subscriptionIdentifiers: options.subscriptionIdentifier === 0 ? null : [options.subscriptionIdentifier],
        sharedFilter: `$share/${group.shareName}/${group.topicFilter}`,
      },
      now,
    );
  }

  /** Gives messages of a shared subscription whose session has ended to other members (MQTT 5.0 section 4.8.2). */
  redistribute(message: Message, sharedFilter: string, now: number): void {
    for (const group of this.routes.match(message.topic).shared) {
      if (`$share/${group.shareName}/${group.topicFilter}` === sharedFilter) this.#deliverShared(group, message, now);
    }
  }

  /** Whether this very message is the one that is retained for its topic. */
  isRetained(message: Message): boolean {
    return this.retained.get(message.topic) === message;
  }

  #retain(message: Message, publisher: Session | null, now: number): void {
    const { topic } = message;
    const { counters, context } = this;
    this.retainRefused = false;
    if (topic.startsWith('$SYS/')) {
      // The server's own: said anew all the time, so neither limited nor durable.
      this.#setRetained(message, messageBytes(message));
      return;
    }
    if (message.payloadBytes === 0) {
      // [MQTT-3.3.1-6] [MQTT-3.3.1-7]
      this.#letGoRetained(topic);
      if (this.retained.delete(topic)) context.store.deleteRetained(topic);
      else context.store.awaitRetainedGone(topic);
      this.#keepRetained(topic);
    } else {
      const bytes = messageBytes(message);
      const { retainedMessages, retainedBytes } = context.limits;
      const old = this.retained.sizeOf(topic);
      const full: LimitName | null =
        retainedMessages !== null && old === 0 && this.retained.count >= retainedMessages
          ? 'retainedMessages'
          : retainedBytes !== null && this.retained.bytes - old + bytes > retainedBytes
            ? 'retainedBytes'
            : null;
      if (full !== null) {
        this.retainRefused = true;
        context.reached[full]++;
        this.emit('message.dropped', 'limit.retained', now, publisher, topic);
        return;
      }
      message.retainedFrom = publisher?.clientId ?? null;
      // [MQTT-3.3.1-5]
      this.#setRetained(message, bytes);
      context.store.putRetained(message);
      this.expireRetained(message);
    }
    counters.retainedMessages = this.retained.count;
    counters.retainedBytes = this.retained.bytes;
  }

  #setRetained(message: Message, bytes: number): void {
    this.#letGoRetained(message.topic);
    keep(message).holders++;
    this.retained.set(message.topic, message, bytes);
  }

  /** The message that is retained for the topic is about to be replaced or deleted. */
  #letGoRetained(topic: string): void {
    const message = this.retained.get(topic);
    if (message !== undefined) letGo(message);
  }

  /** The retained message of the topic does not go by its time any more. */
  #keepRetained(topic: string): void {
    const timer = this.#retainedTimers.get(topic);
    if (timer === undefined) return;
    this.ports.timers.cancel(timer);
    this.#retainedTimers.delete(topic);
  }

  /** A message that has just been retained goes when its Message Expiry Interval has passed, if it has one. */
  expireRetained({ topic, expiresAt }: Message): void {
    this.#keepRetained(topic);
    if (expiresAt === Infinity) return;
    const timer = this.ports.timers.schedule(expiresAt, () => {
      this.#retainedTimers.delete(topic);
      this.#letGoRetained(topic);
      this.retained.delete(topic);
      this.context.store.deleteRetained(topic);
      this.counters.retainedMessages = this.retained.count;
      this.counters.retainedBytes = this.retained.bytes;
    });
    this.#retainedTimers.set(topic, timer);
  }

  /** The deployment is gone: nothing of it is to happen any more. Its sessions have ended. */
  dispose(): void {
    for (const timer of this.#retainedTimers.values()) this.ports.timers.cancel(timer);
    this.#retainedTimers.clear();
    for (const { willTimer } of this.orphans.values()) if (willTimer !== null) this.ports.timers.cancel(willTimer);
    this.orphans.clear();
  }

  /** Adds or replaces a subscription [MQTT-3.8.4-3]; its retained messages [MQTT-3.3.1-9..11] go out with the next `pump`. */
  subscribe(session: Session, topicFilter: string, options: SubscriptionOptions): void {
    const existed = this.routes.subscribe(session, topicFilter, options);
    session.subscriptions.set(topicFilter, options);
    if (session.persistent) this.context.store.putSubscription(session, topicFilter, options);
    if (!existed) this.counters.subscriptions++;
    // [MQTT-4.8.2] retained messages do not go to shared subscriptions.
    if (topicFilter.startsWith('$share/')) return;
    if (options.retainHandling === 2 || (options.retainHandling === 1 && existed)) {
      // What the subscription before has asked for is not lost [MQTT-3.8.4-3], but comes as the new one says.
      for (const entry of session.backlog ?? []) if (entry.topicFilter === topicFilter) entry.options = options;
      return;
    }
    if (existed) this.#dropBacklog(session, topicFilter);
    const { newest } = this.retained;
    session.backlog ??= [];
    session.backlog.push({
      topicFilter,
      messages: this.retained.match(topicFilter),
      options,
      pending: null,
      isRetained: (message) => this.isRetained(message),
      isLater: ({ topic: later }) => this.retained.orderOf(later) > newest,
    });
  }

  /** @returns whether there was such a subscription. */
  unsubscribe(session: Session, topicFilter: string): boolean {
    if (!session.subscriptions.delete(topicFilter)) return false;
    this.routes.unsubscribe(session, topicFilter);
    this.#dropBacklog(session, topicFilter);
    if (session.persistent) this.context.store.deleteSubscription(session, topicFilter);
    this.counters.subscriptions--;
    return true;
  }

  /** Retained messages of a subscription that is gone or made anew do not go out any more [MQTT-3.10.4-2]. */
  #dropBacklog(session: Session, topicFilter: string): void {
    const { backlog } = session;
    if (backlog === null) return;
    for (let index = backlog.length - 1; index >= 0; index--) {
      if (backlog[index]?.topicFilter === topicFilter) backlog.splice(index, 1);
    }
    if (backlog.length === 0) session.backlog = null;
  }

  rulesOf(session: Session): AccessRules | null {
    return this.ports.policy.accessRules(session);
  }

  /** Says what happened to a session of this deployment. */
  emit(
    kind: EventKind,
    fault: FaultName | null,
    now: number,
    session: Session | null,
    detail: string | null,
    count = 1,
  ): void {
    this.ports.events.emit({
      kind,
      at: now,
      fault,
      deployment: this.deployment,
      connection: session?.link?.connection ?? null,
      facts: null,
      protocolVersion: session?.version ?? null,
      clientId: session?.clientId ?? null,
      username: session?.username ?? null,
      detail,
      count,
    });
  }
}

function isReady(session: Session): boolean {
  const { link } = session;
  return link !== null && !link.isGone && !link.congested && session.outbound.inFlight.size < link.receiveMaximum;
}

function isConnected(session: Session): boolean {
  return session.link?.isGone === false;
}

function isPersistent(session: Session): boolean {
  return session.persistent;
}

function newCounters(): DeploymentCounters {
  return {
    connections: 0,
    sessions: 0,
    subscriptions: 0,
    retainedMessages: 0,
    retainedBytes: 0,
    queuedMessages: 0,
    queuedBytes: 0,
    connectsAccepted: 0,
    connectsRefused: 0,
    packetsReceived: 0,
    packetsSent: 0,
    bytesReceived: 0,
    bytesSent: 0,
    publishesReceivedQoS0: 0,
    publishesReceivedQoS1: 0,
    publishesReceivedQoS2: 0,
    publishesSentQoS0: 0,
    publishesSentQoS1: 0,
    publishesSentQoS2: 0,
    messagesDroppedQueue: 0,
    messagesDroppedBuffer: 0,
    messagesDroppedExpired: 0,
    messagesDroppedTooLarge: 0,
    publishesDenied: 0,
    subscribesDenied: 0,
    readPauses: 0,
  };
}
