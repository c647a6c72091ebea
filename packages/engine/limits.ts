/**
 * The limits of a deployment: name, unit, default, and what happens at the limit.
 * `null` means none. The names are the ones that people type (`--limit NAME=VALUE|none`).
 */
import type { FaultName } from '../faults/names.ts';

/** Every limit of a deployment. `null` is "no limit". Units stand last in the names. */
export interface Limits {
  sessions: number | null;
  connectsPerSecond: number | null;
  failedLoginsPerMinute: number | null;
  sessionsPerUsername: number | null;
  credentials: number | null;
  accessRules: number | null;
  accessRulesPerSubject: number | null;
  packetSizeBytes: number | null;
  messagesPerSecond: number | null;
  publishesPerSecondPerClient: number | null;
  bytesPerSecondPerClient: number | null;
  subscriptionsPerClient: number | null;
  topicLevels: number | null;
  topicBytes: number | null;
  queuedMessages: number | null;
  queuedBytes: number | null;
  inFlightOut: number | null;
  inFlightIn: number | null;
  topicAliases: number | null;
  sessionExpirySeconds: number | null;
  sessionExpiryV3Seconds: number | null;
  retainedMessages: number | null;
  retainedBytes: number | null;
  clientIdBytes: number | null;
  outboundBufferBytes: number | null;
  keepAliveSeconds: number | null;
  restRequestsPerSecond: number | null;
}

export type LimitName = keyof Limits;

/** What is known of one limit. */
export interface LimitDefinition {
  readonly name: LimitName;
  readonly unit: 'count' | 'bytes' | 'seconds' | 'per second' | 'per minute';
  /** Default of a new deployment; `null` is none. */
  readonly default: number | null;
  /** Smallest and largest value that may be set. */
  readonly min: number;
  readonly max: number;
  /** Whether `none` may be set. Those that bound a wire field have a value always. */
  readonly mayBeNone: boolean;
  /** The fault of the event that says that it was reached; null where nothing goes wrong: a value is shortened, or waits. */
  readonly fault: FaultName | null;
  /**
   * When a change is felt: at once, by the clients that are connected too; or with the next CONNECT, where the client has
   * been told the value in its CONNACK.
   */
  readonly takesEffect: 'at once' | 'next connect';
  /** What happens at the limit, one sentence. */
  readonly atLimit: { readonly en: string; readonly zh: string };
}

const MiB = 1024 * 1024;
const day = 86_400;
const most = Number.MAX_SAFE_INTEGER;

function limit(
  name: LimitName,
  unit: LimitDefinition['unit'],
  value: number | null,
  en: string,
  zh: string,
  more: { fault: FaultName | null } & Partial<Pick<LimitDefinition, 'min' | 'max' | 'mayBeNone' | 'takesEffect'>>,
): LimitDefinition {
  return {
    name,
    unit,
    default: value,
    min: more.min ?? 1,
    max: more.max ?? most,
    mayBeNone: more.mayBeNone ?? true,
    fault: more.fault,
    takesEffect: more.takesEffect ?? 'at once',
    atLimit: { en, zh },
  };
}

