import { ReasonCode } from '../../../../packages/codec/types.ts';
import type { FaultName, Text } from '../../../../packages/faults/mod.ts';
import { diagnose } from '../../diagnose.ts';
import { ConnectionError, type Symptom } from '../../symptom.ts';
import { both, failed, ok, skipped, warning, type Finding, type StepName } from '../finding.ts';
import { identify } from '../identify.ts';
import { MqttProbe } from '../mqtt-probe.ts';
import { isWebSocket, openStream, sentOf, upgrade, type Way } from '../way.ts';
import { msOf, wordsOf } from '../words.ts';

/** Why no password goes over a connection; null where it does. */
export type Withheld = Text | null;

/** What came of the two CONNECT packets. */
export interface Connected {
  readonly findings: readonly Finding[];
  /** An open connection, 5.0 where the server has it; null where none was accepted. */
  readonly probe: MqttProbe | null;
}

/** A connection that was accepted, or what was seen instead. */
export type Outcome = { readonly probe: MqttProbe } | { readonly symptom: Symptom };

const names = { 4: 'connect-3.1.1', 5: 'connect-5.0' } as const satisfies Record<4 | 5, StepName>;

/** CONNECT in 5.0 and 3.1.1, judged together: what one says explains the other. */
export async function tryConnect(way: Way, withheld: Withheld): Promise<Connected> {
  // 3.1.1 first and closed again, so that a limit of sessions does not meet the doctor itself.
  const old = await openProbe(way, 4, withheld);
  if ('probe' in old) old.probe.close();
  let current = await openProbe(way, 5, withheld);
  if ('probe' in old && 'symptom' in current && isRate(current.symptom)) {
    // A low connect rate has met the doctor itself, which has just been let in.
    await Bun.sleep(rateWindowMs);
    current = await openProbe(way, 5, withheld);
  }
  if ('probe' in current) {
    return {
      findings: [
        accepted(current.probe),
        'probe' in old ? accepted(old.probe) : await refused(old.symptom, 4, way, withheld, null),
      ],
      probe: current.probe,
    };
  }
  if ('probe' in old) {
    const again = await openProbe(way, 4, withheld);
    const finding = isVersionRefusal(current.symptom)
      ? ok('connect-5.0', both('The server has no MQTT 5.0.', '服务器不支持 MQTT 5.0。'), { offered: false })
      : // Who speaks 3.1.1 is an MQTT server, so that other bytes are a mistake of its 5.0.
        current.symptom.kind === 'foreign'
        ? warning('connect-5.0', 'protocol.malformed', wordsOf(current.symptom))
        : await refused(current.symptom, 5, way, withheld, null);
    return { findings: [finding, accepted(old.probe)], probe: 'probe' in again ? again.probe : null };
  }
  const first = await refused(
    current.symptom,
    5,
    way,
    withheld,
    isVersionRefusal(current.symptom) ? old.symptom : null,
  );
  const second = await refused(old.symptom, 4, way, withheld, null, first.fault);
  return { findings: [first, second], probe: null };
}

/** Opens a connection and sends CONNECT. Never throws for what a server does. */
export async function openProbe(way: Way, version: 4 | 5, withheld: Withheld): Promise<Outcome> {
  const { connection, idleSeconds } = way.request;
  try {
    const sendsPassword = withheld === null && connection.password !== null;
    const stream = await openStream({ ...way, verified: sendsPassword && !connection.tls.insecure });
    const probe = await MqttProbe.open(stream, {
      version,
      clientId: connection.clientId,
      username: withheld === null ? connection.username : null,
      password: withheld === null ? connection.password : null,
      // Longer than the connection will be idle, so that the server does not end it.
      keepAliveSeconds: Math.min(65_535, Math.max(60, idleSeconds * 2)),
      timeoutMs: connection.connectTimeoutMs,
      sent: sentOf(way),
    });
    return { probe };
  } catch (error) {
    if (error instanceof ConnectionError) return { symptom: error.symptom };
    throw error;
  }
}

function accepted(probe: MqttProbe): Finding {
  const { connack, milliseconds, version } = probe;
  const { assignedClientIdentifier, serverKeepAlive } = connack.properties ?? {};
  const seen = [both(`Accepted, ${msOf(milliseconds)}.`, `已接受，${msOf(milliseconds)}。`)];
  if (assignedClientIdentifier !== undefined) {
    seen.push(both(`Client identifier ${assignedClientIdentifier}.`, `分配的客户端 ID：${assignedClientIdentifier}。`));
  }
  if (serverKeepAlive !== undefined) {
    seen.push(both(`Server Keep Alive ${serverKeepAlive} s.`, `Server Keep Alive ${serverKeepAlive} 秒。`));
  }
  return ok(version === 5 ? 'connect-5.0' : 'connect-3.1.1', seen, {
    reasonCode: 0,
    sessionPresent: connack.sessionPresent,
    milliseconds: Number(milliseconds.toFixed(2)),
    properties: connack.properties,
  });
}

