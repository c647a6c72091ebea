import type { FaultName, Text } from '../../../packages/faults/mod.ts';

/** The steps of an examination, in order. */
export const stepTitles = {
  resolve: { en: 'name resolution', zh: '域名解析' },
  tcp: { en: 'TCP', zh: 'TCP 连接' },
  port: { en: 'protocol on the port', zh: '端口协议' },
  tls: { en: 'TLS handshake', zh: 'TLS 握手' },
  'tls-versions': { en: 'TLS versions', zh: 'TLS 版本' },
  'tls-no-sni': { en: 'without SNI', zh: '不发送 SNI' },
  trust: { en: 'certificate: trust', zh: '证书信任' },
  validity: { en: 'certificate: dates', zh: '证书有效期' },
  'host-name': { en: 'certificate: name', zh: '证书名称' },
  clock: { en: 'clock', zh: '时钟' },
  'small-devices': { en: 'small devices', zh: '小型设备' },
  websocket: { en: 'WebSocket', zh: 'WebSocket' },
  'connect-5.0': { en: 'MQTT 5.0', zh: 'MQTT 5.0' },
  'connect-3.1.1': { en: 'MQTT 3.1.1', zh: 'MQTT 3.1.1' },
  'round-trip': { en: 'publish and receive', zh: '发布与接收' },
  limits: { en: 'limits of the server', zh: '服务器限制' },
  idle: { en: 'idle connection', zh: '空闲连接' },
} as const satisfies Record<string, Text>;

export type StepName = keyof typeof stepTitles;

/** `skipped`: not examined, because of what was found before or because nobody asked for it. */
export type Status = 'ok' | 'warning' | 'failed' | 'skipped';

/** Plain values for programs; units stand last in the names. */
export type Details = Readonly<Record<string, unknown>>;

/** What one step found. */
export interface Finding {
  readonly step: StepName;
  readonly status: Status;
  /** What was seen, one sentence a line. Never a secret. */
  readonly seen: readonly Text[];
  /** Null where nothing is wrong, and where something is that has no name in the catalogue. */
  readonly fault: FaultName | null;
  readonly details: Details;
}

/** A text in both languages. */
export function both(en: string, zh: string): Text {
  return { en, zh };
}

/** The same words in both languages: names, codes and figures. */
export function same(text: string): Text {
  return { en: text, zh: text };
}

export function ok(step: StepName, seen: Text | readonly Text[], details: Details = {}): Finding {
  return { step, status: 'ok', seen: asList(seen), fault: null, details };
}

export function warning(
  step: StepName,
  fault: FaultName | null,
  seen: Text | readonly Text[],
  details: Details = {},
): Finding {
  return { step, status: 'warning', seen: asList(seen), fault, details };
}

export function failed(
  step: StepName,
  fault: FaultName | null,
  seen: Text | readonly Text[],
  details: Details = {},
): Finding {
  return { step, status: 'failed', seen: asList(seen), fault, details };
}

export function skipped(step: StepName, why: Text): Finding {
  return { step, status: 'skipped', seen: [why], fault: null, details: {} };
}

function asList(seen: Text | readonly Text[]): readonly Text[] {
  return Array.isArray(seen) ? (seen as readonly Text[]) : [seen as Text];
}
