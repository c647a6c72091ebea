import type { FaultEntries, FaultEntry } from './entry.ts';

/** The peer speaks something else than the port; it could not read an answer. */
const silent = {
  severity: 'warning',
  seenBy: ['operator', 'doctor'],
  connack: null,
  disconnect: null,
  reason: null,
} as const satisfies Partial<FaultEntry>;

/** Number -2: the wrong port, or the wrong protocol on it. */
export const portFaults = {
  'port.refused': {
    ...silent,
    severity: 'error',
    seenBy: ['doctor'],
    title: { en: 'The port is closed', zh: '端口未开放' },
    cause: {
      en: 'Nothing listens on this port. A serverless deployment is reached with TLS only: 8883 (MQTT) and 8084 (WebSocket). Ports 1883 and 8083 exist for dedicated deployments only.',
      zh: '该端口没有服务监听。Serverless 部署只支持 TLS 端口：8883（MQTT）和 8084（WebSocket）；1883 和 8083 仅用于专有版部署。',
    },
    remedy: {
      en: 'Use mqtts://ADDRESS:8883 or wss://ADDRESS:8084/mqtt. If TLS is impossible on the device, ask for a dedicated deployment. If these ports are refused too, the service does not run.',
      zh: '请改用 mqtts://ADDRESS:8883 或 wss://ADDRESS:8084/mqtt。设备确实无法使用 TLS 时，请使用专有版部署。如果这两个端口也被拒绝，说明服务没有运行。',
    },
  },
  'port.plain-mqtt-on-tls': {
    ...silent,
    title: { en: 'Plain MQTT on the TLS port', zh: '在 TLS 端口上使用了明文 MQTT' },
    cause: {
      en: 'The first byte was the CONNECT of MQTT (0x10), not a TLS ClientHello. The client does not use TLS. PubSubClient then shows rc=-4, other libraries reconnect for ever.',
      zh: '收到的第一个字节是 MQTT CONNECT（0x10），而不是 TLS ClientHello，说明客户端没有启用 TLS。此时 PubSubClient 显示 rc=-4，其他库会不断重连。',
    },
    remedy: {
      en: 'Switch TLS on: a mqtts:// address in MQTT.js and MQTTX, tls_set() in paho for Python, ssl:// in paho for Java, WiFiClientSecure instead of WiFiClient on ESP32 and ESP8266, --cafile for mosquitto_pub and mosquitto_sub.',
      zh: '请启用 TLS：MQTT.js 和 MQTTX 使用 mqtts:// 地址，Python paho 调用 tls_set()，Java paho 使用 ssl://，ESP32 和 ESP8266 用 WiFiClientSecure 代替 WiFiClient，mosquitto_pub 和 mosquitto_sub 加上 --cafile。',
    },
  },
  'port.http-on-tls': {
    ...silent,
    title: { en: 'Plain HTTP on a TLS port', zh: '在 TLS 端口上使用了明文 HTTP' },
    cause: {
      en: 'An HTTP request arrived where a TLS ClientHello was expected: a ws:// address instead of wss://, a browser with http://, or a health check or scanner.',
      zh: '本应收到 TLS ClientHello，却收到了 HTTP 请求：可能是用 ws:// 代替了 wss://、浏览器使用了 http://，或者来自健康检查或扫描程序。',
    },
    remedy: {
      en: 'Use wss://ADDRESS:8084/mqtt. Let health checks ask /healthz on the HTTP port, or only open the TCP port.',
      zh: '请使用 wss://ADDRESS:8084/mqtt。健康检查请访问 HTTP 端口的 /healthz，或只做 TCP 端口检测。',
    },
  },
  'port.not-tls': {
    ...silent,
    title: { en: 'Something else than TLS on a TLS port', zh: 'TLS 端口上收到了非 TLS 数据' },
    cause: {
      en: 'The first bytes were neither a TLS ClientHello nor MQTT nor HTTP: a port scanner, a PROXY protocol header of a load balancer, or another protocol.',
      zh: '最初的字节既不是 TLS ClientHello，也不是 MQTT 或 HTTP：可能是端口扫描、负载均衡器的 PROXY protocol 头，或其他协议。',
    },
    remedy: {
      en: 'Switch the PROXY protocol off at the load balancer. Otherwise check which program opens this connection; a scanner needs no action.',
      zh: '请在负载均衡器上关闭 PROXY protocol；否则请检查是哪个程序建立了该连接。端口扫描无需处理。',
    },
  },
  'port.http-on-mqtt': {
    ...silent,
    seenBy: ['device', 'owner', 'operator', 'doctor'],
    reason: 'this port speaks MQTT; for WebSocket use port 8084 and path /mqtt',
    title: { en: 'HTTP or WebSocket on the MQTT port', zh: '在 MQTT 端口上使用了 HTTP 或 WebSocket' },
    cause: {
      en: 'An HTTP request, mostly a WebSocket upgrade, arrived on the port for MQTT over TCP. Browsers then show "closed before receiving a handshake response" or ERR_INVALID_HTTP_RESPONSE.',
      zh: '在 MQTT over TCP 端口上收到了 HTTP 请求（通常是 WebSocket 升级请求）。浏览器会显示 "closed before receiving a handshake response" 或 ERR_INVALID_HTTP_RESPONSE。',
    },
    remedy: {
      en: 'Use wss://ADDRESS:8084/mqtt for WebSocket, or mqtts://ADDRESS:8883 for MQTT over TLS. In a browser only WebSocket is possible.',
      zh: 'WebSocket 请使用 wss://ADDRESS:8084/mqtt，MQTT over TLS 请使用 mqtts://ADDRESS:8883。浏览器中只能使用 WebSocket。',
    },
  },
  'port.tls-on-plain': {
    ...silent,
    seenBy: ['owner', 'operator', 'doctor'],
    title: { en: 'TLS on a plain port', zh: '在明文端口上使用了 TLS' },
    cause: {
      en: 'A TLS ClientHello (0x16) arrived on a plain port of a dedicated deployment. Clients report WRONG_VERSION_NUMBER or a handshake time-out.',
      zh: '专有版部署的明文端口上收到了 TLS ClientHello（0x16）。客户端会报 WRONG_VERSION_NUMBER 或握手超时。',
    },
    remedy: {
      en: 'Use port 8883 (MQTT) or 8084 (WebSocket) with TLS, or switch TLS off in the client for the plain port: mqtt:// or ws://.',
      zh: '使用 TLS 请连接 8883（MQTT）或 8084（WebSocket）；连接明文端口时请在客户端关闭 TLS，即使用 mqtt:// 或 ws://。',
    },
  },
  'port.mqtt-on-websocket': {
    ...silent,
    seenBy: ['owner', 'operator', 'doctor'],
    title: { en: 'MQTT without WebSocket on the WebSocket port', zh: '在 WebSocket 端口上直接使用了 MQTT' },
    cause: {
      en: 'A CONNECT arrived on the WebSocket port without the WebSocket upgrade before it.',
      zh: 'WebSocket 端口上直接收到了 CONNECT，此前没有进行 WebSocket 升级。',
    },
    remedy: {
      en: 'Use mqtts://ADDRESS:8883, or switch WebSocket on in the client: wss://ADDRESS:8084/mqtt, in paho for Python transport="websockets".',
      zh: '请改用 mqtts://ADDRESS:8883，或在客户端启用 WebSocket：wss://ADDRESS:8084/mqtt，Python paho 设置 transport="websockets"。',
    },
  },
} as const satisfies FaultEntries;