const rateWindowMs = 1100;

/** Whether the server says that too many have come within a second. */
function isRate(symptom: Symptom): boolean {
  return symptom.kind === 'connack' && symptom.code === ReasonCode.connectionRateExceeded;
}

/** Whether the server only says that it does not know this version. */
function isVersionRefusal(symptom: Symptom): boolean {
  if (symptom.kind === 'connack') return symptom.code === 1 || symptom.code === 0x84;
  return symptom.kind === 'closed';
}

/**
 * @param onlyAnswer of 3.1.1, where 5.0 is not offered at all: then 5.0 needs no cause of its own.
 * @param known what 5.0 has named already: 3.1.1 has fewer codes and means the same.
 */
async function refused(
  symptom: Symptom,
  version: 4 | 5,
  way: Way,
  withheld: Withheld,
  onlyAnswer: Symptom | null,
  known: FaultName | null = null,
): Promise<Finding> {
  const step = names[version];
  const details = detailsOf(symptom);
  const isKnown = symptom.kind === 'connack' || symptom.kind === 'disconnect';
  if (onlyAnswer?.kind === 'connack') {
    return ok(step, both('The server has no MQTT 5.0.', '服务器不支持 MQTT 5.0。'), { offered: false });
  }
  const fault = isKnown ? nameOf(symptom, known) : (known ?? (await strange(symptom, way)));
  if (withheld !== null && isKnown && (fault ?? '').startsWith('credentials.')) {
    return skipped(step, withheld);
  }
  const isOnlyVersion = version === 4 && fault === 'protocol.version';
  return (isOnlyVersion ? warning : failed)(step, fault, wordsOf(symptom), details);
}

function nameOf(symptom: Symptom, known: FaultName | null): FaultName | null {
  const own = diagnose(symptom);
  if (known !== null && own !== 'protocol.version') return known;
  // Who answers 3.1.1 only is not Berth, and there 5 is about the user name.
  if (known === null && symptom.kind === 'connack' && symptom.version !== 5 && symptom.code === 5) {
    return symptom.sent.username ? 'credentials.wrong-password' : 'credentials.missing';
  }
  return own;
}

function detailsOf(symptom: Symptom): Record<string, unknown> {
  if (symptom.kind !== 'connack') return {};
  return { reasonCode: symptom.code, reasonString: symptom.reasonString };
}

/** No MQTT came back: what is there instead. */
async function strange(symptom: Symptom, way: Way): Promise<FaultName | null> {
  if (isWebSocket(way)) {
    if (symptom.kind === 'timeout') return 'port.silent';
    if (symptom.kind === 'foreign') return 'port.not-mqtt';
    return symptom.kind === 'closed' || symptom.kind === 'system' ? 'protocol.no-connack' : diagnose(symptom);
  }
  if (sentOf(way).tls) {
    if (symptom.kind === 'timeout') return 'port.silent';
    // With TLS 1.3 an alert may come after the handshake, for example because a client certificate is wanted.
    if (symptom.kind === 'system' && (symptom.stage === 'tls' || symptom.code.startsWith('ERR_SSL_')))
      return diagnose(symptom);
    return (await hasWebSocket(way)) ? 'port.mqtt-on-websocket' : foreign(symptom);
  }
  const spoken = await identify(way);
  switch (spoken.kind) {
    case 'tls':
      return 'port.plain-mqtt-on-tls';
    case 'http':
      return (await hasWebSocket(way)) ? 'port.mqtt-on-websocket' : 'port.http-server';
    case 'other':
      return 'port.not-mqtt';
    case 'silent':
      return 'port.silent';
    default:
      return (await hasWebSocket(way)) ? 'port.mqtt-on-websocket' : 'protocol.no-connack';
  }
}

function foreign(symptom: Symptom): FaultName {
  if (symptom.kind !== 'foreign') return 'protocol.no-connack';
  return symptom.protocol === 'http' ? 'port.http-server' : 'port.not-mqtt';
}

/** Whether MQTT would be had through WebSocket on this port. */
async function hasWebSocket(way: Way): Promise<boolean> {
  try {
    const { stream } = await upgrade({ ...way, path: '/mqtt', subprotocol: 'mqtt' });
    stream?.destroy();
    return stream !== null;
  } catch (error) {
    if (error instanceof ConnectionError) return false;
    throw error;
  }
}
