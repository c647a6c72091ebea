import type { FaultEntries, FaultEntry } from './entry.ts';

const common = {
  severity: 'warning',
  seenBy: ['device', 'owner'],
  connack: null,
  disconnect: null,
} as const satisfies Partial<FaultEntry>;

/** Nothing on the wire tells the device. */
const silent = { ...common, seenBy: ['owner'], reason: null } as const satisfies Partial<FaultEntry>;

/** Number -10: what the access rules do not permit. The connection stays open. */
export const accessFaults = {
  'access.publish-denied': {
    ...common,
    reason: 'not permitted to publish to this topic',
    title: { en: 'Publish not permitted', zh: '无发布权限' },
    cause: {
      en: 'The access rules do not let this client publish to the topic. MQTT 3.x has no code for it, so the publish looks successful there and nobody receives the message; 5.0 gets PUBACK or PUBREC 0x87, and nothing at QoS 0.',
      zh: '访问规则不允许该客户端向此主题发布。MQTT 3.x 没有对应的返回码，因此发布看起来成功，但没有人收到消息；5.0 得到 PUBACK 或 PUBREC 0x87，QoS 0 没有任何应答。',
    },
    remedy: {
      en: 'Find the rule that the detail names and add one that allows publishing to the topic for this user name or client identifier. Compare the topic letter by letter: case and a leading / count.',
      zh: '请查看详情中的规则，并为该用户名或客户端 ID 添加允许发布到此主题的规则。请逐字核对主题：区分大小写，开头的 / 也算一级。',
    },
  },
  'access.subscribe-denied': {
    ...common,
    reason: 'not permitted to subscribe to this topic filter',
    title: { en: 'Subscribe not permitted', zh: '无订阅权限' },
    cause: {
      en: 'The access rules do not let this client subscribe to the topic filter: SUBACK 0x80 in 3.1.1 and 0x87 in 5.0; a 3.1 connection is closed because it has no code for it.',
      zh: '访问规则不允许该客户端订阅此主题过滤器：3.1.1 返回 SUBACK 0x80，5.0 返回 0x87；3.1 没有对应的返回码，连接会被关闭。',
    },
    remedy: {
      en: 'Find the rule that the detail names and allow the topic filter, or subscribe to a narrower one. Look at the granted codes in the client: the list in on_subscribe of paho for Python, granted in MQTT.js.',
      zh: '请查看详情中的规则并放行该主题过滤器，或改用范围更小的过滤器。请在客户端检查 SUBACK 返回码：Python paho 的 on_subscribe 参数，MQTT.js 的 granted。',
    },
  },
  'access.will-denied': {
    ...silent,
    title: { en: 'Will not permitted', zh: '遗嘱无权限' },
    cause: {
      en: 'The client went without DISCONNECT, but the access rules do not let it publish to the topic of its will; the will was not published.',
      zh: '客户端未发送 DISCONNECT 就断开，但访问规则不允许它向遗嘱主题发布，因此遗嘱没有发布。',
    },
    remedy: {
      en: 'Allow publishing to the topic of the will, or give the client another will: will_set() in paho for Python, the option will in MQTT.js.',
      zh: '请允许该客户端向遗嘱主题发布，或为其设置其他遗嘱：Python paho 的 will_set()，MQTT.js 的 will 选项。',
    },
  },
  'access.delivery-denied': {
    ...silent,
    title: { en: 'Delivery not permitted', zh: '无接收权限' },
    cause: {
      en: 'The subscription is wider than what the access rules let this client receive; a message that they deny was not delivered to it.',
      zh: '订阅范围大于访问规则允许接收的范围，规则拒绝的消息没有投递给该客户端。',
    },
    remedy: {
      en: 'If the client should get the message, allow it to subscribe to that topic; else subscribe to a narrower topic filter.',
      zh: '如果客户端应当收到该消息，请允许其订阅该主题；否则请使用范围更小的主题过滤器。',
    },
  },
  'access.subscription-revoked': {
    ...silent,
    title: { en: 'Subscription revoked', zh: '订阅被撤销' },
    cause: {
      en: 'The access rules were changed while the client was subscribed and no longer permit the topic filter; the subscription was removed. MQTT has no packet that tells the client.',
      zh: '客户端订阅期间访问规则发生变化，不再允许该主题过滤器，订阅已被移除。MQTT 没有可以通知客户端的报文。',
    },
    remedy: {
      en: 'If it was not meant so, allow the topic filter again and let the client subscribe anew, for example by reconnecting it.',
      zh: '如非本意，请重新允许该主题过滤器，并让客户端重新订阅，例如让其重新连接。',
    },
  },
} as const satisfies FaultEntries;
