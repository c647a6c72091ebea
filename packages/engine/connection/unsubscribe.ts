import { decode, ReasonCode, type UnsubscribePacket } from '../../codec/mod.ts';
import { isValidTopicFilter, parseSharedFilter } from '../topic/names.ts';
import type { Connection } from './connection.ts';
import type { Connected } from './connection-state.ts';
import { dialectOf } from './dialect.ts';

/** A client unsubscribes (MQTT 5.0 section 3.10). */
export function handleUnsubscribe(connection: Connection, { broker, session }: Connected, now: number): void {
  const { framer, version } = connection;
  if (session.persistent && broker.storage.state !== 'ready') return connection.intake.postpone(broker, now);
  const packet = decode(version, framer.header, framer.buffer, framer.bodyStart, framer.end) as UnsubscribePacket;
  connection.intake.filtered(broker, packet.topicFilters.length, now);
  for (const topicFilter of packet.topicFilters) {
    // [MQTT-4.7.1-1..3] [MQTT-4.8.2-1]: as in SUBSCRIBE, before anything is done.
    if (!isValidTopicFilter(topicFilter) || parseSharedFilter(topicFilter) === 'invalid') {
      connection.close(
        'protocol.malformed',
        `invalid Topic Filter ${topicFilter.slice(0, 100)}`,
        now,
        ReasonCode.topicFilterInvalid,
      );
      return;
    }
  }
  const reasonCodes: number[] = [];
  for (const topicFilter of packet.topicFilters) {
    const existed = broker.unsubscribe(session, topicFilter);
    if (existed) connection.emit('subscription.removed', 'closed.unsubscribed', topicFilter, now);
    reasonCodes.push(existed ? ReasonCode.success : ReasonCode.noSubscriptionExisted);
  }
  // [MQTT-3.10.4-4] [MQTT-3.10.4-5]
  connection.answer(
    broker.context.store.written,
    dialectOf(version).unsuback(packet.packetIdentifier, reasonCodes),
    now,
  );
}
