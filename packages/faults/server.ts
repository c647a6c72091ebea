import type { FaultEntries, FaultEntry } from './entry.ts';

const common = {
  severity: 'error',
  seenBy: ['device', 'owner', 'operator'],
} as const satisfies Partial<FaultEntry>;

/** Number -15: the server itself. The device is right and should try again. */
export const serverFaults = {
  'server.draining': {
    ...common,
    severity: 'info',
    connack: { v3: 3, v5: 0x88 },
    disconnect: 0x8b,
    reason: 'the server is shutting down, reconnect later',
    title: { en: 'The server is shutting down', zh: '服务器正在停机' },
    cause: {
      en: 'The server is being stopped or restarted, for example for an update.',
      zh: '服务器正在停止或重启，例如进行升级。',
    },
    remedy: {
      en: 'Let the device reconnect by itself; persistent sessions and their messages are still there then.',
      zh: '让设备自动重连即可，持久会话及其消息不会丢失。',
    },
  },
  'server.busy': {
    ...common,
    connack: { v3: 3, v5: 0x89 },
    disconnect: 0x89,
    reason: 'the server is busy, try again later',
    title: { en: 'The server is overloaded', zh: '服务器过载' },
    cause: {
      en: 'The server has reached its high water mark of memory or its number of connections and takes no new sessions.',
      zh: '服务器的内存达到警戒线，或连接数达到上限，暂不接受新会话。',
    },
    remedy: {
      en: 'Devices: try again later, with growing pauses. Operator: look at memory and connections in /metrics, give the machine more memory, raise the limit of open files (ulimit -n), or move deployments to another installation.',
      zh: '设备端请稍后重试，并逐步加大间隔。运维人员请在 /metrics 中查看内存和连接数，增加内存、提高文件描述符上限（ulimit -n），或将部分部署迁移到其他服务。',
    },
  },
  'server.storage': {
    ...common,
    connack: { v3: 3, v5: 0x88 },
    disconnect: 0x89,
    reason: 'the server cannot store messages now, try again later',
    title: { en: 'The server cannot store', zh: '服务器存储不可用' },
    cause: {
      en: 'The journal cannot be written: the disk is full or failing, or the storage is away. Nothing is acknowledged that is not stored.',
      zh: '日志无法写入：磁盘已满或故障，或存储不可用。未落盘的数据不会被确认。',
    },
    remedy: {
      en: 'Operator: free or replace the disk of the data directory; the server log has the error. Devices keep their unacknowledged messages and send them again.',
      zh: '运维人员请清理或更换数据目录所在磁盘，具体错误见服务器日志。设备会保留未确认的消息并重新发送。',
    },
  },
  'server.error': {
    ...common,
    connack: { v3: 3, v5: 0x80 },
    disconnect: 0x80,
    reason: 'internal error of the server',
    title: { en: 'Internal error', zh: '服务器内部错误' },
    cause: {
      en: 'The server met a state that it should never meet and gave this connection up to protect the others.',
      zh: '服务器遇到了不应出现的状态，为保护其他连接而放弃了该连接。',
    },
    remedy: {
      en: 'Reconnect. Operator: report it with the lines of the server log around this time.',
      zh: '请重新连接。运维人员请附上该时间前后的服务器日志并反馈问题。',
    },
  },
} as const satisfies FaultEntries;
