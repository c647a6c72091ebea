import { describe, expect, test } from 'bun:test';
import { ReasonCode, type ProtocolVersion } from '../../packages/codec/types.ts';
import { connackCode, faults, faultNumber, type Fault, type FaultName } from '../../packages/faults/mod.ts';
import { diagnose, fromReasonString } from './diagnose.ts';
import type { Stage, Symptom } from './symptom.ts';

const everything = { username: true, serverName: true, tls: true };

function connack(
  version: ProtocolVersion,
  code: number,
  reasonString: string | null = null,
  sent = everything,
): Symptom {
  return { kind: 'connack', version, code, reasonString, sent };
}

function system(code: string, stage: Stage, sent = { tls: true, serverName: true }): Symptom {
  return { kind: 'system', code, stage, message: code, sent };
}

const catalogue = Object.values(faults);
const failureCodes = Object.values(ReasonCode).filter((code) => code >= 0x80);

/** Several faults may share one Reason String, as those of the credentials do: then any of them is right. */
function namesWithReason(entry: Fault): FaultName[] {
  return catalogue.filter((other) => other.reasonString === entry.reasonString).map((other) => other.name);
}

describe('every refusal of the catalogue is recognised by its Reason String', () => {
  for (const entry of catalogue) {
    const { reasonString, connack: codes, disconnect } = entry;
    if (reasonString === null) continue;
    test(entry.name, () => {
      if (codes !== null)
        expect(namesWithReason(entry)).toContain(diagnose(connack(5, codes.v5, reasonString)) ?? 'closed.by-client');
      if (disconnect !== null) {
        expect(namesWithReason(entry)).toContain(
          diagnose({ kind: 'disconnect', code: disconnect, reasonString }) ?? 'closed.by-client',
        );
      }
      expect(faultNumber(fromReasonString(`${reasonString}; more`) ?? 'closed.by-client')).toBe(entry.number);
    });
  }
});

describe('a bare code names a fault that answers with this code', () => {
  for (const code of [1, 2, 3, 4, 5]) {
    test(`CONNACK ${code} of 3.1 and 3.1.1`, () => {
      for (const version of [3, 4] as const) {
        const name = diagnose(connack(version, code));
        expect(name).not.toBeNull();
        if (name !== null) expect(connackCode(name, version)).toBe(code);
      }
    });
  }

  const used = new Set(catalogue.map((entry) => entry.connack?.v5));
  for (const code of failureCodes) {
    test(`CONNACK 0x${code.toString(16)} of 5.0`, () => {
      const name = diagnose(connack(5, code));
      expect(name).not.toBeNull();
      // 0x87 without a Reason String cannot be Berth's error -5, which always has one.
      if (name !== null && used.has(code) && code !== ReasonCode.notAuthorized) expect(connackCode(name, 5)).toBe(code);
    });
  }

  const usedByDisconnect = new Set(catalogue.map((entry) => entry.disconnect));
  for (const code of failureCodes) {
    test(`DISCONNECT 0x${code.toString(16)}`, () => {
      const name = diagnose({ kind: 'disconnect', code, reasonString: null });
      expect(name).not.toBeNull();
      if (name !== null && usedByDisconnect.has(code)) expect(faults[name].disconnect).toBe(code);
    });
  }

  test('every code of PUBACK, PUBREC and SUBACK', () => {
    for (const code of failureCodes) {
      expect(diagnose({ kind: 'publish', code, reasonString: null })).not.toBeNull();
      expect(diagnose({ kind: 'subscribe', version: 5, code, reasonString: null, topicFilter: 'a' })).not.toBeNull();
    }
    expect(diagnose({ kind: 'publish', code: 0x87, reasonString: null })).toBe('access.publish-denied');
    expect(diagnose({ kind: 'publish', code: 0x90, reasonString: null })).toBe('limit.topic');
    expect(diagnose({ kind: 'subscribe', version: 5, code: 0x87, reasonString: null, topicFilter: 'a' })).toBe(
      'access.subscribe-denied',
    );
    expect(diagnose({ kind: 'subscribe', version: 5, code: 0x8f, reasonString: null, topicFilter: 'a' })).toBe(
      'limit.topic',
    );
    expect(diagnose({ kind: 'subscribe', version: 5, code: 0x97, reasonString: null, topicFilter: 'a' })).toBe(
      'limit.subscriptions',
    );
    expect(diagnose({ kind: 'subscribe', version: 4, code: 0x80, reasonString: null, topicFilter: 'a' })).toBe(
      'access.subscribe-denied',
    );
  });

  test('success codes are no fault', () => {
    expect(diagnose(connack(4, 0))).toBeNull();
    expect(diagnose(connack(5, 0))).toBeNull();
    expect(diagnose({ kind: 'disconnect', code: 0, reasonString: null })).toBeNull();
    expect(diagnose({ kind: 'publish', code: 0x10, reasonString: null })).toBeNull();
    expect(diagnose({ kind: 'subscribe', version: 5, code: 2, reasonString: null, topicFilter: 'a' })).toBeNull();
  });
});

