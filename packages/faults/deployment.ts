import type { FaultEntries, FaultEntry } from './entry.ts';

const wire = {
  severity: 'warning',
  seenBy: ['device', 'owner', 'operator', 'doctor'],
  connack: { v3: 3, v5: 0x88 },
  disconnect: 0x98,
} as const satisfies Partial<FaultEntry>;

/** Number -6: the deployment exists but does not run. */
export const deploymentFaults = {
  'deployment.stopped': {
    ...wire,
    reason: 'the deployment is stopped',
    title: { en: 'The deployment is stopped', zh: '部署已停止' },
    cause: {
      en: 'The owner or the operator stopped the deployment. It keeps its sessions and its address and refuses every connection.',
      zh: '部署已被所有者或运维人员停止。会话和地址都会保留，但拒绝所有连接。',
    },
    remedy: {
      en: 'Start the deployment: "berth deployment start ID". Devices that retry come back by themselves.',
      zh: '请启动部署：执行 berth deployment start ID。会自动重连的设备将自行恢复。',
    },
  },
  'deployment.idle': {
    ...wire,
    reason: 'the deployment was stopped because it was idle',
    title: { en: 'The deployment was stopped because it was idle', zh: '部署因长期闲置而停止' },
    cause: {
      en: 'No client was connected for so long that the deployment was stopped.',
      zh: '部署长时间没有客户端连接，已被自动停止。',
    },
    remedy: {
      en: 'Start the deployment again: "berth deployment start ID". Nothing was lost.',
      zh: '请重新启动部署：执行 berth deployment start ID。数据没有丢失。',
    },
  },
  'deployment.usage': {
    ...wire,
    reason: 'the deployment is over its usage limit',
    title: { en: 'The deployment is over its usage limit', zh: '部署用量超限' },
    cause: {
      en: 'The deployment used more in this period than its usage limit allows and was stopped.',
      zh: '部署在本周期内的用量超过了上限，已被停止。',
    },
    remedy: {
      en: 'Raise the usage limit, or wait for the next period. Look at the usage page for what caused it.',
      zh: '请提高用量上限，或等待下一个周期；可在用量页面查看原因。',
    },
  },
  'deployment.deleted': {
    ...wire,
    reason: 'the deployment was deleted',
    title: { en: 'The deployment was deleted', zh: '部署已删除' },
    cause: {
      en: 'The deployment was deleted within the last 30 days. After that its address counts as unknown (error -5).',
      zh: '该部署在最近 30 天内被删除；超过 30 天后，其地址将视为未知（错误 -5）。',
    },
    remedy: {
      en: 'Point the devices to another deployment, or take the devices out of use.',
      zh: '请将设备指向其他部署，或停用这些设备。',
    },
  },
} as const satisfies FaultEntries;
