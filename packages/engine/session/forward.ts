import { PacketType, type QoS } from '../../codec/mod.ts';
import type { Message, ReceivedPublish } from '../message.ts';
import type { SessionLink } from './link.ts';

/**
 * The packet that brought the message, where the subscriber gets the same bytes but for flags and Packet Identifier; else
 * null. Then nothing is encoded, and nothing allocated.
 */
export function forwardable(
  link: SessionLink,
  message: Message,
  qos: QoS,
  subscriptionIdentifiers: readonly number[] | null,
): ReceivedPublish | null {
  const { packet } = message;
  if (packet === null || !packet.isPlain || packet.isVersion5 !== (link.version === 5)) return null;
  // With QoS 0 there is no Packet Identifier.
  if ((qos === 0) !== (message.qos === 0)) return null;
  if (packet.isVersion5 && (subscriptionIdentifiers !== null || link.aliases !== null)) return null;
  return packet;
}

/**
 * Sends a packet that `forwardable` has given, with its own flags and Packet Identifier. The receive buffer is as it was
 * when this returns.
 */
export function forward(
  link: SessionLink,
  packet: ReceivedPublish,
  qos: QoS,
  retain: boolean,
  packetIdentifier: number,
): void {
  const { buffer, start, payloadStart, end } = packet;
  const header = buffer[start] ?? 0;
  // DUP is never forwarded [MQTT-3.3.1-3].
  buffer[start] = (PacketType.PUBLISH << 4) | (qos << 1) | (retain ? 1 : 0);
  if (qos === 0) {
    link.writePart(buffer, start, end);
  } else {
    // In 5.0 the Property Length, 0, stands between the identifier and the payload.
    const at = payloadStart - (packet.isVersion5 ? 3 : 2);
    const high = buffer[at] ?? 0;
    const low = buffer[at + 1] ?? 0;
    buffer[at] = packetIdentifier >> 8;
    buffer[at + 1] = packetIdentifier & 0xff;
    link.writePart(buffer, start, end);
    buffer[at] = high;
    buffer[at + 1] = low;
  }
  buffer[start] = header;
}