describe('what the client had sent decides', () => {
  test('"not authorized" in 3.x is SNI where TLS was used, and the user name where it was not', () => {
    expect(diagnose(connack(4, 5))).toBe('sni.unknown');
    expect(diagnose(connack(4, 5, null, { username: true, serverName: false, tls: true }))).toBe('sni.missing');
    expect(diagnose(connack(4, 5, null, { username: true, serverName: false, tls: false }))).toBe(
      'credentials.wrong-password',
    );
    expect(diagnose(connack(4, 5, null, { username: false, serverName: false, tls: false }))).toBe(
      'credentials.missing',
    );
  });

  test('no user name was sent', () => {
    expect(diagnose(connack(4, 4, null, { ...everything, username: false }))).toBe('credentials.missing');
    expect(diagnose(connack(5, 0x86, null, { ...everything, username: false }))).toBe('credentials.missing');
    expect(diagnose(connack(5, 0x87, null, { ...everything, username: false }))).toBe('credentials.missing');
  });

  test('a certificate that does not fit, by IP address and by name', () => {
    expect(diagnose(system('ERR_TLS_CERT_ALTNAME_INVALID', 'tls', { tls: true, serverName: false }))).toBe(
      'sni.missing',
    );
    expect(diagnose(system('ERR_TLS_CERT_ALTNAME_INVALID', 'tls'))).toBe('address.foreign-cname');
  });
});

test('credentials: refused at CONNECT, changed while connected', () => {
  const { reasonString } = faults['credentials.disabled'];
  expect(diagnose(connack(5, 0x86, reasonString))).toBe('credentials.wrong-password');
  expect(diagnose({ kind: 'disconnect', code: 0x87, reasonString })).toBe('credentials.changed');
});

describe('errors before MQTT', () => {
  const cases: readonly (readonly [Symptom, FaultName | null])[] = [
    [{ kind: 'timeout', stage: 'connack' }, null],
    [{ kind: 'timeout', stage: 'upgrade' }, null],
    [system('ENOTFOUND', 'tcp'), 'address.unresolvable'],
    [system('EAI_AGAIN', 'tcp'), 'address.unresolvable'],
    [system('ECONNREFUSED', 'tcp'), 'port.refused'],
    [system('EHOSTUNREACH', 'tcp'), 'address.unreachable'],
    [system('ETIMEDOUT', 'tcp'), 'address.timeout'],
    [{ kind: 'timeout', stage: 'tcp' }, 'address.timeout'],
    [{ kind: 'timeout', stage: 'tls' }, 'tls.timeout'],
    [system('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'), 'tls.unknown-ca'],
    [system('SELF_SIGNED_CERT_IN_CHAIN', 'tls'), 'tls.unknown-ca'],
    [system('DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'), 'tls.unknown-ca'],
    [system('UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls'), 'tls.unknown-ca'],
    [system('CERT_HAS_EXPIRED', 'tls'), 'tls.certificate-expired'],
    [system('CERT_NOT_YET_VALID', 'tls'), 'tls.certificate-expired'],
    [system('CERT_REVOKED', 'tls'), 'tls.certificate-rejected'],
    [system('ERR_SSL_WRONG_VERSION_NUMBER', 'tls'), 'port.tls-on-plain'],
    [system('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls'), 'tls.version'],
    [system('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'tls'), 'tls.cipher'],
    [system('ERR_SSL_SOMETHING_NEW', 'tls'), 'tls.failed'],
    [system('ECONNRESET', 'tls'), 'port.tls-on-plain'],
    [{ kind: 'closed', stage: 'tls', tls: true }, 'port.tls-on-plain'],
    [system('ECONNRESET', 'connack', { tls: false, serverName: false }), 'port.plain-mqtt-on-tls'],
    [{ kind: 'foreign', protocol: 'tls' }, 'port.plain-mqtt-on-tls'],
    [{ kind: 'foreign', protocol: 'http' }, 'port.mqtt-on-websocket'],
    [{ kind: 'closed', stage: 'upgrade', tls: true }, 'port.http-on-mqtt'],
    [{ kind: 'http', status: 404, body: '' }, 'websocket.path'],
    [{ kind: 'http', status: 400, body: '' }, 'websocket.bad-request'],
    [{ kind: 'http', status: 426, body: '' }, 'websocket.not-upgrade'],
    [{ kind: 'http', status: 400, body: faults['websocket.subprotocol'].reasonString ?? '' }, 'websocket.subprotocol'],
    [{ kind: 'http', status: 502, body: '' }, 'server.error'],
    [{ kind: 'websocket', status: 1002, reason: '' }, 'websocket.protocol-error'],
    [{ kind: 'websocket', status: 1003, reason: '' }, 'websocket.text-frame'],
    [system('ECONNRESET', 'open'), 'connection.lost'],
    [{ kind: 'closed', stage: 'open', tls: true }, 'connection.lost'],
    [{ kind: 'timeout', stage: 'open' }, 'connection.lost'],
  ];
  for (const [symptom, name] of cases) {
    test(`${JSON.stringify(symptom)} is ${name}`, () => expect(diagnose(symptom)).toBe(name));
  }
});

describe('a text that names a class', () => {
  test('unknown words of a known class give a fault of the class', () => {
    const name = fromReasonString('error -8: words of a later version');
    expect(name === null ? null : faultNumber(name)).toBe(-8);
  });

  test('no number, no fault', () => {
    expect(fromReasonString('go away')).toBeNull();
    expect(fromReasonString(null)).toBeNull();
    expect(fromReasonString('error -99: of no class')).toBeNull();
  });
});
