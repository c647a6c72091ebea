import { decode, ReasonCode, type SubscribePacket, type SubscriptionRequest } from '../../codec/mod.ts';
import { faultNumber, type FaultName } from '../../faults/mod.ts';
import { pump } from '../session/deliver.ts';
import { isValidTopicFilter, parseSharedFilter } from '../topic/names.ts';
import type { Connection } from './connection.ts';
import type { Connected } from './connection-state.ts';
import { dialectOf } from './dialect.ts';
import { topicBytesOverLimit, topicOverLimit } from '../topic-limits.ts';

/** A client subscribes (MQTT 5.0 section 3.8). */
export function handleSubscribe(connection: Connection, state: Connected, now: number): void {
  const { framer, version } = connection;
  const { broker, session } = state;
  if (session.persistent && broker.storage.state !== 'ready' && !isStorageRefusal(connection, state))
    return connection.intake.postpone(broker, now);
  const packet = decode(version, framer.header, framer.buffer, framer.bodyStart, framer.end) as SubscribePacket;
  connection.intake.filtered(broker, packet.subscriptions.length, now);
  const subscriptionIdentifier = packet.properties?.subscriptionIdentifiers?.[0] ?? 0;
  const reasonCodes: number[] = [];
  const granted: { request: SubscriptionRequest; qos: 0 | 1 | 2 }[] = [];
  /** Of those granted, the filters that the session does not have yet. */
  const fresh = new Set<string>();
  let fault: FaultName | null = null;
  for (const request of packet.subscriptions) {
    const shared = parseSharedFilter(request.topicFilter);
    if (!isValidTopicFilter(request.topicFilter) || shared === 'invalid') {
      // [MQTT-4.7.1-1..3] [MQTT-4.8.2-1]
      connection.close(
        'protocol.malformed',
        `invalid Topic Filter ${request.topicFilter.slice(0, 100)}`,
        now,
        ReasonCode.topicFilterInvalid,
      );
      return;
    }
    if (shared !== null && request.noLocal) {
      // [MQTT-3.8.3-4]
      connection.close('protocol.error', 'No Local on a shared subscription', now, ReasonCode.protocolError);
      return;
    }
    const refusal = judge(
      connection,
      state,
      shared?.topicFilter ?? request.topicFilter,
      request.topicFilter,
      fresh,
      now,
    );
    if (refusal === null) {
      granted.push({ request, qos: request.qos });
      if (!session.subscriptions.has(request.topicFilter)) fresh.add(request.topicFilter);
    } else fault = refusal.fault;
    reasonCodes.push(refusal?.reasonCode ?? request.qos);
  }
  // 3.1 has no code for a refused subscription.
  if (fault !== null && version === 3) {
    connection.close(fault, null, now);
    return;
  }
  for (const { request, qos } of granted) {
    const options = {
      qos,
      noLocal: request.noLocal,
      retainAsPublished: request.retainAsPublished,
      retainHandling: request.retainHandling,
      subscriptionIdentifier,
      deliveryFilter: session.rules?.deliveryFilter(request.topicFilter) ?? null,
    };
    broker.subscribe(session, request.topicFilter, options);
    connection.emit('subscription.added', null, request.topicFilter, now);
  }
  const reason = fault === null ? null : `error ${faultNumber(fault)}: subscription refused`;
  // [MQTT-3.8.4-1] [MQTT-3.8.4-6]
  const suback = dialectOf(version).suback(packet.packetIdentifier, reasonCodes, reason, connection.manners);
  // Retained messages follow SUBACK.
  if (connection.answer(broker.context.store.written, suback, now)) pump(broker.context, session, now);
}

/** Whether a subscription is refused because it could not be kept; 3.x has no word that does not sound final. */
function isStorageRefusal({ version }: Connection, { broker, session }: Connected): boolean {
  return session.persistent && broker.storage.state === 'failed' && version === 5;
}

function judge(
  connection: Connection,
  state: Connected,
  topicFilter: string,
  asked: string,
  fresh: ReadonlySet<string>,
  now: number,
): { fault: FaultName; reasonCode: number } | null {
  const { broker, session } = state;
  const { limits, counters, reached } = broker.context;
  if (isStorageRefusal(connection, state)) {
    connection.emit('subscription.refused', 'server.storage', asked, now);
    return { fault: 'server.storage', reasonCode: ReasonCode.quotaExceeded };
  }
  // What is left of a shared filter beside its topics is the ShareName, which is held to the same bytes.
  const shareName = asked === topicFilter ? '' : asked.slice(0, -topicFilter.length);
  const tooLong = topicOverLimit(topicFilter, limits) ?? topicBytesOverLimit(shareName, limits);
  if (tooLong !== null) {
    reached[tooLong.limit]++;
    connection.emit('subscription.refused', 'limit.topic', `${tooLong.text}: ${asked.slice(0, 100)}`, now);
    return { fault: 'limit.topic', reasonCode: ReasonCode.topicFilterInvalid };
  }
  const { subscriptionsPerClient } = limits;
  if (
    subscriptionsPerClient !== null &&
    !session.subscriptions.has(asked) &&
    !fresh.has(asked) &&
    session.subscriptions.size + fresh.size >= subscriptionsPerClient
  ) {
    reached.subscriptionsPerClient++;
    connection.emit('subscription.refused', 'limit.subscriptions', asked, now);
    return { fault: 'limit.subscriptions', reasonCode: ReasonCode.quotaExceeded };
  }
  const decision = session.rules?.subscribe(asked);
  if (decision !== undefined && !decision.allowed) {
    counters.subscribesDenied++;
    connection.emit('subscription.refused', 'access.subscribe-denied', `${asked} (${decision.rule ?? 'default'})`, now);
    return { fault: 'access.subscribe-denied', reasonCode: ReasonCode.notAuthorized };
  }
  return null;
}
