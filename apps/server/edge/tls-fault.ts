import type { FaultName } from '../../../packages/faults/mod.ts';

/** A fault of the catalogue and what exactly was seen. */
export interface SeenFault {
  readonly fault: FaultName;
  readonly detail: string;
}

/**
 * What BoringSSL calls it, and what it means. The names with ALERT in them are what the client said (RFC 8446 section 6);
 * the others are what the server found.
 */
const faultsByReason: ReadonlyMap<string, FaultName> = new Map([
  ['HTTP_REQUEST', 'port.http-on-tls'],
  ['HTTPS_PROXY_REQUEST', 'port.http-on-tls'],
  ['UNEXPECTED_RECORD', 'port.not-tls'],
  ['EXCESSIVE_MESSAGE_SIZE', 'port.not-tls'],
  ['ENCRYPTED_LENGTH_TOO_LONG', 'port.not-tls'],
  ['UNSUPPORTED_PROTOCOL', 'tls.version'],
  ['TLSV1_ALERT_PROTOCOL_VERSION', 'tls.version'],
  ['NO_SHARED_CIPHER', 'tls.cipher'],
  ['NO_CIPHERS_PASSED', 'tls.cipher'],
  ['NO_SHARED_GROUP', 'tls.cipher'],
  ['WRONG_CURVE', 'tls.cipher'],
  ['NO_COMMON_SIGNATURE_ALGORITHMS', 'tls.cipher'],
  ['SSLV3_ALERT_HANDSHAKE_FAILURE', 'tls.cipher'],
  ['TLSV1_ALERT_INSUFFICIENT_SECURITY', 'tls.cipher'],
  ['TLSV1_ALERT_UNKNOWN_CA', 'tls.unknown-ca'],
  ['SSLV3_ALERT_BAD_CERTIFICATE', 'tls.certificate-rejected'],
  ['SSLV3_ALERT_UNSUPPORTED_CERTIFICATE', 'tls.certificate-rejected'],
  ['SSLV3_ALERT_CERTIFICATE_REVOKED', 'tls.certificate-rejected'],
  ['SSLV3_ALERT_CERTIFICATE_UNKNOWN', 'tls.certificate-rejected'],
  ['TLSV1_ALERT_ACCESS_DENIED', 'tls.certificate-rejected'],
  ['SSLV3_ALERT_CERTIFICATE_EXPIRED', 'tls.certificate-expired'],
]);

const connectPacket = 0x10;

/** The last part of an OpenSSL error: `error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER`. */
function reasonOf(error: Error): string {
  return error.message.slice(error.message.lastIndexOf(':') + 1).trim();
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/**
 * Why a handshake failed.
 * @param firstByte the first byte that the peer sent, where it is known.
 * @param certificateSent whether the server had answered the ClientHello.
 */
export function handshakeFault(error: Error | null, firstByte: number | null, certificateSent: boolean): SeenFault {
  if (error === null) return { fault: 'tls.failed', detail: 'the TLS library gave no reason' };
  if (codeOf(error) === 'ECONNRESET') return { fault: 'tls.cut', detail: cutDetail(certificateSent) };
  const reason = reasonOf(error);
  if (reason === 'WRONG_VERSION_NUMBER') {
    // The bytes are gone by now. On this port it is MQTT without TLS nearly always, so that is said unless a look ahead knew better.
    if (firstByte === null) return { fault: 'port.plain-mqtt-on-tls', detail: 'the first bytes were not TLS' };
    if (firstByte === connectPacket) return { fault: 'port.plain-mqtt-on-tls', detail: 'an MQTT CONNECT without TLS' };
    return { fault: 'port.not-tls', detail: `the first byte was 0x${firstByte.toString(16).padStart(2, '0')}` };
  }
  if (reason === 'BAD_PACKET_LENGTH') {
    // OpenSSL clients send this alert unencrypted in TLS 1.3, where the server must take it for a broken record.
    return {
      fault: 'tls.certificate-rejected',
      detail: 'the client broke off after it had seen the certificate (an unencrypted alert)',
    };
  }
  return { fault: faultsByReason.get(reason) ?? 'tls.failed', detail: reason };
}

/** What is said of a handshake that the peer cut without an alert. Node.js and others refuse a certificate like this. */
function cutDetail(certificateSent: boolean): string {
  return certificateSent
    ? 'the peer closed in the TLS handshake when it had the certificate: it may not accept it, and does not say so'
    : 'the peer closed before the TLS handshake had begun or in its ClientHello';
}

/**
 * What a TLS error on an open connection says about the client; null where it is a broken record only.
 * In TLS 1.3 the client's alert about the certificate comes after the server's handshake is done.
 */
export function alertFault(error: Error): SeenFault | null {
  const reason = reasonOf(error);
  if (!reason.includes('_ALERT_')) return null;
  const fault = faultsByReason.get(reason);
  return fault === undefined ? null : { fault, detail: reason };
}
