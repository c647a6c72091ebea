import type { FaultEntries, FaultEntry } from './entry.ts';

/** Refused in HTTP, or ended with a WebSocket close frame: the reason is the text of it. */
const answered = {
  severity: 'warning',
  seenBy: ['device', 'owner', 'operator', 'doctor'],
  connack: null,
  disconnect: null,
} as const satisfies Partial<FaultEntry>;

/** Number -2 too: WebSocket, between TLS and MQTT. */
export const websocketFaults = {
  'websocket.path': {
    ...answered,
    reason: 'no such path, the path of MQTT over WebSocket is /mqtt',
    title: { en: 'Wrong WebSocket path', zh: 'WebSocket 路径错误' },
    cause: {
      en: 'The WebSocket upgrade asked for another path than /mqtt and got HTTP 404.',
      zh: 'WebSocket 升级请求的路径不是 /mqtt，返回了 HTTP 404。',
    },
    remedy: {
      en: 'Add the path: wss://ADDRESS:8084/mqtt. MQTTX has a Path field, paho for Python ws_set_options(path="/mqtt"), paho for JavaScript an argument for the path.',
      zh: '请补上路径：wss://ADDRESS:8084/mqtt。MQTTX 填写 Path 字段，Python paho 调用 ws_set_options(path="/mqtt")，JavaScript paho 在构造函数中传入路径。',
    },
  },
  'websocket.subprotocol': {
    ...answered,
    reason: 'the WebSocket subprotocol must be mqtt or mqttv3.1',
    title: { en: 'WebSocket subprotocol not supported', zh: 'WebSocket 子协议不受支持' },
    cause: {
      en: 'The header Sec-WebSocket-Protocol named neither mqtt nor mqttv3.1, or was missing; the answer was HTTP 400.',
      zh: '请求头 Sec-WebSocket-Protocol 缺失，或其中没有 mqtt 或 mqttv3.1，返回了 HTTP 400。',
    },
    remedy: {
      en: 'Ask for the subprotocol "mqtt": new WebSocket(url, "mqtt") in JavaScript, Subprotocols: []string{"mqtt"} in Go. An MQTT library does it by itself; a proxy in between must pass the header on.',
      zh: '请求子协议 "mqtt"：JavaScript 使用 new WebSocket(url, "mqtt")，Go 设置 Subprotocols: []string{"mqtt"}。MQTT 客户端库会自动设置；中间的代理必须透传该请求头。',
    },
  },
  'websocket.not-upgrade': {
    ...answered,
    reason: 'this is an MQTT over WebSocket address, connect with an MQTT client',
    title: { en: 'Not a WebSocket upgrade', zh: '不是 WebSocket 升级请求' },
    cause: {
      en: 'An ordinary HTTP request came to the WebSocket port and got HTTP 426: the address was opened in a browser, or a proxy removed the headers Upgrade and Connection.',
      zh: 'WebSocket 端口收到了普通 HTTP 请求，返回了 HTTP 426：可能是在浏览器地址栏中打开了该地址，或者代理去掉了 Upgrade 和 Connection 请求头。',
    },
    remedy: {
      en: 'Connect with an MQTT client. A proxy has to pass the upgrade on; in nginx: proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade, proxy_set_header Connection "upgrade".',
      zh: '请使用 MQTT 客户端连接。中间的代理必须转发升级请求，例如 nginx 需要配置 proxy_http_version 1.1、proxy_set_header Upgrade $http_upgrade 和 proxy_set_header Connection "upgrade"。',
    },
  },
  'websocket.bad-request': {
    ...answered,
    reason: 'bad WebSocket upgrade request',
    title: { en: 'Bad WebSocket upgrade', zh: 'WebSocket 升级请求有误' },
    cause: {
      en: 'The request could not be read as a WebSocket upgrade: not HTTP/1.1, header too large, Sec-WebSocket-Key missing or wrong, or another version than 13.',
      zh: '无法将请求识别为 WebSocket 升级：不是 HTTP/1.1、请求头过大、缺少或错误的 Sec-WebSocket-Key，或者版本不是 13。',
    },
    remedy: {
      en: 'Use a WebSocket library that follows RFC 6455 and send no cookies or headers that the server does not need.',
      zh: '请使用符合 RFC 6455 的 WebSocket 库，并且不要发送服务器不需要的 Cookie 和请求头。',
    },
  },
  'websocket.protocol-error': {
    ...answered,
    reason: 'WebSocket protocol error',
    title: { en: 'WebSocket protocol error', zh: 'WebSocket 协议错误' },
    cause: {
      en: 'A WebSocket frame broke RFC 6455: not masked, reserved bits or an unknown opcode, a control frame over 125 bytes, fragments out of order, or a frame that is too large.',
      zh: 'WebSocket 帧违反了 RFC 6455：未掩码、使用了保留位或未知操作码、控制帧超过 125 字节、分片顺序错误，或者帧过大。',
    },
    remedy: {
      en: 'Update the WebSocket library of the client. If the detail says a frame is too large, send smaller packets.',
      zh: '请升级客户端的 WebSocket 库。如果详情显示帧过大，请减小报文。',
    },
  },
  'websocket.text-frame': {
    ...answered,
    reason: 'MQTT needs binary WebSocket frames',
    title: { en: 'Text frame instead of binary', zh: '使用了文本帧而不是二进制帧' },
    cause: {
      en: 'The client sent a WebSocket text frame; MQTT Control Packets must be sent in binary frames.',
      zh: '客户端发送了 WebSocket 文本帧，而 MQTT 控制报文必须使用二进制帧。',
    },
    remedy: {
      en: 'Send binary frames: an ArrayBuffer or Uint8Array in JavaScript, websocket.BinaryMessage in Go, opcode 0x2. An MQTT library does it by itself.',
      zh: '请发送二进制帧：JavaScript 使用 ArrayBuffer 或 Uint8Array，Go 使用 websocket.BinaryMessage，即操作码 0x2。MQTT 客户端库会自动处理。',
    },
  },
} as const satisfies FaultEntries;
