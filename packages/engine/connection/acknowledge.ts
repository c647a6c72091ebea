import { decodeAck, encodeAck, PacketType, ReasonCode, type AckPacket } from '../../codec/mod.ts';
import { acknowledged, completed, received } from '../session/deliver.ts';
import type { OutboundMessage } from '../session/outbound.ts';
import type { Connection } from './connection.ts';
import type { Connected } from './connection-state.ts';

/** PUBACK, PUBREC, PUBREL and PUBCOMP (MQTT 5.0 sections 3.4 to 3.7). */
export function handleAcknowledgement(connection: Connection, state: Connected, now: number): void {
  const { framer, version } = connection;
  const packet = decodeAck(version, framer.header, framer.buffer, framer.bodyStart, framer.end);
  const { packetIdentifier } = packet;
  if (packet.type === PacketType.PUBREL) {
    release(connection, state, packetIdentifier, now);
    return;
  }
  const { session, broker } = state;
  const item = session.outbound.inFlight.get(packetIdentifier);
  if (item === undefined) {
    connection.intake.controlled(now);
    // [MQTT-4.3.3-4]: answered, so that the peer's exchange comes to its end.
    if (packet.type === PacketType.PUBREC) received(broker.context, session, packetIdentifier, null, 0, now);
    return;
  }
  const wrong = wrongKind(packet, item);
  if (wrong !== null) {
    connection.close('protocol.error', wrong, now, ReasonCode.protocolError);
    return;
  }
  switch (packet.type) {
    case PacketType.PUBACK:
      acknowledged(broker.context, session, item, now);
      break;
    case PacketType.PUBREC:
      received(broker.context, session, packetIdentifier, item, packet.reasonCode, now);
      break;
    case PacketType.PUBCOMP:
      completed(broker.context, session, item, now);
      break;
  }
}

/** An acknowledgement of another QoS than the message was sent with is a Protocol Error; one for nothing is not. */
function wrongKind(packet: AckPacket, item: OutboundMessage): string | null {
  if (packet.type === PacketType.PUBACK && item.qos === 2) return 'PUBACK for a QoS 2 message';
  if (packet.type === PacketType.PUBREC && item.qos === 1) return 'PUBREC for a QoS 1 message';
  if (packet.type === PacketType.PUBCOMP && item.state !== 'released') return 'PUBCOMP before PUBREL';
  return null;
}

/** The client releases a QoS 2 message: its identifier is free again [MQTT-4.3.3-11]. */
function release(connection: Connection, { broker, session }: Connected, packetIdentifier: number, now: number): void {
  const { store } = broker.context;
  const known = session.received.delete(packetIdentifier);
  if (!known) connection.intake.controlled(now);
  if (connection.version === 5) connection.unreleased.delete(packetIdentifier);
  if (known && session.persistent) store.deleteReceived(session, packetIdentifier);
  const reasonCode = known || connection.version !== 5 ? ReasonCode.success : ReasonCode.packetIdentifierNotFound;
  connection.writeDurable(
    store.written,
    encodeAck(connection.version, PacketType.PUBCOMP, packetIdentifier, reasonCode, null),
  );
}
