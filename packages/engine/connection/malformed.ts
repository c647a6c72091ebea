import { DecodeError, ReasonCode } from '../../codec/mod.ts';
import type { FaultName } from '../../faults/mod.ts';

/** The fault of a packet that cannot be read. */
export function faultOfDecodeError(error: DecodeError): FaultName {
  switch (error.reasonCode) {
    case ReasonCode.packetTooLarge:
      return 'limit.packet-size';
    case ReasonCode.topicAliasInvalid:
      return 'protocol.topic-alias';
    case ReasonCode.unsupportedProtocolVersion:
      return 'protocol.version';
    case ReasonCode.clientIdentifierNotValid:
      return 'protocol.client-id';
    case ReasonCode.malformedPacket:
      return 'protocol.malformed';
    default:
      return 'protocol.error';
  }
}

const LETTER_A = 0x41;
const LETTER_Z = 0x5a;

/** What speaks, judged by a first byte that is not CONNECT: the verb of an HTTP request begins with a capital letter. */
export function faultOfFirstByte(byte: number): FaultName {
  return byte >= LETTER_A && byte <= LETTER_Z ? 'port.http-on-mqtt' : 'protocol.first-packet';
}
