import type { FaultEntries, FaultEntry } from './entry.ts';

const common = {
  severity: 'warning',
  seenBy: ['device', 'owner'],
  connack: null,
  disconnect: null,
} as const satisfies Partial<FaultEntry>;

/** Nothing on the wire tells the device. */
const silent = { ...common, seenBy: ['owner'], reason: null } as const satisfies Partial<FaultEntry>;

/** Number -11: limits of a message or a subscription. */
export const limitMessageFaults = {
  'limit.packet-size': {
    ...common,
    connack: { v3: null, v5: 0x95 },
    disconnect: 0x95,
    reason: 'packet larger than the Maximum Packet Size of the CONNACK',
    title: { en: 'Packet too large', zh: '报文过大' },
    cause: {
      en: 'The client sent a packet larger than the limit "packetSizeBytes" (1 MiB by default), or with more than 1,000 User Properties or 10,000 Topic Filters. The connection was closed before the packet was read.',
      zh: '客户端发送的报文超过了 packetSizeBytes 限制（默认 1 MiB），或带有超过 1,000 个 User Property 或 10,000 个主题过滤器，连接在读完报文之前被关闭。',
    },
    remedy: {
      en: 'Split the payload, or raise it with "berth deployment set ID --limit packetSizeBytes=N". A 5.0 client learns the limit as Maximum Packet Size in CONNACK.',
      zh: '请拆分消息内容，或执行 berth deployment set ID --limit packetSizeBytes=N 提高上限。5.0 客户端可从 CONNACK 的 Maximum Packet Size 得知该限制。',
    },
  },
  'limit.client-packet-size': {
    ...silent,
    title: { en: 'Packet larger than the client takes', zh: '报文超过客户端的接收上限' },
    cause: {
      en: 'The message was larger than the Maximum Packet Size that the client gave in CONNECT; the standard has the server drop it for this client.',
      zh: '消息超过了客户端在 CONNECT 中给出的 Maximum Packet Size，按照标准，服务器不向该客户端投递。',
    },
    remedy: {
      en: 'Raise Maximum Packet Size in the client, or send smaller messages.',
      zh: '请在客户端提高 Maximum Packet Size，或减小消息。',
    },
  },
  'limit.topic': {
    ...common,
    reason: 'topic too long or with too many levels',
    title: { en: 'Topic too long or too deep', zh: '主题过长或层级过多' },
    cause: {
      en: 'A topic or topic filter has more levels than the limit "topicLevels" (16 by default) or more bytes than "topicBytes" (1,024). A subscription gets SUBACK 0x80 or 0x8F; a publish is acknowledged and not delivered in 3.x and gets 0x90 in 5.0.',
      zh: '主题或主题过滤器的层级超过 topicLevels 限制（默认 16），或字节数超过 topicBytes 限制（默认 1,024）。订阅得到 SUBACK 0x80 或 0x8F；发布在 3.x 中被确认但不投递，在 5.0 中得到 0x90。',
    },
    remedy: {
      en: 'Use fewer and shorter levels and put further values into the payload, or raise the limit.',
      zh: '请减少层级、缩短主题并将其他信息放入消息内容，或提高上限。',
    },
  },
  'limit.subscriptions': {
    ...common,
    reason: 'limit of subscriptions per client reached',
    title: { en: 'Limit of subscriptions reached', zh: '订阅数达到上限' },
    cause: {
      en: 'The client has as many subscriptions as the limit "subscriptionsPerClient" (100 by default) allows: SUBACK 0x80 in 3.1.1, 0x97 in 5.0.',
      zh: '客户端的订阅数达到了 subscriptionsPerClient 限制（默认 100）：3.1.1 返回 SUBACK 0x80，5.0 返回 0x97。',
    },
    remedy: {
      en: 'Use a wildcard instead of many topics, unsubscribe from what is no longer needed, or raise the limit. A persistent session keeps its old subscriptions.',
      zh: '请用通配符代替大量主题，取消不再需要的订阅，或提高上限。持久会话会保留以前的订阅。',
    },
  },
  'limit.queue': {
    ...silent,
    severity: 'error',
    title: { en: 'Queue full, messages dropped', zh: '队列已满，消息被丢弃' },
    cause: {
      en: 'More QoS 1 and QoS 2 messages waited for a session, or were in flight to it, than the limits "queuedMessages" and "queuedBytes" allow, because the client is offline or too slow. Those that had waited longest were dropped; the count says how many. QoS 0 never waits.',
      zh: '由于客户端离线或处理过慢，等待投递和飞行中的 QoS 1、QoS 2 消息超过了 queuedMessages 或 queuedBytes 限制。等待最久的消息被丢弃，数量见计数。QoS 0 消息从不排队。',
    },
    remedy: {
      en: 'Bring the client back sooner, let it read faster, set a Message Expiry Interval for what ages quickly, share the load with a shared subscription ($share/GROUP/FILTER), or raise the limits.',
      zh: '请让客户端更快恢复在线、加快处理，为时效短的消息设置消息过期间隔，使用共享订阅（$share/GROUP/FILTER）分担负载，或提高上限。',
    },
  },
  'limit.retained': {
    ...common,
    reason: 'delivered, but not retained: limit of retained messages reached',
    title: { en: 'Limit of retained messages reached', zh: '保留消息达到上限' },
    cause: {
      en: 'The deployment holds as many retained messages as the limits "retainedMessages" and "retainedBytes" allow. The message was delivered and acknowledged but not retained.',
      zh: '部署的保留消息达到了 retainedMessages 或 retainedBytes 限制。消息已正常投递和确认，但没有保留。',
    },
    remedy: {
      en: 'Remove retained messages that are no longer needed (publish an empty payload with retain to their topic), let them expire with a Message Expiry Interval, or raise the limits.',
      zh: '请删除不再需要的保留消息（向其主题发布内容为空的保留消息），用消息过期间隔让其自动过期，或提高上限。',
    },
  },
  'limit.receive-maximum': {
    ...common,
    disconnect: 0x93,
    reason: 'more messages in flight than the Receive Maximum of the CONNACK',
    title: { en: 'Receive Maximum exceeded', zh: '超过 Receive Maximum' },
    cause: {
      en: 'The 5.0 client had more QoS 1 and QoS 2 messages in flight than the Receive Maximum of the CONNACK (limit "inFlightIn", 64 by default).',
      zh: '5.0 客户端同时未完成的 QoS 1 和 QoS 2 消息超过了 CONNACK 中的 Receive Maximum（inFlightIn 限制，默认 64）。',
    },
    remedy: {
      en: 'The library has to wait for PUBACK or PUBCOMP: update it, or set its limit of messages in flight (max_inflight_messages_set() in paho for Python).',
      zh: '客户端库应当等待 PUBACK 或 PUBCOMP：请升级该库，或设置其飞行窗口（Python paho 的 max_inflight_messages_set()）。',
    },
  },
  'limit.outbound-buffer': {
    ...silent,
    title: { en: 'The client reads too slowly', zh: '客户端接收过慢' },
    cause: {
      en: 'As many bytes waited for the socket of this client as the limit "outboundBufferBytes" (1 MiB by default) allows. QoS 0 messages were dropped, QoS 1 and QoS 2 wait in the session.',
      zh: '等待发送给该客户端的数据达到了 outboundBufferBytes 限制（默认 1 MiB）。QoS 0 消息被丢弃，QoS 1 和 QoS 2 消息在会话中等待。',
    },
    remedy: {
      en: 'Do not block in the message callback, subscribe to less, use QoS 1 for what must arrive, or share the load with a shared subscription.',
      zh: '不要在消息回调中阻塞，缩小订阅范围，必须送达的消息使用 QoS 1，或用共享订阅分担负载。',
    },
  },
  'limit.message-rate': {
    ...silent,
    severity: 'info',
    title: { en: 'Message rate reached, reading is slowed down', zh: '消息速率达到上限，已放慢读取' },
    cause: {
      en: 'The client or the deployment reached a rate limit ("publishesPerSecondPerClient", "bytesPerSecondPerClient" or "messagesPerSecond"). The server reads the socket of the publisher later; nothing is dropped.',
      zh: '客户端或部署达到了速率限制（publishesPerSecondPerClient、bytesPerSecondPerClient 或 messagesPerSecond）。服务器推迟读取发布者的数据，不会丢弃消息。',
    },
    remedy: {
      en: 'Put several values into one message, publish less often, or raise the limit.',
      zh: '请将多个数值合并为一条消息，降低发布频率，或提高上限。',
    },
  },
  'limit.expired': {
    ...silent,
    severity: 'info',
    title: { en: 'Message expired', zh: '消息已过期' },
    cause: {
      en: 'The Message Expiry Interval of the message ended while it waited for this session, so it was not delivered.',
      zh: '消息在等待投递期间超过了消息过期间隔，因此没有投递给该会话。',
    },
    remedy: {
      en: 'Nothing has to be done if the message is worthless by then; else publish it with a longer Message Expiry Interval or none.',
      zh: '如果消息过时即无意义，则无需处理；否则请加长消息过期间隔，或不设置。',
    },
  },
} as const satisfies FaultEntries;
