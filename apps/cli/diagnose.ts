import { faultNumber, faultsOfNumber, faults, type FaultName } from '../../packages/faults/mod.ts';
import type { Stage, Symptom } from './symptom.ts';

/**
 * Names the fault behind what a client saw. Pure.
 * Where a code may mean several faults, a Reason String decides; without one the likeliest is named.
 * @returns null when the symptom is no fault (a success code), or none that the catalogue knows.
 */
export function diagnose(symptom: Symptom): FaultName | null {
  switch (symptom.kind) {
    case 'system':
      return diagnoseSystem(symptom);
    case 'timeout':
      return timeoutFaults[symptom.stage];
    case 'closed':
      return closedFault(symptom.stage, symptom.tls);
    case 'foreign':
      return foreignFaults[symptom.protocol];
    case 'http':
      return told(symptom.body, diagnoseHttp(symptom.status));
    case 'websocket':
      return told(symptom.reason, symptom.status === 1003 ? 'websocket.text-frame' : 'websocket.protocol-error');
    case 'connack':
      return diagnoseConnack(symptom);
    case 'disconnect':
      if (symptom.code < 0x80) return null;
      return told(symptom.reasonString, disconnectFaults[symptom.code] ?? 'server.error');
    case 'publish':
      if (symptom.code < 0x80) return null;
      return told(symptom.reasonString, publishFaults[symptom.code] ?? 'server.error');
    case 'subscribe':
      if (symptom.code < 0x80) return null;
      if (symptom.version !== 5) return 'access.subscribe-denied';
      return told(symptom.reasonString, subscribeFaults[symptom.code] ?? 'server.error');
  }
}

/**
 * The fault that a text from Berth names: by the exact Reason String of the catalogue. Where the words are not known
 * but the class in `error -N` is: the fault that the code suggests when it is of this class, else the first of the class.
 * @returns null when the text names none.
 */
export function fromReasonString(text: string | null, suggested: FaultName | null = null): FaultName | null {
  const number = /\berror (-\d{1,2})\b/.exec(text ?? '')?.[1];
  if (text === null || number === undefined) return null;
  // Longest first: one Reason String may begin with another.
  const exact = Object.values(faults)
    .filter((entry) => entry.reasonString !== null && text.includes(entry.reasonString))
    .toSorted((a, b) => (b.reasonString?.length ?? 0) - (a.reasonString?.length ?? 0))[0];
  // All of the credentials share their words: no device is told which part is wrong. There the code decides.
  const isAmbiguous = exact === undefined || faultNumber(exact.name) === -4;
  if (!isAmbiguous) return exact.name;
  if (suggested !== null && faultNumber(suggested) === Number(number)) return suggested;
  const first = faultsOfNumber(Number(number))[0];
  if (first === undefined) return null;
  return faultNumber(first.name) === -4 ? 'credentials.wrong-password' : first.name;
}

function told(text: string | null, suggested: FaultName): FaultName {
  return fromReasonString(text, suggested) ?? suggested;
}

type CodeTable = Readonly<Record<number, FaultName>>;

function diagnoseConnack(symptom: Extract<Symptom, { kind: 'connack' }>): FaultName | null {
  const { code, sent } = symptom;
  if (code === 0) return null;
  const suggested = (symptom.version === 5 ? connackFaults5[code] : connackFaults3[code]) ?? 'server.error';
  const said = fromReasonString(symptom.reasonString, suggested);
  const likely = said ?? suggested;
  if (likely === 'credentials.wrong-password' && !sent.username) return 'credentials.missing';
  if (said === null && likely === 'sni.unknown') {
    // Berth always says error -5 to a 5.0 client: this is another server, and there it is about the user name.
    if (symptom.version === 5) return sent.username ? 'credentials.wrong-password' : 'credentials.missing';
    // Ports without TLS have no SNI.
    if (!sent.tls) return sent.username ? 'credentials.wrong-password' : 'credentials.missing';
    if (!sent.serverName) return 'sni.missing';
  }
  return likely;
}

/** Connect Return codes (MQTT 3.1.1 section 3.2.2.3). */
const connackFaults3: CodeTable = {
  1: 'protocol.version',
  2: 'protocol.client-id',
  3: 'deployment.stopped',
  4: 'credentials.wrong-password',
  5: 'sni.unknown',
};

