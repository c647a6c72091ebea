import { randomBytes } from 'node:crypto';
import type { QoS } from '../../../../packages/codec/types.ts';
import type { FaultName, Text } from '../../../../packages/faults/mod.ts';
import { diagnose } from '../../diagnose.ts';
import { ConnectionError } from '../../symptom.ts';
import { both, failed, ok, warning, type Finding } from '../finding.ts';
import type { MqttProbe } from '../mqtt-probe.ts';
import type { DoctorRequest } from '../request.ts';
import { msOf, wordsOf } from '../words.ts';

/** Messages for each QoS; the middle one counts. */
const messagesEach = 3;

interface Trip {
  readonly qos: QoS;
  readonly milliseconds: number | null;
  readonly error: ConnectionError | null;
}

/** Publishes to a topic and receives it again, with each QoS. */
export async function tryRoundTrip(request: DoctorRequest, probe: MqttProbe): Promise<Finding> {
  const topic = request.topic ?? `berth-doctor/${randomBytes(6).toString('hex')}`;
  const timeoutMs = request.connection.connectTimeoutMs;
  const maximumQoS: QoS = probe.connack.properties?.maximumQoS ?? 2;
  const about = both(
    `Topic ${topic}, MQTT ${probe.version === 5 ? '5.0' : '3.1.1'}.`,
    `主题 ${topic}，MQTT ${probe.version === 5 ? '5.0' : '3.1.1'}。`,
  );
  try {
    const granted = await probe.subscribe(topic, maximumQoS, timeoutMs);
    const trips: Trip[] = [];
    // Not QoS 0 first: a refusal has a code with the others only, and what is refused with one is refused with all.
    for (const qos of ([1, 2, 0] as const).filter((one) => one <= maximumQoS)) {
      const trip = await travel(probe, topic, qos, timeoutMs);
      trips.push(trip);
      if (trip.error !== null) break;
    }
    return judge(
      request,
      trips.toSorted((a, b) => a.qos - b.qos),
      [about, ...(granted < maximumQoS ? [lowered(granted)] : [])],
      topic,
    );
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    const fault = diagnose(error.symptom) ?? 'connection.lost';
    return judgement(request, fault)(
      'round-trip',
      fault,
      [about, wordsOf(error.symptom), ...topicHint(request, fault)],
      { topic },
    );
  }
}

async function travel(probe: MqttProbe, topic: string, qos: QoS, timeoutMs: number): Promise<Trip> {
  const times: number[] = [];
  for (let count = 0; count < messagesEach; count += 1) {
    const payload = randomBytes(8);
    const start = performance.now();
    const arrival = probe.message(payload, timeoutMs).then(() => performance.now() - start);
    // Awaited below; a refusal of the publish comes first.
    arrival.catch(() => {});
    try {
      await probe.publish(topic, payload, qos, timeoutMs);
      times.push(await arrival);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      return { qos, milliseconds: null, error };
    }
  }
  return { qos, milliseconds: times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0, error: null };
}

function judge(request: DoctorRequest, trips: readonly Trip[], about: readonly Text[], topic: string): Finding {
  const lines = trips.map(({ qos, milliseconds, error }) =>
    milliseconds === null
      ? prefixed(`QoS ${qos}`, error === null || error.symptom.kind === 'timeout' ? lost : wordsOf(error.symptom))
      : both(`QoS ${qos}: ${msOf(milliseconds)} there and back.`, `QoS ${qos}：往返 ${msOf(milliseconds)}。`),
  );
  const details = {
    topic,
    trips: trips.map(({ qos, milliseconds }) => ({
      qos,
      milliseconds: milliseconds === null ? null : Number(milliseconds.toFixed(2)),
    })),
  };
  const wrong = trips.find(({ error }) => error !== null);
  if (wrong === undefined) return ok('round-trip', [...about, ...lines], details);
  const fault = faultOf(wrong.error);
  return judgement(request, fault)('round-trip', fault, [...about, ...lines, ...topicHint(request, fault)], details);
}

const lost = both('the message was taken, but did not come back.', '消息已被接收，但没有返回。');

function prefixed(head: string, text: Text): Text {
  return { en: `${head}: ${text.en}`, zh: `${head}：${text.zh}` };
}

function lowered(granted: QoS): Text {
  return both(`The server grants QoS ${granted} at most.`, `服务器最多授予 QoS ${granted}。`);
}

/** A message that is acknowledged and never delivered is one that the access rules denied: 3.x has no code for it. */
function faultOf(error: ConnectionError | null): FaultName {
  if (error === null || error.symptom.kind === 'timeout') return 'access.publish-denied';
  return diagnose(error.symptom) ?? 'access.publish-denied';
}

/** A topic that the doctor made up may well be denied; one that was given should not be. */
function judgement(request: DoctorRequest, fault: FaultName): typeof failed {
  return request.topic === null && fault.startsWith('access.') ? warning : failed;
}

function topicHint(request: DoctorRequest, fault: FaultName): Text[] {
  if (request.topic !== null || !fault.startsWith('access.')) return [];
  return [
    both(
      'The topic was made up: repeat it with --topic TOPIC, a topic that the device uses.',
      '该主题由诊断工具自动生成：请用 --topic TOPIC 指定设备实际使用的主题后重试。',
    ),
  ];
}
