import { DecodeError, ReasonCode, utf8Length, writeUtf8 } from '../../codec/mod.ts';
import { reasonStringOf, type FaultName } from '../../faults/mod.ts';

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

/** A browser on the MQTT port understands HTTP only: it is told in that; null for everybody else. */
export function answerToHttp(fault: FaultName): Uint8Array | null {
  if (fault !== 'port.http-on-mqtt') return null;
  const body = `${reasonStringOf(fault) ?? fault}\n`;
  const text = `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ${utf8Length(body)}\r\nConnection: close\r\n\r\n${body}`;
  const bytes = new Uint8Array(utf8Length(text));
  writeUtf8(text, bytes, 0);
  return bytes;
}
