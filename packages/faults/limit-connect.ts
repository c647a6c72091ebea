import type { FaultEntries, FaultEntry } from './entry.ts';

const common = {
  severity: 'warning',
  seenBy: ['device', 'owner', 'operator'],
  disconnect: null,
} as const satisfies Partial<FaultEntry>;

const quotaExceeded = { v3: 3, v5: 0x97 } as const;
const connectionRateExceeded = { v3: 3, v5: 0x9f } as const;

/** Number -7: limits of a deployment on connecting. */
export const limitConnectFaults = {
  'limit.sessions': {
    ...common,
    connack: quotaExceeded,
    reason: 'the deployment has reached its limit of sessions',
    title: { en: 'Limit of sessions reached', zh: '会话数达到上限' },
    cause: {
      en: 'The deployment has as many sessions, connected or persistent, as its limit "sessions" allows. A client that comes back to its own session is admitted all the same.',
      zh: '部署的会话数（包括在线会话和持久会话）达到了 sessions 限制。回到自己原有会话的客户端仍可连接。',
    },
    remedy: {
      en: 'Raise it with "berth deployment set ID --limit sessions=N". Random client identifiers with persistent sessions leave sessions behind: use a fixed client identifier, clean start, or a shorter Session Expiry Interval.',
      zh: '执行 berth deployment set ID --limit sessions=N 提高上限。随机客户端 ID 配合持久会话会遗留大量会话：请使用固定的客户端 ID、Clean Start，或更短的会话过期间隔。',
    },
  },
  'limit.connect-rate': {
    ...common,
    connack: connectionRateExceeded,
    reason: 'too many connects per second, try again later',
    title: { en: 'Too many connects per second', zh: '连接速率超限' },
    cause: {
      en: 'The deployment got more CONNECT packets per second than its limit "connectsPerSecond" allows: many devices that come back at once, or a device that reconnects in a loop.',
      zh: '部署每秒收到的 CONNECT 超过了 connectsPerSecond 限制：可能是大量设备同时重连，或某台设备陷入重连循环。',
    },
    remedy: {
      en: 'Let devices wait between attempts, longer each time and with a random part: reconnect_delay_set() in paho for Python, reconnectPeriod in MQTT.js. Search the log for one client that connects again and again. Raise the limit if the fleet is that large.',
      zh: '让设备在重试之间等待，间隔递增并加入随机量：Python paho 使用 reconnect_delay_set()，MQTT.js 使用 reconnectPeriod。在日志中查找反复连接的客户端。设备规模确实较大时请提高上限。',
    },
  },
  'limit.sessions-per-user': {
    ...common,
    connack: quotaExceeded,
    reason: 'this user name has reached its limit of sessions',
    title: { en: 'Limit of sessions per user name reached', zh: '单个用户名的会话数达到上限' },
    cause: {
      en: 'As many sessions use this user name as the limit "sessionsPerUsername" allows.',
      zh: '使用该用户名的会话数达到了 sessionsPerUsername 限制。',
    },
    remedy: {
      en: 'Give devices credentials of their own, end sessions that are no longer used, or raise the limit.',
      zh: '请为设备分配独立的认证信息，清理不再使用的会话，或提高上限。',
    },
  },
  'limit.failed-logins': {
    ...common,
    connack: connectionRateExceeded,
    reason: 'too many failed log-ins, try again in a minute',
    title: { en: 'Too many failed log-ins', zh: '登录失败次数过多' },
    cause: {
      en: 'This address or this user name failed to log in more often in a minute than the limit "failedLoginsPerMinute" allows. For the next minute even a right password is refused.',
      zh: '该地址或该用户名一分钟内登录失败的次数超过了 failedLoginsPerMinute 限制。接下来一分钟内，即使密码正确也会被拒绝。',
    },
    remedy: {
      en: 'Correct the password on the device and wait a minute. Devices behind one router share its address: one with a wrong password can shut out the others. If nobody of yours does it, somebody is guessing passwords.',
      zh: '请修正设备上的密码并等待一分钟。同一路由器后的设备共用一个地址，一台设备密码错误可能影响其他设备。如果不是您的设备，则可能有人在猜测密码。',
    },
  },
} as const satisfies FaultEntries;
