import type { Language } from './text.ts';

const chinese: Readonly<Record<string, string>> = {
  'TLS connect with password': 'TLS 连接（含密码校验）',
  'idle TLS connection': '空闲 TLS 连接',
  '50 pairs, QoS 0': '50 对，QoS 0',
  '50 pairs, QoS 1': '50 对，QoS 1',
  '50 pairs, QoS 2': '50 对，QoS 2',
  'fan-out 1 -> 200, QoS 0': '扇出 1 -> 200，QoS 0',
  'fan-in 50 -> 1, QoS 0': '扇入 50 -> 1，QoS 0',
  '5,000 msg/s over 50 pairs, QoS 1': '5,000 条/秒，50 对，QoS 1',
};

/** A load of bench/compare/rows.ts or bench/agreement.ts by the name that people read. */
export function loadName(name: string, language: Language): string {
  return language === 'en' ? name : (chinese[name] ?? name);
}