/** Connect Reason Codes (MQTT 5.0 section 3.2.2.2). */
const connackFaults5: CodeTable = {
  0x80: 'server.error',
  0x81: 'protocol.malformed',
  0x82: 'protocol.error',
  0x83: 'server.error',
  0x84: 'protocol.version',
  0x85: 'protocol.client-id',
  0x86: 'credentials.wrong-password',
  0x87: 'sni.unknown',
  0x88: 'deployment.stopped',
  0x89: 'server.busy',
  0x8a: 'banned.rule',
  0x8c: 'protocol.authentication-method',
  0x90: 'limit.topic',
  0x95: 'limit.packet-size',
  0x97: 'limit.sessions',
  0x99: 'protocol.error',
  0x9a: 'limit.retained',
  0x9b: 'protocol.error',
  0x9c: 'server.draining',
  0x9d: 'server.draining',
  0x9f: 'limit.connect-rate',
};

/** Disconnect Reason Codes that a server may send (MQTT 5.0 section 3.14.2.1). */
const disconnectFaults: CodeTable = {
  0x80: 'server.error',
  0x81: 'protocol.malformed',
  0x82: 'protocol.error',
  0x83: 'server.error',
  0x87: 'credentials.changed',
  0x89: 'server.busy',
  0x8b: 'server.draining',
  0x8d: 'connection.keep-alive',
  0x8e: 'session.taken-over',
  0x8f: 'limit.topic',
  0x90: 'limit.topic',
  0x93: 'limit.receive-maximum',
  0x94: 'protocol.topic-alias',
  0x95: 'limit.packet-size',
  0x96: 'limit.message-rate',
  0x97: 'deployment.usage',
  0x98: 'connection.kicked',
  0x99: 'protocol.error',
  0x9a: 'limit.retained',
  0x9b: 'protocol.error',
  0x9c: 'server.draining',
  0x9d: 'server.draining',
  0x9e: 'access.subscribe-denied',
  0x9f: 'limit.connect-rate',
  0xa0: 'connection.kicked',
  0xa1: 'access.subscribe-denied',
  0xa2: 'access.subscribe-denied',
};

/** Reason Codes of PUBACK and PUBREC (MQTT 5.0 sections 3.4.2.1 and 3.5.2.1), and 0x92 of PUBCOMP. */
const publishFaults: CodeTable = {
  0x80: 'server.error',
  0x83: 'server.error',
  0x87: 'access.publish-denied',
  0x90: 'limit.topic',
  0x91: 'protocol.error',
  0x92: 'protocol.error',
  0x97: 'limit.message-rate',
  0x99: 'protocol.error',
};

/** Subscribe Reason Codes (MQTT 5.0 section 3.9.3). */
const subscribeFaults: CodeTable = {
  0x80: 'server.error',
  0x83: 'server.error',
  0x87: 'access.subscribe-denied',
  0x8f: 'limit.topic',
  0x91: 'protocol.error',
  0x97: 'limit.subscriptions',
  0x9e: 'access.subscribe-denied',
  0xa1: 'access.subscribe-denied',
  0xa2: 'access.subscribe-denied',
};

const timeoutFaults: Readonly<Record<Stage, FaultName | null>> = {
  tcp: 'address.timeout',
  tls: 'tls.timeout',
  // Berth always answers: what stays silent here is something else, and nothing can be said of it.
  upgrade: null,
  connack: null,
  open: 'connection.lost',
};

function closedFault(stage: Stage, tls: boolean): FaultName {
  switch (stage) {
    case 'tcp':
      return 'address.unreachable';
    case 'tls':
      // A TLS server that refuses sends an alert. One that closes on a ClientHello does not speak TLS.
      return 'port.tls-on-plain';
    case 'upgrade':
      return 'port.http-on-mqtt';
    case 'connack':
      // A TLS port closes on plain MQTT; after TLS the likeliest is MQTT on the WebSocket port.
      return tls ? 'port.mqtt-on-websocket' : 'port.plain-mqtt-on-tls';
    case 'open':
      return 'connection.lost';
  }
}

const foreignFaults: Readonly<Record<'tls' | 'http' | 'other', FaultName>> = {
  tls: 'port.plain-mqtt-on-tls',
  http: 'port.mqtt-on-websocket',
  other: 'protocol.malformed',
};

