import { decode, encodeAck, PacketType, ReasonCode, type AckPacket } from '../../codec/mod.ts';
import { acknowledged, completed, received } from '../session/deliver.ts';
import type { Connection } from './connection.ts';
import type { Connected } from './connection-state.ts';

/** PUBACK, PUBREC, PUBREL and PUBCOMP (MQTT 5.0 sections 3.4 to 3.7). */
export function handleAcknowledgement(connection: Connection, { broker, session }: Connected, now: number): void {
  const { framer, version } = connection;
  const packet = decode(version, framer.header, framer.buffer, framer.bodyStart, framer.end) as AckPacket;
  const { packetIdentifier, reasonCode } = packet;
  const { context } = broker;
  const wrong = wrongKind(packet, session.outbound.inFlight.get(packetIdentifier));
  const isAnswer =
    packet.type === PacketType.PUBREL
      ? session.received.has(packetIdentifier)
      : session.outbound.inFlight.has(packetIdentifier);
  if (!isAnswer) connection.intake.controlled(now);
  if (wrong !== null) {
    connection.close('protocol.error', wrong, now, ReasonCode.protocolError);
    return;
  }
  switch (packet.type) {
    case PacketType.PUBACK:
      acknowledged(context, session, packetIdentifier, now);
      break;
    case PacketType.PUBREC:
      received(context, session, packetIdentifier, reasonCode, now);
      break;
    case PacketType.PUBREL:
      release(connection, { kind: 'connected', broker, session }, packetIdentifier);
      break;
    case PacketType.PUBCOMP:
      completed(context, session, packetIdentifier, now);
      break;
  }
}

/** An acknowledgement of another QoS than the message was sent with is a Protocol Error; one for nothing is not. */
function wrongKind(
  packet: AckPacket,
  item: { qos: 1 | 2; state: 'queued' | 'sent' | 'released' } | undefined,
): string | null {
  if (item === undefined || packet.type === PacketType.PUBREL) return null;
  if (packet.type === PacketType.PUBACK && item.qos === 2) return 'PUBACK for a QoS 2 message';
  if (packet.type === PacketType.PUBREC && item.qos === 1) return 'PUBREC for a QoS 1 message';
  if (packet.type === PacketType.PUBCOMP && item.state !== 'released') return 'PUBCOMP before PUBREL';
  return null;
}

/** The client releases a QoS 2 message: its identifier is free again [MQTT-4.3.3-11]. */
function release(connection: Connection, { broker, session }: Connected, packetIdentifier: number): void {
  const { store } = broker.context;
  const known = session.received.delete(packetIdentifier);
  connection.unreleased.delete(packetIdentifier);
  if (known && session.persistent) store.deleteReceived(session, packetIdentifier);
  const reasonCode = known || connection.version !== 5 ? ReasonCode.success : ReasonCode.packetIdentifierNotFound;
  connection.writeDurable(
    store.written,
    encodeAck(connection.version, PacketType.PUBCOMP, packetIdentifier, reasonCode, null),
  );
}
