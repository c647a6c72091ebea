import type { FaultName } from '../../../../packages/faults/mod.ts';
import { diagnose } from '../../diagnose.ts';
import { ConnectionError } from '../../symptom.ts';
import { both, failed, ok, type Finding } from '../finding.ts';
import type { Secured } from '../handshake.ts';
import { identify, isAlert, type Spoken } from '../identify.ts';
import { openTls, type Way } from '../way.ts';
import { msOf, tlsNameOf, wordsOf } from '../words.ts';

/** What came of TLS. */
export interface Greeted {
  readonly findings: readonly Finding[];
  /** Null where no handshake succeeds. */
  readonly secured: Secured | null;
  /** With what the examination goes on: without SNI, or with an old TLS, where only that works. */
  readonly way: Way;
}

const versionRefusals = /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS/;

/** Steps 3 and 4: what speaks on a port that should speak TLS, and the handshake. */
export async function greetTls(way: Way): Promise<Greeted> {
  try {
    const secured = await openTls(way);
    return { findings: [speaksTls(), shaken(secured, way)], secured, way };
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    if (isAlert(error)) return retry(way, error);
    const spoken = await identify(way);
    if (spoken.kind !== 'tls' && spoken.kind !== 'closes')
      return { findings: [notTls(spoken, way)], secured: null, way };
    const fault = error.symptom.kind === 'timeout' ? 'tls.timeout' : 'tls.cut';
    return { findings: [failed('tls', fault, wordsOf(error.symptom))], secured: null, way };
  }
}

function speaksTls(): Finding {
  return ok('port', both('The port speaks TLS.', '该端口使用 TLS。'), { protocol: 'tls' });
}

function shaken({ protocol, cipher, milliseconds }: Secured, { serverName }: Way): Finding {
  const name = tlsNameOf(protocol);
  return ok(
    'tls',
    serverName === null
      ? both(
          `${name}, ${cipher}, without SNI, ${msOf(milliseconds)}`,
          `${name}，${cipher}，未发送 SNI，${msOf(milliseconds)}`,
        )
      : both(
          `${name}, ${cipher}, SNI ${serverName}, ${msOf(milliseconds)}`,
          `${name}，${cipher}，SNI ${serverName}，${msOf(milliseconds)}`,
        ),
    { protocol, cipher, serverName, milliseconds: Number(milliseconds.toFixed(2)) },
  );
}

/** After a refusal in TLS: what works instead, so that the rest can be examined. */
async function retry(way: Way, error: ConnectionError): Promise<Greeted> {
  const code = error.symptom.kind === 'system' ? error.symptom.code : '';
  const suggested: FaultName = diagnose(error.symptom) ?? 'tls.failed';
  if (versionRefusals.test(code)) {
    const old: Way = { ...way, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' };
    const secured = await attempt(old);
    if (secured !== null) {
      const only = both(`Only ${tlsNameOf(secured.protocol)} is possible.`, `仅支持 ${tlsNameOf(secured.protocol)}。`);
      const finding = failed('tls', 'tls.server-version', [wordsOf(error.symptom), only], {
        protocol: secured.protocol,
      });
      return { findings: [speaksTls(), finding], secured, way: old };
    }
  }
  if (suggested === 'sni.unknown') {
    const without: Way = { ...way, serverName: null };
    const secured = await attempt(without);
    const finding = failed('tls', 'sni.unknown', wordsOf(error.symptom), { serverName: way.serverName });
    return { findings: [speaksTls(), finding], secured, way: without };
  }
  // The server refuses; what the catalogue says about a client that is too old is meant for the other side.
  const fault = suggested === 'tls.version' ? 'tls.failed' : suggested;
  return { findings: [speaksTls(), failed('tls', fault, wordsOf(error.symptom), { code })], secured: null, way };
}

async function attempt(way: Way): Promise<Secured | null> {
  try {
    return await openTls(way);
  } catch (error) {
    if (error instanceof ConnectionError) return null;
    throw error;
  }
}

function notTls(spoken: Spoken, { request }: Way): Finding {
  const details = { protocol: spoken.kind };
  switch (spoken.kind) {
    case 'mqtt':
      return failed(
        'port',
        'port.tls-on-plain',
        both('The port speaks MQTT without TLS.', '该端口使用不带 TLS 的 MQTT。'),
        details,
      );
    case 'http':
      return failed(
        'port',
        request.connection.target.scheme === 'wss' && spoken.said.includes(' 426')
          ? 'port.tls-on-plain'
          : 'port.http-server',
        both(`The port speaks HTTP without TLS: "${spoken.said}"`, `该端口使用不带 TLS 的 HTTP："${spoken.said}"`),
        details,
      );
    case 'other':
      return failed(
        'port',
        'port.not-mqtt',
        both(`The port answers: "${spoken.said}"`, `该端口的应答为："${spoken.said}"`),
        details,
      );
    default:
      return failed(
        'port',
        'port.silent',
        both('Nothing comes back, whatever is sent.', '无论发送什么都没有应答。'),
        details,
      );
  }
}
