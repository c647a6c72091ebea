import { diagnose } from '../../diagnose.ts';
import type { UpgradeAnswer } from '../../mqtt/websocket.ts';
import { ConnectionError, type Symptom } from '../../symptom.ts';
import { both, failed, ok, type Finding } from '../finding.ts';
import { identify } from '../identify.ts';
import { timeIn } from '../server-time.ts';
import { sentOf, upgrade, type Way } from '../way.ts';
import { wordsOf } from '../words.ts';

/** What came of the WebSocket upgrade. */
export interface Upgraded {
  readonly finding: Finding;
  /** With what the examination goes on; null where no upgrade succeeds. */
  readonly way: Way | null;
  /** The time that the server told; null where it told none. */
  readonly serverMs: number | null;
}

/** Paths that servers use for MQTT, tried when the one that was given is not there. */
const usualPaths = ['/mqtt', '/', '/ws'];

/** The upgrade with path and subprotocol as given; where it fails, what works instead. */
export async function tryUpgrade(way: Way): Promise<Upgraded> {
  let answer: UpgradeAnswer;
  try {
    answer = await upgrade(way);
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    return { finding: await notHttp(error.symptom, way), way: null, serverMs: null };
  }
  const serverMs = timeIn(answer.headers);
  if (answer.stream !== null) {
    answer.stream.destroy();
    return { finding: accepted(answer, way), way, serverMs };
  }
  return { ...(await explain(answer, way)), serverMs };
}

function accepted({ headers }: UpgradeAnswer, { path, subprotocol }: Way): Finding {
  const echoed = headers.get('sec-websocket-protocol') ?? null;
  const details = { path, subprotocol, echoed };
  if (echoed === subprotocol) {
    return ok(
      'websocket',
      both(`Path ${path}, subprotocol ${subprotocol}.`, `路径 ${path}，子协议 ${subprotocol}。`),
      details,
    );
  }
  return failed(
    'websocket',
    'websocket.subprotocol',
    both(
      `The server takes the upgrade but does not answer with the subprotocol ${subprotocol}: browsers and most libraries then close.`,
      `服务器接受了升级，但没有返回子协议 ${subprotocol}：浏览器和多数客户端库会因此断开。`,
    ),
    details,
  );
}

/** After an HTTP answer that refuses: which of path and subprotocol it is, found by trying. */
async function explain(answer: UpgradeAnswer, way: Way): Promise<Pick<Upgraded, 'finding' | 'way'>> {
  const symptom: Symptom = { kind: 'http', status: answer.status, body: answer.body.toString('utf8') };
  const details = { status: answer.status, path: way.path, subprotocol: way.subprotocol };
  const seen = wordsOf(symptom);
  for (const path of usualPaths.filter((one) => one !== way.path)) {
    const other = { ...way, path };
    if (await works(other)) {
      const hint = both(`The path ${path} works, ${way.path} does not.`, `路径 ${path} 可用，${way.path} 不可用。`);
      return { finding: failed('websocket', 'websocket.path', [seen, hint], details), way: other };
    }
  }
  if (way.subprotocol !== 'mqtt') {
    const other = { ...way, subprotocol: 'mqtt' };
    if (await works(other)) {
      const hint = both(
        `The subprotocol mqtt works, "${way.subprotocol}" does not.`,
        `子协议 mqtt 可用，"${way.subprotocol}" 不可用。`,
      );
      return { finding: failed('websocket', 'websocket.subprotocol', [seen, hint], details), way: other };
    }
  }
  const suggested = diagnose(symptom);
  const isWebsite = suggested === 'websocket.not-upgrade' || suggested === 'websocket.path';
  return {
    finding: failed('websocket', isWebsite ? 'port.http-server' : suggested, seen, details),
    way: null,
  };
}

async function works(way: Way): Promise<boolean> {
  try {
    const { stream } = await upgrade(way);
    stream?.destroy();
    return stream !== null;
  } catch (error) {
    if (error instanceof ConnectionError) return false;
    throw error;
  }
}

/** No HTTP came back. On a plain port it may be something else altogether. */
async function notHttp(symptom: Symptom, way: Way): Promise<Finding> {
  const suggested = symptom.kind === 'foreign' ? 'port.http-on-mqtt' : diagnose(symptom);
  if (sentOf(way).tls) return failed('websocket', suggested ?? 'port.silent', wordsOf(symptom));
  const spoken = await identify(way);
  switch (spoken.kind) {
    case 'tls':
      return failed('websocket', 'port.http-on-tls', both('The port speaks TLS.', '该端口使用 TLS。'));
    case 'mqtt':
      return failed(
        'websocket',
        'port.http-on-mqtt',
        both('The port speaks MQTT without WebSocket.', '该端口使用 MQTT，而不是 WebSocket。'),
      );
    case 'silent':
      return failed('websocket', 'port.silent', wordsOf(symptom));
    default:
      return failed('websocket', spoken.kind === 'other' ? 'port.not-mqtt' : suggested, wordsOf(symptom));
  }
}