function diagnoseHttp(status: number): FaultName {
  if (status === 404 || status === 405 || status === 410) return 'websocket.path';
  if (status === 400) return 'websocket.bad-request';
  if (status === 503) return 'server.busy';
  if (status >= 500) return 'server.error';
  return 'websocket.not-upgrade';
}

/** Codes of the resolver, the socket, and TLS as Bun and Node give them. */
const systemFaults: Readonly<Record<string, FaultName>> = {
  ENOTFOUND: 'address.unresolvable',
  EAI_AGAIN: 'address.unresolvable',
  EAI_FAIL: 'address.unresolvable',
  EAI_NODATA: 'address.unresolvable',
  EAI_NONAME: 'address.unresolvable',
  ENODATA: 'address.unresolvable',
  ESERVFAIL: 'address.unresolvable',
  EBADNAME: 'address.unresolvable',
  ECONNREFUSED: 'port.refused',
  EHOSTUNREACH: 'address.unreachable',
  EHOSTDOWN: 'address.unreachable',
  ENETUNREACH: 'address.unreachable',
  ENETDOWN: 'address.unreachable',
  EADDRNOTAVAIL: 'address.unreachable',
  EINVAL: 'address.unreachable',
  EACCES: 'address.unreachable',
  EPERM: 'address.unreachable',
  ETIMEDOUT: 'address.timeout',
  // TLS: the name
  ERR_TLS_CERT_ALTNAME_INVALID: 'address.foreign-cname',
  HOSTNAME_MISMATCH: 'address.foreign-cname',
  // TLS: the authority
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls.unknown-ca',
  UNABLE_TO_GET_ISSUER_CERT: 'tls.unknown-ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls.unknown-ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls.unknown-ca',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls.unknown-ca',
  CERT_UNTRUSTED: 'tls.unknown-ca',
  CERT_SIGNATURE_FAILURE: 'tls.unknown-ca',
  // TLS: the time
  CERT_HAS_EXPIRED: 'tls.certificate-expired',
  CERT_NOT_YET_VALID: 'tls.certificate-expired',
  // TLS: the certificate otherwise
  CERT_REVOKED: 'tls.certificate-rejected',
  CERT_REJECTED: 'tls.certificate-rejected',
  CERT_CHAIN_TOO_LONG: 'tls.certificate-rejected',
  INVALID_CA: 'tls.certificate-rejected',
  INVALID_PURPOSE: 'tls.certificate-rejected',
  PATH_LENGTH_EXCEEDED: 'tls.certificate-rejected',
  // TLS: the protocol. WRONG_VERSION_NUMBER means that the answer was not TLS at all.
  ERR_SSL_WRONG_VERSION_NUMBER: 'port.tls-on-plain',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'port.tls-on-plain',
  ERR_SSL_HTTP_REQUEST: 'port.tls-on-plain',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'tls.version',
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: 'tls.version',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'tls.version',
  ERR_SSL_NO_CIPHER_MATCH: 'tls.cipher',
  ERR_SSL_NO_SHARED_CIPHER: 'tls.cipher',
  ERR_SSL_NO_CIPHERS_AVAILABLE: 'tls.cipher',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'tls.cipher',
  ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY: 'tls.cipher',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'sni.unknown',
};

const cutCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ENOTCONN', 'EPROTO']);

function diagnoseSystem({ code, stage, sent }: Extract<Symptom, { kind: 'system' }>): FaultName {
  if (cutCodes.has(code)) return closedFault(stage, sent.tls);
  if (code === 'ETIMEDOUT' && stage !== 'tcp') return stage === 'tls' ? 'tls.timeout' : 'connection.lost';
  const known = systemFaults[code];
  // An IP address instead of a name: no SNI goes out, and no certificate fits.
  if (known === 'address.foreign-cname' && !sent.serverName) return 'sni.missing';
  if (known !== undefined) return known;
  if (/^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|CERT_|CRL_)/.test(code)) return 'tls.failed';
  return unknownErrors[stage];
}

const unknownErrors: Readonly<Record<Stage, FaultName>> = {
  tcp: 'address.unreachable',
  tls: 'tls.failed',
  upgrade: 'connection.lost',
  connack: 'connection.lost',
  open: 'connection.lost',
};
