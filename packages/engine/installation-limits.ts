/**
 * The limits of the installation as a whole: what all deployments share. `null` means none. The names are the ones that
 * people type (`berth limits set NAME=VALUE|none`).
 */
import type { FaultName } from '../faults/names.ts';

/** Every limit of the installation. Units stand last in the names. */
export interface InstallationLimits {
  connections: number | null;
  memoryHighWaterPercent: number | null;
  deployments: number | null;
  handshakesPerAddress: number | null;
  connectSeconds: number | null;
  unauthenticatedBytes: number | null;
  restRequestsPerSecond: number | null;
  journalQueueBytes: number | null;
}

export type InstallationLimitName = keyof InstallationLimits;

/** What is known of one limit of the installation. */
export interface InstallationLimitDefinition {
  readonly name: InstallationLimitName;
  readonly unit: 'count' | 'bytes' | 'seconds' | 'percent' | 'per second';
  /** `null` is none. Of `connections`: then the limit on open files decides alone. */
  readonly default: number | null;
  readonly min: number;
  readonly max: number;
  readonly mayBeNone: boolean;
  /** The fault of the event that says that it was reached; null where the next ones only start later. */
  readonly fault: FaultName | null;
  /** What happens at the limit, one sentence. */
  readonly atLimit: { readonly en: string; readonly zh: string };
}

const most = Number.MAX_SAFE_INTEGER;

/** All limits of the installation in the order in which people are shown them. */
export const installationLimitDefinitions: readonly InstallationLimitDefinition[] = [
  {
    name: 'connections',
    unit: 'count',
    default: null,
    min: 1,
    max: most,
    mayBeNone: true,
    fault: 'server.busy',
    atLimit: {
      en: 'A new connection is closed before its TLS handshake; those that are open are not touched. Without a value the limit on open files decides, less 128; it also bounds every value.',
      zh: '新连接在 TLS 握手之前被关闭;已建立的连接不受影响。未设置时由进程的打开文件数上限减去 128 决定,该上限也约束任何设置值。',
    },
  },
  {
    name: 'memoryHighWaterPercent',
    unit: 'percent',
    default: 70,
    min: 1,
    max: 100,
    mayBeNone: true,
    fault: 'server.busy',
    atLimit: {
      en: 'Resident memory above this share of the machine: a new session gets CONNACK 3 / 0x89, and each publisher is read one message a second.',
      zh: '常驻内存超过机器内存的该比例:新会话得到 CONNACK 3 / 0x89,每个发布者每秒只读取一条消息。',
    },
  },
  {
    name: 'deployments',
    unit: 'count',
    default: null,
    min: 1,
    max: most,
    mayBeNone: true,
    fault: 'limit.deployments',
    atLimit: {
      en: 'The REST API answers 409 and names the limit.',
      zh: 'REST API 返回 409 并指明该限制。',
    },
  },
  {
    name: 'handshakesPerAddress',
    unit: 'count',
    default: 100,
    min: 1,
    max: 100_000,
    mayBeNone: true,
    fault: null,
    atLimit: {
      en: 'TLS handshakes in flight of one address: the next ones start later, in their order.',
      zh: '同一地址正在进行的 TLS 握手数:后续握手按顺序稍后开始。',
    },
  },
  {
    name: 'connectSeconds',
    unit: 'seconds',
    default: 30,
    min: 1,
    max: 3600,
    mayBeNone: false,
    fault: 'protocol.connect-timeout',
    atLimit: {
      en: 'From accept to the end of CONNECT: the connection is closed without a word (error -9).',
      zh: '从接受连接到收完 CONNECT 的时间:连接被直接关闭(错误 -9)。',
    },
  },
  {
    name: 'unauthenticatedBytes',
    unit: 'bytes',
    default: 64 * 1024 * 1024,
    min: 1024 * 1024,
    max: most,
    mayBeNone: true,
    fault: 'limit.unauthenticated-bytes',
    atLimit: {
      en: 'Sum of what connections hold of CONNECT packets that are not complete: one that holds more than 4 KiB is closed. A CONNECT that arrives whole is never refused.',
      zh: '所有连接上尚未收完的 CONNECT 报文占用的字节总数:占用超过 4 KiB 的连接被关闭。一次到达的完整 CONNECT 不会因此被拒绝。',
    },
  },
  {
    name: 'restRequestsPerSecond',
    unit: 'per second',
    default: 100,
    min: 1,
    max: most,
    mayBeNone: true,
    fault: 'limit.rest-rate',
    atLimit: {
      en: 'Requests of one key that are not about one deployment: HTTP 429 with Retry-After.',
      zh: '同一密钥发出的与具体部署无关的请求:HTTP 429 并带 Retry-After。',
    },
  },
  {
    name: 'journalQueueBytes',
    unit: 'bytes',
    default: 16 * 1024 * 1024,
    min: 1024 * 1024,
    max: 1024 * 1024 * 1024,
    mayBeNone: false,
    fault: 'server.busy',
    atLimit: {
      en: 'Changes that wait for the disk. A deployment that has more of them in the queue than is still free there waits: its packets that need the journal are read later, nothing is dropped. Others go on.',
      zh: '等待写入磁盘的变更。若某部署在队列中占用的字节多于剩余空间,则该部署需要等待:推迟读取其需要写日志的报文,不丢弃任何数据。其他部署不受影响。',
    },
  },
];

/** The defaults, a fresh object each time. */
export function defaultInstallationLimits(): InstallationLimits {
  return Object.fromEntries(
    installationLimitDefinitions.map((entry) => [entry.name, entry.default]),
  ) as unknown as InstallationLimits;
}

/**
 * Checks one value for a limit of the installation.
 * @returns null when it may be set, else one sentence that says what may.
 */
export function checkInstallationLimit(definition: InstallationLimitDefinition, value: number | null): string | null {
  const { name, min, max, mayBeNone } = definition;
  if (value === null) return mayBeNone ? null : `${name} needs a value, "none" is not possible`;
  if (Number.isInteger(value) && value >= min && value <= max) return null;
  return `${name} takes a whole number from ${min} to ${max}${mayBeNone ? ' or "none"' : ''}`;
}
