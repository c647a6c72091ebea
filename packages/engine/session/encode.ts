import { encodePublish, publishPacketIdentifierOffset, type Properties, type QoS } from '../../codec/mod.ts';
import { payloadOf, type Message } from '../message.ts';
import type { SessionLink } from './link.ts';

/** How a message leaves for one subscriber, beyond what the message itself says. */
export interface PublishShape {
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly packetIdentifier: number;
  readonly subscriptionIdentifiers: readonly number[] | null;
  /** Whether a Topic Alias may be used: not for packets that wait, since others overtake them. */
  readonly mayAlias: boolean;
}

/** Whole seconds, rounded up; 0 where a message is sent again whose time has passed. */
function lifetimeLeft(message: Message, now: number): number {
  return Math.max(0, Math.ceil((message.expiresAt - now) / 1000));
}

/** [MQTT-3.3.2-6]: the Message Expiry Interval is what is left of it; [MQTT-3.3.4-3..5]: all matching identifiers. */
function propertiesFor(message: Message, shape: PublishShape, topicAlias: number, now: number): Properties | null {
  const expires = message.expiresAt !== Infinity;
  const identifiers = shape.subscriptionIdentifiers;
  if (!expires && identifiers === null && topicAlias === 0) return message.properties;
  const properties: Properties = { ...message.properties };
  if (expires) properties.messageExpiryInterval = lifetimeLeft(message, now);
  if (identifiers !== null) properties.subscriptionIdentifiers = identifiers;
  if (topicAlias !== 0) properties.topicAlias = topicAlias;
  return properties;
}

/** Writes the identifier into an encoded PUBLISH. */
function patch(bytes: Uint8Array, packetIdentifier: number): Uint8Array {
  const offset = publishPacketIdentifierOffset(bytes);
  bytes[offset] = packetIdentifier >> 8;
  bytes[offset + 1] = packetIdentifier & 0xff;
  return bytes;
}

/**
 * The PUBLISH packet of a message for one client. While a message goes to many, packets of the same shape are encoded
 * once: the bytes that come back are then shared and must be used before the next call.
 */
export function encodeMessage(link: SessionLink, message: Message, shape: PublishShape, now: number): Uint8Array {
  const { version } = link;
  const plain = shape.subscriptionIdentifiers === null && !shape.dup;
  const aliases = shape.mayAlias ? link.aliases : null;
  if (aliases !== null && version === 5) {
    const known = aliases.known(message.topic);
    const alias = known === 0 ? aliases.next : known;
    if (alias !== 0) {
      const bytes = encodePublish(
        5,
        known === 0 ? message.topic : '',
        payloadOf(message),
        shape.qos,
        shape.retain,
        shape.dup,
        shape.packetIdentifier,
        propertiesFor(message, shape, alias, now),
      );
      // A packet that is too large is not sent: the client would never learn the alias [MQTT-3.1.2-25].
      if (bytes.byteLength <= link.maximumPacketSize) {
        if (known === 0) aliases.assign(message.topic);
        return bytes;
      }
    }
  }
  const slot = (version === 5 ? 8 : 0) | (shape.qos << 1) | (shape.retain ? 1 : 0);
  const shared = plain && message.encoded !== null ? message.encoded[slot] : undefined;
  if (shared !== undefined) return shape.qos === 0 ? shared : patch(shared, shape.packetIdentifier);
  const properties = version === 5 ? propertiesFor(message, shape, 0, now) : null;
  const bytes = encodePublish(
    version,
    message.topic,
    payloadOf(message),
    shape.qos,
    shape.retain,
    shape.dup,
    shape.packetIdentifier,
    properties,
  );
  if (plain && message.encoded !== null) message.encoded[slot] = bytes;
  return bytes;
}
