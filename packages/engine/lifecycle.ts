/** From the opening of a session to its end: take-over, leaving, expiry, wills (MQTT 5.0 sections 3.1.2.4, 3.1.2.5, 4.1). */
import type { ProtocolVersion } from '../codec/mod.ts';
import type { Broker } from './broker.ts';
import type { LimitName } from './limits.ts';
import { letGo, messageBytes } from './message.ts';
import type { AccessRules } from './ports.ts';
import { deliver, mayReplay, resend } from './session/deliver.ts';
import type { SessionLink } from './session/link.ts';
import { clearOutbound } from './session/queue.ts';
import { NEVER_EXPIRES, Session } from './session/session.ts';
import { willMessage, type Will } from './session/will.ts';
import { isServerTopic, topicOverLimit } from './topic-limits.ts';

/** What a CONNECT asks of the session. */
export interface SessionRequest {
  readonly clientId: string;
  readonly username: string | null;
  readonly version: ProtocolVersion;
  readonly cleanStart: boolean;
  /** Seconds, already shortened to the limit. */
  readonly expiryInterval: number;
  readonly will: Will | null;
}

/**
 * Makes or resumes the session of a client and gives it the connection. Nothing is sent yet: CONNACK goes first,
 * then `resumeSession`. A connection that holds the session is closed [MQTT-3.1.4-3].
 */
export function openSession(
  broker: Broker,
  request: SessionRequest,
  link: SessionLink,
  now: number,
): { session: Session; present: boolean } {
  const { clientId, version, username, expiryInterval } = request;
  const holder = broker.sessions.get(clientId)?.link;
  if (holder !== undefined && holder !== null) holder.close('session.taken-over', null, now);
  returned(broker, clientId);
  // The session may have ended with the connection that held it.
  let session = broker.sessions.get(clientId);
  // [MQTT-3.1.2-4]: Clean Start discards what was there.
  if (session !== undefined && request.cleanStart) {
    endSession(broker, session, 'clean start', now);
    session = undefined;
  }
  const present = session !== undefined;
  if (session === undefined) {
    broker.context.store.awaitSessionGone(clientId);
    session = new Session(broker.deployment, clientId, username, version, expiryInterval);
    broker.sessions.set(clientId, session);
    broker.counters.sessions++;
    countUser(broker, username, 1);
    broker.emit('session.created', null, now, session, null);
  } else {
    cancelTimers(broker, session);
    countUser(broker, session.username, -1);
    countUser(broker, username, 1);
    forgetIfEphemeral(broker, session, expiryInterval);
  }
  session.username = username;
  session.version = version;
  session.expiryInterval = expiryInterval;
  session.will = request.will;
  session.state = { kind: 'connected', link };
  applyRules(broker, session, broker.rulesOf(session), now);
  broker.counters.connections++;
  // [MQTT-3.1.2-7]: the will is stored, whether the session outlives its connection or not.
  if (session.persistent || session.will !== null) broker.context.store.putSession(session);
  return { session, present };
}

/** A client whose session ended with the service is back in time: its will is not published. */
function returned(broker: Broker, clientId: string): void {
  const orphan = broker.orphans.get(clientId);
  if (orphan === undefined) return;
  broker.orphans.delete(clientId);
  cancelTimers(broker, orphan);
  broker.context.store.deleteWill(orphan);
}

/** Publishes the will of a session that ended with the service, at the time given, unless its client is back before. */
export function scheduleOrphan(broker: Broker, session: Session, at: number): void {
  broker.orphans.set(session.clientId, session);
  session.willTimer = broker.ports.timers.wait(at, (now) => {
    session.willTimer = null;
    broker.orphans.delete(session.clientId);
    session.rules = broker.rulesOf(session);
    publishWill(broker, session, now);
    broker.context.store.deleteWill(session);
  });
}

