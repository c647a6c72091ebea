import { expect, test } from 'bun:test';
import { alertFault, handshakeFault } from './tls-fault.ts';

function tlsError(reason: string, code = 'EPROTO'): Error {
  return Object.assign(new Error(`error:10000000:SSL routines:OPENSSL_internal:${reason}`), { code });
}

test('the first byte tells MQTT without TLS from other bytes', () => {
  const fault = (firstByte: number | null) => handshakeFault(tlsError('WRONG_VERSION_NUMBER'), firstByte, false).fault;
  expect(fault(0x10)).toBe('port.plain-mqtt-on-tls');
  expect(fault(0x53)).toBe('port.not-tls');
  // Not seen: MQTT is by far the likeliest.
  expect(fault(null)).toBe('port.plain-mqtt-on-tls');
});

test('an unencrypted alert in TLS 1.3 is a refused certificate', () => {
  expect(handshakeFault(tlsError('BAD_PACKET_LENGTH'), 0x16, true).fault).toBe('tls.certificate-rejected');
});

test('what is not known keeps its name in the detail', () => {
  expect(handshakeFault(tlsError('SOMETHING_NEW'), null, false)).toEqual({
    fault: 'tls.failed',
    detail: 'SOMETHING_NEW',
  });
  expect(handshakeFault(null, null, false).fault).toBe('tls.failed');
});

test('an alert on an open connection names the fault, a broken record does not', () => {
  expect(alertFault(tlsError('TLSV1_ALERT_UNKNOWN_CA'))).toEqual({
    fault: 'tls.unknown-ca',
    detail: 'TLSV1_ALERT_UNKNOWN_CA',
  });
  expect(alertFault(tlsError('SSLV3_ALERT_CERTIFICATE_EXPIRED'))?.fault).toBe('tls.certificate-expired');
  expect(alertFault(tlsError('DECRYPTION_FAILED_OR_BAD_RECORD_MAC'))).toBeNull();
});
