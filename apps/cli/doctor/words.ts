import type { Text } from '../../../packages/faults/mod.ts';
import { describeSymptom } from '../report.ts';
import type { Symptom } from '../symptom.ts';

/** What was seen, in both languages. */
export function wordsOf(symptom: Symptom): Text {
  // The rest of what a TLS library says is where in its source it stood.
  if (symptom.kind === 'system' && symptom.code.startsWith('ERR_SSL_')) return tlsWords(symptom.code);
  const en = describeSymptom(symptom, 'en');
  // What a library says stays as it is.
  return { en: symptom.kind === 'system' ? en : sentence(en), zh: describeSymptom(symptom, 'zh') };
}

function tlsWords(code: string): Text {
  if (!code.includes('CERTIFICATE_REQUIRED')) return { en: code, zh: code };
  return { en: `${code}: the server wants a client certificate`, zh: `${code}：服务器要求客户端证书` };
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A time as people read it: `2026-11-24 15:42:07 UTC`. */
export function timeOf(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A span of time in its largest whole unit. */
export function spanOf(milliseconds: number): Text {
  const seconds = Math.round(Math.abs(milliseconds) / 1000);
  for (const [unit, en, zh] of units) {
    const count = Math.floor(seconds / unit);
    if (count >= 2 || unit === 1) return { en: `${count} ${en}${count === 1 ? '' : 's'}`, zh: `${count} ${zh}` };
  }
  return { en: '0 seconds', zh: '0 秒' };
}

const units = [
  [31_557_600, 'year', '年'],
  [86_400, 'day', '天'],
  [3600, 'hour', '小时'],
  [60, 'minute', '分钟'],
  [1, 'second', '秒'],
] as const;

/** A TLS version as people write it: `TLSv1` is TLS 1.0. */
export function tlsNameOf(protocol: string): string {
  return protocol === 'TLSv1' ? 'TLS 1.0' : protocol.replace('TLSv', 'TLS ');
}

/** Milliseconds as people read them: `0.4 ms`, `12 ms`. */
export function msOf(milliseconds: number): string {
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}