/** A 5.0 client may resume a durable session and ask that it ends with the new connection. */
function forgetIfEphemeral(broker: Broker, session: Session, expiryInterval: number): void {
  const { store } = broker.context;
  if (session.persistent && expiryInterval === 0) store.deleteSession(session);
}

/** After CONNACK: what is in flight and queued goes out. */
export function resumeSession(broker: Broker, session: Session, now: number): void {
  resend(broker.context, session, now);
}

/**
 * The connection of a session is gone.
 * @param keepWill false when the client has said goodbye, so that its will is not published [MQTT-3.1.2-10].
 */
export function leaveSession(broker: Broker, session: Session, keepWill: boolean, now: number): void {
  if (session.state.kind !== 'connected') return;
  if (!keepWill) session.will = null;
  broker.counters.connections--;
  if (!session.persistent) {
    endSession(broker, session, 'connection closed', now);
    return;
  }
  const endsAt = session.expiryInterval === NEVER_EXPIRES ? Infinity : now + session.expiryInterval * 1000;
  session.state = { kind: 'away', since: now, endsAt };
  keepBacklog(broker, session, now);
  if (endsAt !== Infinity) scheduleExpiry(broker, session, endsAt);
  const keepsForRestart = broker.draining && broker.context.store.waits;
  if (session.will !== null && !keepsForRestart) {
    const delay = Math.min(session.will.delaySeconds, session.expiryInterval);
    if (delay === 0) publishWill(broker, session, now);
    else scheduleWill(broker, session, now + delay * 1000);
  }
  broker.context.store.putSession(session);
}

/** Retained messages that had not gone out yet wait in the queue of the session, as many as it has room for. */
function keepBacklog(broker: Broker, session: Session, now: number): void {
  const backlog = session.backlog ?? [];
  const { queuedMessages, queuedBytes } = broker.context.limits;
  const { outbound } = session;
  // What waits already was acknowledged to somebody: what is retained still does not push it out.
  let full: LimitName | null = null;
  session.backlog = null;
  for (const { messages, options, pending, isRetained, isLater } of backlog) {
    const rest = pending === null || !isRetained(pending) ? messages : [pending, ...messages];
    for (const message of rest) {
      const qos = options.qos < message.qos ? options.qos : message.qos;
      if (qos === 0 || isLater(message) || !mayReplay(session, options, message)) continue;
      if (outbound.queuedMessages >= (queuedMessages ?? Infinity)) full = 'queuedMessages';
      else if (outbound.queuedMessages > 0 && outbound.queuedBytes + messageBytes(message) > (queuedBytes ?? Infinity))
        full ??= 'queuedBytes';
      if (full !== null) {
        broker.context.reached[full]++;
        broker.counters.messagesDroppedQueue++;
        broker.drops.add(session, 'limit.queue', message.topic, now);
        continue;
      }
      deliver(
        broker.context,
        session,
        message,
        {
          qos,
          retain: true,
          subscriptionIdentifiers: options.subscriptionIdentifier === 0 ? null : [options.subscriptionIdentifier],
          sharedFilter: null,
        },
        now,
      );
    }
  }
}

export function scheduleExpiry(broker: Broker, session: Session, at: number): void {
  session.expiryTimer = broker.ports.timers.schedule(at, (now) => {
    session.expiryTimer = null;
    endSession(broker, session, 'expired', now);
  });
}

export function scheduleWill(broker: Broker, session: Session, at: number): void {
  session.willTimer = broker.ports.timers.wait(at, (now) => {
    session.willTimer = null;
    publishWill(broker, session, now);
    broker.context.store.putSession(session);
  });
}

