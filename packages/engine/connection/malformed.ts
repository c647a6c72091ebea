import { ReasonCode, utf8Length, writeUtf8, type DecodeError } from '../../codec/mod.ts';
import { reasonStringOf, type FaultName } from '../../faults/mod.ts';
import { httpDate } from './http-date.ts';

/** The fault of a packet that cannot be read. */
export function faultOfDecodeError(error: DecodeError): FaultName {
  switch (error.reasonCode) {
    case ReasonCode.packetTooLarge:
    case ReasonCode.quotaExceeded:
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

/** Of HTTP/1 requests, and of the preface of HTTP/2. */
const HTTP_METHODS = new Set(['GET ', 'HEAD', 'POST', 'PUT ', 'DELE', 'CONN', 'OPTI', 'TRAC', 'PATC', 'PRI ']);

/** What speaks, judged by first bytes that are not CONNECT. */
export function faultOfFirstBytes(bytes: Uint8Array): FaultName {
  const start = String.fromCharCode(...bytes.subarray(0, 4));
  return HTTP_METHODS.has(start) ? 'port.http-on-mqtt' : 'protocol.first-packet';
}

/**
 * A browser on the MQTT port understands HTTP only: it is told in that; null for everybody else. The answer has the time in it, which
 * MQTT has not: whoever cannot connect because of a wrong clock can learn it here.
 */
export function answerToHttp(fault: FaultName, now: number): Uint8Array | null {
  if (fault !== 'port.http-on-mqtt') return null;
  const body = `${reasonStringOf(fault) ?? fault}\n`;
  const text = `HTTP/1.1 400 Bad Request\r\nDate: ${httpDate(now)}\r\nContent-Type: text/plain\r\nContent-Length: ${utf8Length(body)}\r\nConnection: close\r\n\r\n${body}`;
  const bytes = new Uint8Array(utf8Length(text));
  writeUtf8(text, bytes, 0);
  return bytes;
}
