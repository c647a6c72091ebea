import type { Broker } from './broker.ts';
import { messageBytes } from './message.ts';
import { applyRules, scheduleExpiry, scheduleOrphan, scheduleWill } from './lifecycle.ts';
import { enqueue } from './session/queue.ts';
import {
  decodeInFlight,
  decodeMessageRecord,
  decodeRetained,
  decodeSession,
  decodeSubscription,
  splitKey,
  type ContentFinder,
  type SessionRecord,
  type StoredPublish,
} from './session/records.ts';
import { NEVER_EXPIRES, Session } from './session/session.ts';
import type { SubscriptionOptions } from './subscription.ts';

/** One record of the journal, as it was put. */
export interface StoredRecord {
  readonly key: string;
  readonly value: Uint8Array;
}

interface StoredSession {
  record: SessionRecord | null;
  readonly subscriptions: Map<string, SubscriptionOptions>;
  /** As they were stored: what they refer to may come later. */
  readonly messages: Map<number, Uint8Array>;
  readonly inFlight: Map<number, ReturnType<typeof decodeInFlight>>;
  readonly received: Set<number>;
}

/** What a restart knows of the time before. All in milliseconds, moments since 1970. */
export interface RestoreTimes {
  /** How long clients have to come back before the wills of their sessions are published. */
  readonly graceMs: number;
  /**
   * Until when the service may have run: whoever was connected then is away since. Later than `now` where the clock is behind, as on a
   * board that has none of its own: it is still to be set, and a session must not end for that.
   */
  readonly stoppedAt: number;
  readonly now: number;
}

/**
 * Rebuilds the sessions and retained messages of a deployment. Time that passed while the service was down counts for
 * expiry; wills of clients that were connected are published after the grace time, unless the client is back before.
 */
export function restoreBroker(broker: Broker, records: Iterable<StoredRecord>, times: RestoreTimes): void {
  const { now } = times;
  const sessions = new Map<string, StoredSession>();
  const contents = new Map<number, StoredPublish>();
  for (const { key, value } of records) {
    const { kind, owner, rest } = splitKey(key);
    if (kind === 'r') restoreRetained(broker, value, now);
    else if (kind === 'p') {
      const number = Number(owner);
      contents.set(number, { content: { number, references: 0 }, bytes: value, message: null });
    } else collect(sessionOf(sessions, owner), kind, rest, value);
  }
  const find = (number: number): StoredPublish | null => contents.get(number) ?? null;
  for (const [clientId, stored] of sessions) {
    if (stored.record !== null) restoreSession(broker, clientId, stored, stored.record, find, times);
  }
  broker.context.store.restoredContents([...contents.values()].map(({ content }) => content));
}

function sessionOf(sessions: Map<string, StoredSession>, clientId: string): StoredSession {
  let stored = sessions.get(clientId);
  if (stored === undefined) {
    stored = { record: null, subscriptions: new Map(), messages: new Map(), inFlight: new Map(), received: new Set() };
    sessions.set(clientId, stored);
  }
  return stored;
}

function collect(stored: StoredSession, kind: string, rest: string, value: Uint8Array): void {
  switch (kind) {
    case 's':
      stored.record = decodeSession(value);
      break;
    case 'f':
      stored.subscriptions.set(rest, decodeSubscription(value));
      break;
    case 'm':
      stored.messages.set(Number(rest), value);
      break;
    case 'i':
      stored.inFlight.set(Number(rest), decodeInFlight(value));
      break;
    case 'q':
      stored.received.add(Number(rest));
      break;
  }
}

function restoreRetained(broker: Broker, value: Uint8Array, now: number): void {
  const message = decodeRetained(value);
  if (message.expiresAt <= now) {
    broker.context.store.deleteRetained(message.topic);
    return;
  }
  broker.retained.set(message.topic, message, messageBytes(message));
  broker.counters.retainedMessages = broker.retained.count;
  broker.counters.retainedBytes = broker.retained.bytes;
  if (message.expiresAt !== Infinity) broker.expireRetained(message);
}

function restoreSession(
  broker: Broker,
  clientId: string,
  stored: StoredSession,
  record: SessionRecord,
  find: ContentFinder,
  { graceMs, stoppedAt, now }: RestoreTimes,
): void {
  const session = new Session(broker.deployment, clientId, record.username, record.version, record.expiryInterval);
  session.recorded = true;
  if (!session.persistent) {
    // It was stored for its will only, and ended with the service.
    session.will = record.will;
    scheduleOrphan(broker, session, now + graceMs);
    return;
  }
  const since = record.awaySince ?? stoppedAt;
  const endsAt = record.expiryInterval === NEVER_EXPIRES ? Infinity : since + record.expiryInterval * 1000;
  session.state = { kind: 'away', since, endsAt };
  session.will = record.will;
  broker.sessions.set(clientId, session);
  broker.counters.sessions++;
  if (record.username !== null)
    broker.sessionsOfUser.set(record.username, (broker.sessionsOfUser.get(record.username) ?? 0) + 1);
  for (const [topicFilter, options] of stored.subscriptions) {
    session.subscriptions.set(topicFilter, options);
    broker.routes.subscribe(session, topicFilter, options);
    broker.counters.subscriptions++;
  }
  applyRules(broker, session, broker.rulesOf(session), now);
  restoreOutbound(broker, session, stored, find);
  for (const packetIdentifier of stored.received) session.received.add(packetIdentifier);
  if (endsAt !== Infinity) scheduleExpiry(broker, session, endsAt);
  if (session.will !== null) {
    const delayMs = Math.min(session.will.delaySeconds, record.expiryInterval) * 1000;
    const dueAt = Math.max(record.willDueAt ?? since + delayMs, now + graceMs);
    // Where the clock is behind, a will waits for no more than its time, whether the clock is set or not.
    scheduleWill(broker, session, Math.min(dueAt, now + Math.max(delayMs, graceMs)));
  }
  // From now on it is away: else its time would begin anew with each restart.
  if (record.awaySince === null) broker.context.store.putSession(session);
}

/** Messages in the order of their sequence, which is the order in which they came. */
function restoreOutbound(broker: Broker, session: Session, stored: StoredSession, find: ContentFinder): void {
  const sequences = [...new Set([...stored.messages.keys(), ...stored.inFlight.keys()])].toSorted((a, b) => a - b);
  for (const sequence of sequences) {
    const record = stored.messages.get(sequence);
    if (record === undefined) continue;
    const item = decodeMessageRecord(sequence, record, find);
    const flight = stored.inFlight.get(sequence);
    if (flight === undefined) {
      enqueue(broker.context, session, item);
      continue;
    }
    item.packetIdentifier = flight.packetIdentifier;
    item.state = flight.state;
    session.outbound.relaunch(item);
  }
}
