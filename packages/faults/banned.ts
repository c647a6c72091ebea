import type { FaultEntries, FaultEntry } from './entry.ts';

/** 0x8A is a code of CONNACK only: an open connection ends with 0x98 (MQTT 5.0 section 2.4). */
const wire = {
  severity: 'warning',
  seenBy: ['device', 'owner', 'operator'],
  connack: { v3: 5, v5: 0x8a },
  disconnect: 0x98,
} as const satisfies Partial<FaultEntry>;

/** Number -8: bans. */
export const bannedFaults = {
  'banned.rule': {
    ...wire,
    reason: 'banned',
    title: { en: 'Banned by a rule', zh: '被规则封禁' },
    cause: {
      en: 'A ban of the deployment names this client identifier, user name or address.',
      zh: '部署的封禁规则包含该客户端 ID、用户名或地址。',
    },
    remedy: {
      en: 'Look at the list of bans for the reason and the end of this one, and lift it if the device should be let in.',
      zh: '请在封禁列表中查看原因和到期时间；如需放行该设备，请解除封禁。',
    },
  },
  'banned.flapping': {
    ...wire,
    reason: 'banned for connecting too often',
    title: { en: 'Banned for flapping', zh: '因频繁上下线被封禁' },
    cause: {
      en: "The client connected and disconnected so often in a short time that it was banned for a while. Mostly two devices share a client identifier, or a reconnect loop of one's own runs beside that of the library.",
      zh: '客户端在短时间内反复上下线，被暂时封禁。最常见的原因是两台设备使用了相同的客户端 ID，或者自己写的重连循环与库的自动重连同时运行。',
    },
    remedy: {
      en: 'Give each device a client identifier of its own, leave reconnecting to the library, then lift the ban or wait for its end.',
      zh: '请为每台设备设置唯一的客户端 ID，只使用库自带的重连，然后解除封禁或等待封禁到期。',
    },
  },
} as const satisfies FaultEntries;
