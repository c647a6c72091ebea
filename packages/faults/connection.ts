import type { FaultEntries, FaultEntry } from './entry.ts';

const common = {
  severity: 'warning',
  seenBy: ['device', 'owner', 'operator'],
  connack: null,
} as const satisfies Partial<FaultEntry>;

/** Numbers -12, -13 and -14: how an open connection ends against the will of the client. */
export const connectionFaults = {
  'session.taken-over': {
    ...common,
    disconnect: 0x8e,
    reason: 'another connection with this client identifier took over',
    title: { en: 'Taken over by the same client identifier', zh: '被相同的客户端 ID 接管' },
    cause: {
      en: "Another connection with the same client identifier logged in, and MQTT permits one only. If it goes on every few seconds, two devices share an identifier: a copied sketch, two browser tabs, or a reconnect loop of one's own beside that of the library.",
      zh: '另一个连接使用相同的客户端 ID 登录，而 MQTT 只允许一个。如果每隔几秒反复出现，说明两台设备使用了相同的 ID：复制了同一份代码、打开了两个浏览器标签页，或者自己写的重连循环与库的自动重连同时运行。',
    },
    remedy: {
      en: 'Give each device a client identifier of its own, for example with its MAC address or serial number in it; in a browser add a random part. Compare the two addresses in the log of the service. One take-over right after a lost link is normal.',
      zh: '请为每台设备设置唯一的客户端 ID，例如加入 MAC 地址或序列号；浏览器中请加入随机部分。可在服务日志中对比两个连接的地址。网络中断后立即重连引起的一次接管属于正常现象。',
    },
  },
  'connection.keep-alive': {
    ...common,
    disconnect: 0x8d,
    reason: 'keep-alive time-out: no packet for one and a half times the Keep Alive',
    title: { en: 'Keep-alive ran out', zh: '心跳超时' },
    cause: {
      en: 'No packet came from the client for one and a half times its Keep Alive: the link is gone, the device sleeps or blocks, or its loop is not called.',
      zh: '在 1.5 倍 Keep Alive 时间内没有收到客户端的任何报文：网络已断开、设备休眠或阻塞，或者没有调用客户端库的循环函数。',
    },
    remedy: {
      en: 'Call the loop of the library often enough: client.loop() in PubSubClient, loop_start() in paho for Python; no long delay() on Arduino. Use a Keep Alive of 30 to 60 s. Devices that sleep should disconnect first.',
      zh: '请及时调用客户端库的循环函数：PubSubClient 的 client.loop()，Python paho 的 loop_start()；Arduino 中避免长时间 delay()。Keep Alive 建议 30 至 60 秒。需要休眠的设备请先断开连接。',
    },
  },
  'connection.lost': {
    ...common,
    seenBy: ['owner', 'operator'],
    disconnect: null,
    reason: null,
    title: { en: 'The connection was lost', zh: '连接中断' },
    cause: {
      en: 'The connection ended without DISCONNECT: the network was lost, the device was reset, or a NAT or proxy cut a connection that was idle for longer than it allows. A loss right after a large PUBLISH to the client points to a buffer on the device that is too small.',
      zh: '连接在没有 DISCONNECT 的情况下结束：网络中断、设备重启，或者 NAT、代理切断了空闲过久的连接。如果在向客户端投递大消息之后立即断开，说明设备的缓冲区过小。',
    },
    remedy: {
      en: 'If it happens after the same idle time again and again, set Keep Alive to 30 to 60 s, below the idle time of the NAT or proxy. With PubSubClient raise the buffer with setBufferSize(). Else look at the radio signal and the power supply of the device.',
      zh: '如果总是在相同的空闲时间后断开，请将 Keep Alive 设为 30 至 60 秒，并短于 NAT 或代理的空闲时间。使用 PubSubClient 时请用 setBufferSize() 增大缓冲区。否则请检查设备的信号和供电。',
    },
  },
  'connection.kicked': {
    ...common,
    disconnect: 0x98,
    reason: 'disconnected by an administrator',
    title: { en: 'Kicked', zh: '被踢下线' },
    cause: {
      en: 'An owner or operator closed this connection.',
      zh: '部署所有者或运维人员断开了该连接。',
    },
    remedy: {
      en: 'Nothing has to be done; the client may reconnect. To keep it out, disable its credential ("berth credential disable").',
      zh: '无需处理，客户端可以重新连接。如需阻止其连接，请禁用其认证信息（berth credential disable）。',
    },
  },
} as const satisfies FaultEntries;
