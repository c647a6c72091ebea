import type { FaultEntries, FaultEntry } from './entry.ts';

/** An ordinary end: nothing is said on the wire and nobody has to act. */
const ordinary = {
  severity: 'info',
  seenBy: ['owner', 'operator'],
  connack: null,
  disconnect: null,
  reason: null,
} as const satisfies Partial<FaultEntry>;

/** Number 0: ordinary ends, no faults. */
export const closedFaults = {
  'closed.by-client': {
    ...ordinary,
    title: { en: 'The client disconnected', zh: '客户端主动断开' },
    cause: {
      en: 'The client sent DISCONNECT; its will was discarded.',
      zh: '客户端发送了 DISCONNECT，遗嘱已被丢弃。',
    },
    remedy: { en: 'Nothing has to be done.', zh: '无需处理。' },
  },
  'closed.with-will': {
    ...ordinary,
    title: { en: 'The client disconnected and asked for its will', zh: '客户端主动断开并要求发布遗嘱' },
    cause: {
      en: 'The client sent DISCONNECT with reason code 0x04, which asks the server to publish the will.',
      zh: '客户端发送了原因码为 0x04 的 DISCONNECT，要求服务器发布遗嘱。',
    },
    remedy: {
      en: 'Nothing has to be done. To leave without the will, send DISCONNECT with reason code 0x00.',
      zh: '无需处理。如果断开时不希望发布遗嘱，请发送原因码为 0x00 的 DISCONNECT。',
    },
  },
  'closed.unsubscribed': {
    ...ordinary,
    title: { en: 'The client unsubscribed', zh: '客户端取消订阅' },
    cause: { en: 'The client sent UNSUBSCRIBE for this topic filter.', zh: '客户端对该主题过滤器发送了 UNSUBSCRIBE。' },
    remedy: { en: 'Nothing has to be done.', zh: '无需处理。' },
  },
} as const satisfies FaultEntries;
