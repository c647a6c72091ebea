import { decodePublishHead, packetSize, ReasonCode } from '../../codec/mod.ts';
import { faultNumber, reasonStringOf, type FaultName } from '../../faults/mod.ts';
import type { Broker } from '../broker.ts';
import { ruleAgainst } from '../lifecycle.ts';
import type { Limits } from '../limits.ts';
import { forwardedProperties, propertyBytes, type Message } from '../message.ts';
import { topicBytesOverLimit, topicOverLimit, type TopicExcess } from '../topic-limits.ts';
import type { Connection } from './connection.ts';
import type { Connected } from './connection-state.ts';
import { dialectOf } from './dialect.ts';

/**
 * What a Topic Alias stands for whose topic is over the limit of bytes: refused topics take no memory. With its wildcard it is the topic of
 * nobody, and what is published to it is refused like the topic itself until the alias is given anew.
 */
const TOO_LONG_TOPIC = '(a topic over the limit)#';

/** Why a message was not taken. The reason code is for 5.0; in 3.x it is acknowledged and not delivered. */
interface Refusal {
  readonly fault: FaultName;
  readonly reasonCode: number;
  readonly detail: string;
}

/** A client publishes (MQTT 5.0 section 3.3). */
export function handlePublish(connection: Connection, state: Connected, now: number): void {
  const { framer, version, world } = connection;
  const { buffer, start, bodyStart, end } = framer;
  const { packet, publish } = world;
  packet.payloadStart = decodePublishHead(version, framer.header, buffer, bodyStart, end, publish);
  packet.buffer = buffer;
  packet.start = start;
  packet.end = end;
  packet.isVersion5 = version === 5;
  // 3.x may write the Remaining Length with more bytes than it needs.
  packet.isPlain = publish.properties === null && packetSize(end - bodyStart) === end - start;
  if (publish.properties?.subscriptionIdentifiers !== undefined) {
    // [MQTT-3.3.4-6]
    connection.close(
      'protocol.error',
      'Subscription Identifier in a PUBLISH to the server',
      now,
      ReasonCode.protocolError,
    );
    return;
  }
  if (!resolveTopicAlias(connection, state, now)) return;
  if (state.broker.storage.state !== 'ready' && waitsForStorage(connection, state))
    return connection.intake.postpone(state.broker, now);
  connection.intake.published(now);
  switch (publish.qos) {
    case 0:
      state.broker.counters.publishesReceivedQoS0++;
      route(connection, state, now);
      break;
    case 1:
      publishAtLeastOnce(connection, state, now);
      break;
    case 2:
      publishExactlyOnce(connection, state, now);
      break;
  }
}

/** While the journal takes nothing more: whether the message needs it, and cannot be refused in words. */
function waitsForStorage({ version, world }: Connection, { broker, session }: Connected): boolean {
  const { publish } = world;
  if (broker.storage.state === 'failed' && version === 5 && publish.qos > 0) return false;
  if (publish.qos === 2 && session.received.has(publish.packetIdentifier)) return false;
  return broker.wouldStore(publish, world.packet.end - world.packet.payloadStart, session);
}

/** [MQTT-3.3.2-8]: aliases are from 1 to our Topic Alias Maximum. @returns false when the connection was closed. */
function resolveTopicAlias(connection: Connection, { broker }: Connected, now: number): boolean {
  const { publish } = connection.world;
  const alias = publish.properties?.topicAlias;
  if (alias === undefined) return true;
  if (alias > connection.topicAliasMaximum) {
    broker.context.reached.topicAliases++;
    connection.close(
      'protocol.topic-alias',
      `alias ${alias} is above the Topic Alias Maximum ${connection.topicAliasMaximum}`,
      now,
      ReasonCode.topicAliasInvalid,
    );
    return false;
  }
  if (publish.topic !== '') {
    connection.topicAliases ??= [];
    const isTooLong = topicBytesOverLimit(publish.topic, broker.context.limits) !== null;
    connection.topicAliases[alias] = isTooLong ? TOO_LONG_TOPIC : publish.topic;
    return true;
  }
  const topic = connection.topicAliases?.[alias];
  if (topic === undefined) {
    connection.close('protocol.topic-alias', `alias ${alias} stands for no topic`, now, ReasonCode.protocolError);
    return false;
  }
  publish.topic = topic;
  return true;
}

/** QoS 1 (MQTT 5.0 section 4.3.2). */
function publishAtLeastOnce(connection: Connection, state: Connected, now: number): void {
  state.broker.counters.publishesReceivedQoS1++;
  const { packetIdentifier } = connection.world.publish;
  if (!withinReceiveMaximum(connection, state, now)) return;
  connection.cork();
  const outcome = route(connection, state, now);
  if (connection.state !== state) return;
  answer(connection, state, 4, packetIdentifier, outcome);
}

