import { encodeAck } from './acks.ts';
import { encodeConnack } from './connack.ts';
import { encodeConnect } from './connect.ts';
import { encodeAuth, encodeDisconnect } from './disconnect.ts';
import { encodePublish } from './publish.ts';
import { encodeSuback } from './suback.ts';
import { encodeSubscribe, encodeUnsubscribe } from './subscribe.ts';
import { PacketType } from './types.ts';
import type { Packet, ProtocolVersion } from './types.ts';

/**
 * Encodes any packet into bytes of its exact size. What a version does not have (properties and reason codes in 3.x) is left out.
 * It trusts its caller: a packet that the standard forbids is encoded as it stands.
 *
 * @throws RangeError for a string, binary or packet that does not fit the wire
 */
export function encode(version: ProtocolVersion, packet: Packet): Uint8Array {
  switch (packet.type) {
    case PacketType.CONNECT:
      return encodeConnect(packet);
    case PacketType.CONNACK:
      return encodeConnack(version, packet);
    case PacketType.PUBLISH: {
      const { topic, payload, qos, retain, dup, packetIdentifier, properties } = packet;
      return encodePublish(version, topic, payload, qos, retain, dup, packetIdentifier, properties);
    }
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP:
      return encodeAck(version, packet.type, packet.packetIdentifier, packet.reasonCode, packet.properties);
    case PacketType.SUBSCRIBE:
      return encodeSubscribe(version, packet);
    case PacketType.UNSUBSCRIBE:
      return encodeUnsubscribe(version, packet);
    case PacketType.SUBACK:
    case PacketType.UNSUBACK:
      return encodeSuback(version, packet);
    case PacketType.PINGREQ:
    case PacketType.PINGRESP:
      return Uint8Array.of(packet.type << 4, 0);
    case PacketType.DISCONNECT:
      return encodeDisconnect(version, packet.reasonCode, packet.properties);
    case PacketType.AUTH:
      return encodeAuth(packet.reasonCode, packet.properties);
  }
}