/** All limits in the order in which people are shown them. */
export const limitDefinitions: readonly LimitDefinition[] = [
  limit(
    'sessions',
    'count',
    1000,
    'A new client gets CONNACK 3 / 0x97; connected clients and clients that come back to their session are not touched.',
    '新客户端得到 CONNACK 3 / 0x97;已连接的和回到原会话的客户端不受影响。',
    { fault: 'limit.sessions' },
  ),
  limit(
    'connectsPerSecond',
    'per second',
    100,
    'CONNACK 3 / 0x9F, said a second later, so that a storm slows itself down. TLS handshakes beyond twice the rate (at least 20) start later.',
    'CONNACK 3 / 0x9F,延迟一秒返回,使重连风暴自行减缓。超过该速率两倍(至少 20)的 TLS 握手会推迟开始。',
    {
      fault: 'limit.connect-rate',
    },
  ),
  limit(
    'failedLoginsPerMinute',
    'per minute',
    60,
    'Per address and per user name: CONNACK 3 / 0x9F for the next minute.',
    '按地址和按用户名计:接下来一分钟返回 CONNACK 3 / 0x9F。',
    { fault: 'limit.failed-logins' },
  ),
  limit('sessionsPerUsername', 'count', null, 'CONNACK 3 / 0x97.', 'CONNACK 3 / 0x97。', {
    fault: 'limit.sessions-per-user',
  }),
  limit(
    'credentials',
    'count',
    2000,
    'The REST API answers 409 and names the limit.',
    'REST API 返回 409 并指明该限制。',
    { fault: 'limit.credentials' },
  ),
  limit(
    'accessRules',
    'count',
    2000,
    'The REST API answers 409 and names the limit.',
    'REST API 返回 409 并指明该限制。',
    { fault: 'limit.access-rules' },
  ),
  limit(
    'accessRulesPerSubject',
    'count',
    100,
    'The REST API answers 409 and names the limit.',
    'REST API 返回 409 并指明该限制。',
    { fault: 'limit.access-rules' },
  ),
  limit(
    'packetSizeBytes',
    'bytes',
    MiB,
    'A 3.x connection is closed; a 5.0 connection gets DISCONNECT 0x95.',
    '3.x 连接被关闭;5.0 连接得到 DISCONNECT 0x95。',
    { fault: 'limit.packet-size', takesEffect: 'next connect', min: 128, max: 268_435_460, mayBeNone: false },
  ),
  limit(
    'messagesPerSecond',
    'per second',
    1000,
    'Messages in and out of the whole deployment, and Topic Filters in SUBSCRIBE and UNSUBSCRIBE: those packets and PUBLISH are read later, nothing is dropped.',
    '整个部署的收发消息数,以及 SUBSCRIBE 和 UNSUBSCRIBE 中的主题过滤器数:推迟读取这些报文和 PUBLISH,不丢消息。',
    { fault: 'limit.message-rate' },
  ),
  limit(
    'publishesPerSecondPerClient',
    'per second',
    100,
    'The publisher is read later, nothing is dropped. Topic Filters in SUBSCRIBE and UNSUBSCRIBE count as messages.',
    '推迟读取该发布者,不丢消息。SUBSCRIBE 和 UNSUBSCRIBE 中的主题过滤器按消息计。',
    { fault: 'limit.message-rate' },
  ),
  limit(
    'bytesPerSecondPerClient',
    'per second',
    MiB,
    'The client is read later, nothing is dropped. SUBSCRIBE, UNSUBSCRIBE, PINGREQ and acknowledgements of nothing count as 1 KiB more.',
    '推迟读取该客户端,不丢消息。SUBSCRIBE、UNSUBSCRIBE、PINGREQ 和无对应报文的确认另计 1 KiB。',
    { fault: 'limit.message-rate', min: 1024 },
  ),
  limit('subscriptionsPerClient', 'count', 100, 'SUBACK 0x80 / 0x97.', 'SUBACK 0x80 / 0x97。', {
    fault: 'limit.subscriptions',
  }),
  limit(
    'topicLevels',
    'count',
    16,
    'SUBACK 0x80 / 0x8F; a publish is acknowledged and not delivered (3.x) or gets 0x90 (5.0).',
    'SUBACK 0x80 / 0x8F;发布在 3.x 中被确认但不投递,在 5.0 中得到 0x90。',
    { fault: 'limit.topic' },
  ),
  limit(
    'topicBytes',
    'bytes',
    1024,
    'SUBACK 0x80 / 0x8F; a publish is acknowledged and not delivered (3.x) or gets 0x90 (5.0).',
    'SUBACK 0x80 / 0x8F;发布在 3.x 中被确认但不投递,在 5.0 中得到 0x90。',
    { fault: 'limit.topic', max: 65_535 },
  ),
  limit(
    'queuedMessages',
    'count',
    1000,
    'Of one session, waiting and in flight: QoS 0 never waits, so the oldest message that waits is dropped, counted and logged.',
    '单个会话(等待中和飞行中):QoS 0 从不排队,丢弃等待最久的消息,计数并记录日志。',
    { fault: 'limit.queue', mayBeNone: false },
  ),
  limit(
    'queuedBytes',
    'bytes',
    8 * MiB,
    'Of one session, waiting and in flight: QoS 0 never waits, so the oldest message that waits is dropped, counted and logged.',
    '单个会话(等待中和飞行中):QoS 0 从不排队,丢弃等待最久的消息,计数并记录日志。',
    { fault: 'limit.queue', min: 1024, mayBeNone: false },
  ),
  limit(
    'inFlightOut',
    'count',
    64,
    'Further messages wait in the queue of the session.',
    '后续消息在会话队列中等待。',
    { fault: null, max: 65_535, mayBeNone: false },
  ),
  limit(
    'inFlightIn',
    'count',
    64,
    'Announced as Receive Maximum; a 5.0 client above it gets DISCONNECT 0x93.',
    '作为 Receive Maximum 宣告;超过时 5.0 客户端得到 DISCONNECT 0x93。',
    { fault: 'limit.receive-maximum', takesEffect: 'next connect', max: 65_535, mayBeNone: false },
  ),
  limit(
    'topicAliases',
    'count',
    32,
    'Announced as Topic Alias Maximum; a higher alias gets DISCONNECT 0x94.',
    '作为 Topic Alias Maximum 宣告;更高的别名得到 DISCONNECT 0x94。',
    { fault: 'protocol.topic-alias', takesEffect: 'next connect', min: 0, max: 65_535, mayBeNone: false },
  ),
  limit(
    'sessionExpirySeconds',
    'seconds',
    7 * day,
    'A longer Session Expiry Interval is shortened and the CONNACK says so.',
    '更长的会话过期间隔会被缩短,并在 CONNACK 中说明。',
    { fault: null, takesEffect: 'next connect', max: 0xffff_ffff },
  ),
  limit(
    'sessionExpiryV3Seconds',
    'seconds',
    day,
    'A 3.x persistent session ends this long after its client left.',
    '3.x 持久会话在客户端离开后经过该时间结束。',
    { fault: null, takesEffect: 'next connect', max: 0xffff_ffff },
  ),
  limit(
    'retainedMessages',
    'count',
    2000,
    'The message is delivered and acknowledged but not retained.',
    '消息照常投递和确认,但不保留。',
    { fault: 'limit.retained', mayBeNone: false },
  ),
  limit(
    'retainedBytes',
    'bytes',
    64 * MiB,
    'The message is delivered and acknowledged but not retained.',
    '消息照常投递和确认,但不保留。',
    { fault: 'limit.retained', min: 1024, mayBeNone: false },
  ),
  limit('clientIdBytes', 'bytes', 1024, 'CONNACK 2 / 0x85.', 'CONNACK 2 / 0x85。', {
    fault: 'protocol.client-id',
    min: 23,
    max: 65_535,
    mayBeNone: false,
  }),
  limit(
    'outboundBufferBytes',
    'bytes',
    MiB,
    'QoS 0 messages are dropped and counted, QoS 1 and 2 wait in the session.',
    'QoS 0 消息被丢弃并计数,QoS 1 和 2 在会话中等待。',
    { fault: 'limit.outbound-buffer', min: 16_384, mayBeNone: false },
  ),
  limit(
    'keepAliveSeconds',
    'seconds',
    null,
    'A 5.0 client is told with Server Keep Alive; for 3.x the shorter time is used.',
    '5.0 客户端通过 Server Keep Alive 得知;3.x 使用较短的时间。',
    { fault: null, takesEffect: 'next connect', min: 5, max: 65_535 },
  ),
  limit('restRequestsPerSecond', 'per second', 20, 'HTTP 429 with Retry-After.', 'HTTP 429 并带 Retry-After。', {
    fault: 'limit.rest-rate',
  }),
];

/** The defaults of a new deployment, a fresh object each time. */
export function defaultLimits(): Limits {
  return Object.fromEntries(limitDefinitions.map((entry) => [entry.name, entry.default])) as unknown as Limits;
}

/** Finds a limit by the name that a person typed; undefined when there is none. */
export function findLimit(name: string): LimitDefinition | undefined {
  return limitDefinitions.find((entry) => entry.name === name);
}

/**
 * Checks one value for a limit.
 * @returns null when it may be set, else one sentence that says what may.
 */
export function checkLimit(definition: LimitDefinition, value: number | null): string | null {
  if (value === null) return definition.mayBeNone ? null : `${definition.name} needs a value, "none" is not possible`;
  if (Number.isInteger(value) && value >= definition.min && value <= definition.max) return null;
  return `${definition.name} takes a whole number from ${definition.min} to ${definition.max}${definition.mayBeNone ? ' or "none"' : ''}`;
}