/** QoS 2: delivered when it is first seen, its identifier remembered until PUBREL (MQTT 5.0 section 4.3.3). */
function publishExactlyOnce(connection: Connection, state: Connected, now: number): void {
  const { session, broker } = state;
  broker.counters.publishesReceivedQoS2++;
  const { packetIdentifier } = connection.world.publish;
  // What is unreleased counts against Receive Maximum, which 3.x has not.
  const { unreleased } = connection;
  const isCounted = connection.version === 5;
  if (isCounted && !unreleased.has(packetIdentifier) && !withinReceiveMaximum(connection, state, now)) return;
  if (session.received.has(packetIdentifier)) {
    // [MQTT-4.3.3-10]: a duplicate is answered and not delivered again.
    if (isCounted) unreleased.add(packetIdentifier);
    answer(connection, state, 5, packetIdentifier, 0);
    return;
  }
  connection.cork();
  const outcome = route(connection, state, now);
  if (connection.state !== state) return;
  // A refusal in 5.0 ends the exchange, so the identifier is not in use [MQTT-4.3.3-9].
  if (typeof outcome === 'number' || connection.version !== 5) {
    session.received.add(packetIdentifier);
    if (isCounted) unreleased.add(packetIdentifier);
    if (session.persistent) broker.context.store.putReceived(session, packetIdentifier);
  }
  answer(connection, state, 5, packetIdentifier, outcome);
}

/**
 * [MQTT-3.3.4-9]: more unacknowledged messages than our Receive Maximum end a 5.0 connection. The count begins anew with
 * each connection (section 4.9), so what an earlier one left to release does not count.
 */
function withinReceiveMaximum(connection: Connection, { broker }: Connected, now: number): boolean {
  if (connection.version !== 5) return true;
  if (connection.unansweredPublishes + connection.unreleased.size < connection.announcedReceiveMaximum) return true;
  broker.context.reached.inFlightIn++;
  connection.close('limit.receive-maximum', null, now, ReasonCode.receiveMaximumExceeded);
  return false;
}

/** PUBACK or PUBREC, once everything that the message has changed is durable. */
function answer(
  connection: Connection,
  { broker }: Connected,
  type: 4 | 5,
  packetIdentifier: number,
  outcome: number | Refusal,
): void {
  const refused = typeof outcome !== 'number';
  let reasonCode: number = ReasonCode.success;
  if (refused) reasonCode = outcome.reasonCode;
  else if (outcome === 0 && type === 4) reasonCode = ReasonCode.noMatchingSubscribers;
  const bytes = dialectOf(connection.version).publishAnswer(
    type,
    packetIdentifier,
    reasonCode,
    refused ? `error ${faultNumber(outcome.fault)}: ${outcome.detail}` : noteOnRetain(connection, broker),
    connection.manners,
  );
  connection.uncork(broker.context.store.written, bytes, type === 4 || reasonCode >= 0x80);
}

/** A message that was taken, but not retained, is said to be so where there are words for it. */
function noteOnRetain({ world }: Connection, broker: Broker): string | null {
  return world.publish.retain && broker.retainRefused ? reasonStringOf('limit.retained') : null;
}

/** Refuses what would have to be kept while nothing can be: before it is applied, so that it can be sent again. */
function judgeStorage(connection: Connection, { broker, session }: Connected, now: number): Refusal | null {
  if (broker.storage.state !== 'failed') return null;
  const { world } = connection;
  const { publish } = world;
  const payloadBytes = world.packet.end - world.packet.payloadStart;
  if (publish.qos === 0 || !broker.wouldStore(publish, payloadBytes, session)) return null;
  connection.emit('publish.refused', 'server.storage', publish.topic, now);
  return {
    fault: 'server.storage',
    reasonCode: ReasonCode.quotaExceeded,
    detail: 'the server cannot store messages now, try again later',
  };
}

/** Publishes what is in `World.publish`. @returns how many subscriptions matched, or why it was refused. */
function route(connection: Connection, { broker, session }: Connected, now: number): number | Refusal {
  const { publish } = connection.world;
  const refusal = judge(connection, publish.topic, broker.context.limits, now);
  if (refusal !== null) return refusal;
  const properties = forwardedProperties(publish.properties);
  const { packet } = connection.world;
  const expiry = publish.properties?.messageExpiryInterval;
  const message: Message = {
    topic: publish.topic,
    payload: null,
    payloadBytes: packet.end - packet.payloadStart,
    qos: publish.qos,
    retain: publish.retain,
    properties,
    propertyBytes: propertyBytes(properties),
    expiresAt: expiry === undefined ? Infinity : now + expiry * 1000,
    kept: false,
    holders: 0,
    content: null,
    retainedFrom: null,
    packet,
    encoded: null,
  };
  return broker.publish(message, session, now);
}

function judge(connection: Connection, topic: string, limits: Limits, now: number): Refusal | null {
  const state = connection.state;
  if (state.kind !== 'connected') return null;
  const { broker, session } = state;
  const tooLong: TopicExcess | null =
    topic === TOO_LONG_TOPIC ? { limit: 'topicBytes', text: 'topic over the limit' } : topicOverLimit(topic, limits);
  if (tooLong !== null) {
    broker.context.reached[tooLong.limit]++;
    connection.emit('publish.refused', 'limit.topic', `${tooLong.text}: ${topic.slice(0, 100)}`, now);
    return { fault: 'limit.topic', reasonCode: ReasonCode.topicNameInvalid, detail: tooLong.text };
  }
  const rule = ruleAgainst(session, topic);
  if (rule === null) return judgeStorage(connection, state, now);
  broker.counters.publishesDenied++;
  connection.emit('publish.refused', 'access.publish-denied', `${topic} (${rule})`, now);
  return { fault: 'access.publish-denied', reasonCode: ReasonCode.notAuthorized, detail: 'publish denied' };
}