/** Publishes the will, once [MQTT-3.1.2-8] [MQTT-3.1.3-9]. */
function publishWill(broker: Broker, session: Session, now: number): void {
  const { will } = session;
  if (will === null) return;
  session.will = null;
  const tooLong = topicOverLimit(will.topic, broker.context.limits);
  if (tooLong !== null) {
    broker.context.reached[tooLong.limit]++;
    broker.emit('publish.refused', 'limit.topic', now, session, `will: ${tooLong.text}: ${will.topic.slice(0, 100)}`);
    return;
  }
  const denied = ruleAgainst(session, will.topic);
  if (denied !== null) {
    broker.counters.publishesDenied++;
    broker.emit('publish.refused', 'access.will-denied', now, session, `${will.topic} (${denied})`);
    return;
  }
  broker.publish(willMessage(will, now), session, now);
  broker.emit('will.published', null, now, session, will.topic);
}

/** The rule that keeps the session from publishing to the topic; null where none does. */
export function ruleAgainst({ rules }: Session, topic: string): string | null {
  if (isServerTopic(topic)) return 'topics of the server';
  const decision = rules?.publish(topic);
  return decision === undefined || decision.allowed ? null : (decision.rule ?? 'default');
}

/** Ends a session and everything in it. Its connection, if any, is the caller's to close. */
export function endSession(broker: Broker, session: Session, why: string, now: number): void {
  if (session.state.kind === 'ended') return;
  const { context, counters } = broker;
  cancelTimers(broker, session);
  session.state = { kind: 'ended' };
  // Removed first, so that neither its own will nor redistribution comes back to it.
  broker.routes.unsubscribeAll(session, session.subscriptions.keys());
  publishWill(broker, session, now);
  if (session.persistent) context.store.deleteSession(session);
  else if (session.recorded) context.store.deleteWill(session);
  counters.subscriptions -= session.subscriptions.size;
  broker.sessions.delete(session.clientId);
  counters.sessions--;
  countUser(broker, session.username, -1);
  session.backlog = null;
  const left = [...session.outbound.all()];
  clearOutbound(context, session);
  for (const item of left) {
    // QoS 2 messages that were sent stay with their session [MQTT-4.8.2-5]; others go to another member.
    const moves = item.sharedFilter !== null && (item.qos !== 2 || item.state === 'queued');
    if (moves && item.message.expiresAt > now) broker.redistribute(item.message, item.sharedFilter, now);
    letGo(item.message);
  }
  broker.drops.finish(session, now);
  broker.emit('session.ended', null, now, session, why);
}

/** Compiles access rules into a session: revokes what is no longer allowed, filters what is allowed in part. */
export function applyRules(broker: Broker, session: Session, rules: AccessRules | null, now: number): void {
  if (rules === null && session.rules === null) return;
  session.rules = rules;
  for (const [topicFilter, options] of [...session.subscriptions]) {
    const decision = rules?.subscribe(topicFilter);
    if (decision !== undefined && !decision.allowed) {
      broker.unsubscribe(session, topicFilter);
      broker.emit(
        'subscription.removed',
        'access.subscription-revoked',
        now,
        session,
        `${topicFilter} (${decision.rule ?? 'default'})`,
      );
      continue;
    }
    const deliveryFilter = rules?.deliveryFilter(topicFilter) ?? null;
    if (deliveryFilter === options.deliveryFilter) continue;
    const updated = { ...options, deliveryFilter };
    session.subscriptions.set(topicFilter, updated);
    broker.routes.subscribe(session, topicFilter, updated);
    for (const entry of session.backlog ?? []) if (entry.topicFilter === topicFilter) entry.options = updated;
  }
}

function cancelTimers(broker: Broker, session: Session): void {
  const { timers } = broker.ports;
  if (session.expiryTimer !== null) timers.cancel(session.expiryTimer);
  if (session.willTimer !== null) timers.cancel(session.willTimer);
  session.expiryTimer = null;
  session.willTimer = null;
}

function countUser(broker: Broker, username: string | null, by: number): void {
  if (username === null) return;
  const count = (broker.sessionsOfUser.get(username) ?? 0) + by;
  if (count > 0) broker.sessionsOfUser.set(username, count);
  else broker.sessionsOfUser.delete(username);
}
