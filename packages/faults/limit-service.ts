import type { FaultEntries, FaultEntry } from './entry.ts';

/** Nothing on an MQTT connection tells of it: the REST API answers, or a connection is closed without a word. */
const silent = {
  severity: 'warning',
  seenBy: ['owner', 'operator'],
  connack: null,
  disconnect: null,
  reason: null,
} as const satisfies Partial<FaultEntry>;

/** Limits that are met outside of MQTT sessions: in the REST API, and before CONNECT is complete. */
export const limitServiceFaults = {
  'limit.credentials': {
    ...silent,
    title: { en: 'Limit of credentials reached', zh: '认证信息数量达到上限' },
    cause: {
      en: 'The deployment has as many credentials as its limit "credentials" allows. The REST API answered 409.',
      zh: '部署的认证信息数量达到了 credentials 限制，REST API 返回 409。',
    },
    remedy: {
      en: 'Delete credentials that nobody uses, or raise the limit with "berth deployment set ID --limit credentials=N".',
      zh: '请删除不再使用的认证信息，或执行 berth deployment set ID --limit credentials=N 提高上限。',
    },
  },
  'limit.access-rules': {
    ...silent,
    title: { en: 'Limit of access rules reached', zh: '访问规则数量达到上限' },
    cause: {
      en: 'The deployment, or one user name or client id in it, has as many access rules as the limits "accessRules" and "accessRulesPerSubject" allow. The REST API answered 409.',
      zh: '部署或其中某个用户名、客户端 ID 的访问规则数量达到了 accessRules 或 accessRulesPerSubject 限制，REST API 返回 409。',
    },
    remedy: {
      en: 'Say several rules as one with the placeholders ${clientid} and ${username}, delete rules that are not needed, or raise the limit.',
      zh: '请使用占位符 ${clientid} 和 ${username} 将多条规则合并为一条，删除不再需要的规则，或提高上限。',
    },
  },
  'limit.rest-rate': {
    ...silent,
    title: { en: 'Too many REST requests per second', zh: 'REST 请求速率超限' },
    cause: {
      en: 'One key sent more requests per second than the limit "restRequestsPerSecond" allows. The REST API answered 429 with Retry-After.',
      zh: '同一密钥每秒的请求数超过了 restRequestsPerSecond 限制，REST API 返回 429 并带 Retry-After。',
    },
    remedy: {
      en: 'Wait as long as Retry-After says. Use the CSV import for many credentials or rules at once, or raise the limit.',
      zh: '请按 Retry-After 等待后重试。批量添加认证信息或规则请使用 CSV 导入，或提高上限。',
    },
  },
  'limit.deployments': {
    ...silent,
    seenBy: ['operator'],
    title: { en: 'Limit of deployments reached', zh: '部署数量达到上限' },
    cause: {
      en: 'The installation has as many deployments as its limit "deployments" allows. The REST API answered 409.',
      zh: '本服务的部署数量达到了 deployments 限制，REST API 返回 409。',
    },
    remedy: {
      en: 'Delete deployments that nobody uses, or raise the limit with "berth limits set deployments=N".',
      zh: '请删除不再使用的部署，或执行 berth limits set deployments=N 提高上限。',
    },
  },
  'limit.unauthenticated-bytes': {
    ...silent,
    severity: 'error',
    seenBy: ['operator'],
    title: { en: 'Too many bytes before log-in', zh: '登录前占用的内存过多' },
    cause: {
      en: 'Connections that had not logged in held as many bytes of unfinished CONNECT packets as the limit "unauthenticatedBytes" of the installation allows, and this one held more than 4 KiB of them. Somebody opens connections and sends large CONNECT packets by halves.',
      zh: '尚未登录的连接所占用的未收完的 CONNECT 数据达到了本服务的 unauthenticatedBytes 限制，而该连接占用超过 4 KiB。可能有人打开大量连接并只发送一半的大 CONNECT 报文。',
    },
    remedy: {
      en: 'Operator: look at the addresses in the log and block them in the firewall. If devices of yours have large wills or passwords on slow links, raise the limit with "berth limits set unauthenticatedBytes=N".',
      zh: '运维人员请查看日志中的地址并在防火墙中封禁。如果自己的设备在慢速链路上发送大的遗嘱或密码，请执行 berth limits set unauthenticatedBytes=N 提高上限。',
    },
  },
} as const satisfies FaultEntries;
