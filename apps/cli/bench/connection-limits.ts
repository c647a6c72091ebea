import { defaultLimits } from '../../../packages/engine/limits.ts';
import type { Text } from '../../../packages/faults/mod.ts';
import { diagnose } from '../diagnose.ts';
import type { Symptom } from '../symptom.ts';

/**
 * Whether a server refuses a connection as Berth does at a limit of a deployment. MQTT 3.x has one code for that and for a
 * deployment that is stopped; before a load one connection was opened, so it is not.
 */
export function isRefusedByLimit(symptom: Symptom): boolean {
  if (symptom.kind !== 'connack') return false;
  if (symptom.version !== 5) return symptom.code === 3;
  const name = diagnose(symptom);
  return name === 'limit.sessions' || name === 'limit.connect-rate';
}

const { sessions, connectsPerSecond } = defaultLimits();

/** What to do where a deployment lets in fewer connections than a load wants. */
export const limitHint: Text = {
  en: `A deployment of Berth takes ${sessions} sessions by default, and but for the first one ${connectsPerSecond} connects a second. Raise that with "berth deployment set ID --limit sessions=N --limit connectsPerSecond=none".`,
  zh: `Berth 的部署默认最多有 ${sessions} 个会话；除第一个部署外，每秒最多 ${connectsPerSecond} 次连接。请执行 "berth deployment set ID --limit sessions=N --limit connectsPerSecond=none" 提高上限。`,
};
