import { diagnose } from '../../diagnose.ts';
import { ConnectionError, type Symptom } from '../../symptom.ts';
import { both, failed, ok, type Finding } from '../finding.ts';
import type { MqttProbe } from '../mqtt-probe.ts';
import { wordsOf } from '../words.ts';

const pingTimeoutMs = 5000;

/** Leaves the connection idle, shorter than its Keep Alive, and sees whether it is still there. */
export async function stayIdle(probe: MqttProbe, idleSeconds: number): Promise<Finding> {
  const start = performance.now();
  const secondsOf = (): number => Math.max(1, Math.round((performance.now() - start) / 1000));
  const { promise: rested, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), idleSeconds * 1000);
  const symptom = await Promise.race([probe.ended, rested]);
  clearTimeout(timer);
  if (symptom !== null) return cut(symptom, secondsOf());
  try {
    await probe.ping(pingTimeoutMs);
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    // Whoever forgets an idle connection does not always say so.
    return cut(error.symptom, secondsOf());
  }
  return ok('idle', both(`Still open after ${idleSeconds} s.`, `空闲 ${idleSeconds} 秒后连接仍然正常。`), {
    idleSeconds,
  });
}

function cut(symptom: Symptom, seconds: number): Finding {
  const details = { cutAfterSeconds: seconds };
  if (symptom.kind === 'disconnect') {
    return failed('idle', diagnose(symptom), wordsOf(symptom), details);
  }
  return failed(
    'idle',
    'connection.idle-cut',
    both(
      `The connection was cut without a DISCONNECT after ${seconds} s without traffic.`,
      `连接在空闲 ${seconds} 秒后被切断，没有收到 DISCONNECT。`,
    ),
    details,
  );
}
