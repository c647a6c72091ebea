import { decodeAck } from './acks.ts';
import { decodeConnack } from './connack.ts';
import { decodeConnect } from './connect.ts';
import { decodeAuth, decodeDisconnect } from './disconnect.ts';
import { malformed } from './errors.ts';
import { checkFlags } from './flags.ts';
import { decodePublish, emptyPublish } from './publish.ts';
import { decodeSuback } from './suback.ts';
import { decodeSubscribe, decodeUnsubscribe } from './subscribe.ts';
import { PacketType } from './types.ts';
import type { Packet, PingPacket, ProtocolVersion } from './types.ts';

/**
 * Decodes any packet, of either direction: `header` is its first byte, `buffer` from `start` to `end` what follows its fixed header.
 * A CONNECT names its own version. Binary values are views of the buffer.
 *
 * What depends on who sends it or on what went before (a Subscription Identifier in a client's PUBLISH, a second CONNECT, a Topic
 * Alias above the maximum) is not judged here.
 *
 * @throws DecodeError, and nothing else, whatever the bytes are
 */
export function decode(
  version: ProtocolVersion,
  header: number,
  buffer: Uint8Array,
  start: number,
  end: number,
): Packet {
  const type = header >> 4;
  switch (type) {
    case PacketType.CONNECT:
      return decodeConnect(header, buffer, start, end);
    case PacketType.CONNACK:
      return decodeConnack(version, header, buffer, start, end);
    case PacketType.PUBLISH: {
      const packet = emptyPublish();
      decodePublish(version, header, buffer, start, end, packet);
      return packet;
    }
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP:
      return decodeAck(version, header, buffer, start, end);
    case PacketType.SUBSCRIBE:
      return decodeSubscribe(version, header, buffer, start, end);
    case PacketType.UNSUBSCRIBE:
      return decodeUnsubscribe(version, header, buffer, start, end);
    case PacketType.SUBACK:
    case PacketType.UNSUBACK:
      return decodeSuback(version, header, buffer, start, end);
    case PacketType.PINGREQ:
    case PacketType.PINGRESP:
      return decodePing(version, header, type, start, end);
    case PacketType.DISCONNECT:
      return decodeDisconnect(version, header, buffer, start, end);
    case PacketType.AUTH:
      return decodeAuth(version, header, buffer, start, end);
    default:
      throw malformed('packet type 0');
  }
}

function decodePing(
  version: ProtocolVersion,
  header: number,
  type: PingPacket['type'],
  start: number,
  end: number,
): PingPacket {
  checkFlags(version, header, 0);
  if (start !== end) throw malformed('PINGREQ or PINGRESP with a body');
  return { type };
}
