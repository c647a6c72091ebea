import type { FaultEntries, FaultEntry } from './entry.ts';

/** What only an examination from the side of the device can tell; no server reports these. */
const unseen = {
  severity: 'error',
  seenBy: ['doctor'],
  connack: null,
  disconnect: null,
  reason: null,
} as const satisfies Partial<FaultEntry>;

/** Faults of the numbers -2, -3, -9 and -13 that the doctor finds. */
export const doctorFaults = {
  'port.http-server': {
    ...unseen,
    title: { en: 'A web server answers on this port', zh: '该端口是 Web 服务器' },
    cause: {
      en: 'The port answers in HTTP and knows no MQTT: it is the port of a website or of the REST API, or a proxy stands in between.',
      zh: '该端口以 HTTP 应答，不支持 MQTT：可能是网站或 REST API 的端口，或者中间有代理。',
    },
    remedy: {
      en: 'Use the port of MQTT: mqtts://ADDRESS:8883, or wss://ADDRESS:8084/mqtt. Behind a proxy of your own, pass the WebSocket upgrade on to port 8084.',
      zh: '请使用 MQTT 端口：mqtts://ADDRESS:8883 或 wss://ADDRESS:8084/mqtt。如果使用自己的代理，请将 WebSocket 升级请求转发到 8084 端口。',
    },
  },
  'port.not-mqtt': {
    ...unseen,
    title: { en: 'Something else than MQTT answers on this port', zh: '该端口不是 MQTT 服务' },
    cause: {
      en: 'The port answers, but neither in MQTT nor in TLS nor in HTTP: another service listens there, or the address belongs to another machine.',
      zh: '该端口有应答，但既不是 MQTT，也不是 TLS 或 HTTP：可能是其他服务在监听，或者该地址属于另一台机器。',
    },
    remedy: {
      en: 'Check address and port. MQTT over TLS is on 8883, WebSocket on 8084.',
      zh: '请检查地址和端口。MQTT over TLS 使用 8883，WebSocket 使用 8084。',
    },
  },
  'port.silent': {
    ...unseen,
    title: { en: 'The port accepts connections and says nothing', zh: '端口可以连接但没有任何应答' },
    cause: {
      en: 'The TCP connection opens, but whatever is sent, nothing comes back: a firewall or a load balancer accepts for a server that does not run, or the server hangs.',
      zh: 'TCP 连接可以建立，但无论发送什么都没有应答：防火墙或负载均衡器代为接受了连接而后端没有运行，或者服务器已卡死。',
    },
    remedy: {
      en: 'Ask the operator whether the service runs, and look at what the load balancer or firewall forwards this port to. Try it from the machine of the server itself.',
      zh: '请向运维人员确认服务是否运行，并检查负载均衡器或防火墙将该端口转发到了哪里；也可以在服务器本机上测试。',
    },
  },
  'tls.server-version': {
    ...unseen,
    title: { en: 'The server speaks old TLS only', zh: '服务器只支持旧版 TLS' },
    cause: {
      en: 'The server takes nothing newer than TLS 1.0 or 1.1. Current TLS libraries refuse these versions.',
      zh: '服务器最高只支持 TLS 1.0 或 1.1，而当前的 TLS 库拒绝使用这些版本。',
    },
    remedy: {
      en: 'The operator of the server has to enable TLS 1.2 or 1.3. If a proxy or a security appliance ends TLS in between, update that one. Berth itself speaks TLS 1.2 and 1.3 only.',
      zh: '服务器的运维人员需要启用 TLS 1.2 或 1.3。如果由中间的代理或安全设备终止 TLS，请升级该设备。Berth 自身只使用 TLS 1.2 和 1.3。',
    },
  },
  'tls.host-name': {
    ...unseen,
    title: { en: 'The certificate is for another name', zh: '证书与主机名不匹配' },
    cause: {
      en: 'The certificate does not carry the name or the IP address that is connected to, so that clients refuse it.',
      zh: '证书中没有所连接的域名或 IP 地址，客户端因此拒绝该证书。',
    },
    remedy: {
      en: 'Connect by a name that stands in the certificate, which is the address of the deployment. An operator adds further names and addresses with --san.',
      zh: '请使用证书中包含的名称连接，即部署地址。运维人员可用 --san 添加其他名称和地址。',
    },
  },
  'tls.certificate-not-yet-valid': {
    ...unseen,
    title: { en: 'The certificate is not valid yet', zh: '证书尚未生效' },
    cause: {
      en: 'The certificate becomes valid in the future, and nothing says that the clock here is wrong: the clock of the machine that issued it was ahead, or it was installed too early.',
      zh: '证书在未来才生效，而且没有迹象表明本机时钟有误：签发证书的机器时钟超前，或者证书安装过早。',
    },
    remedy: {
      en: 'Compare the clock of this machine first. If it is right, the operator sets the clock of the server and has a new certificate issued: "berth ca renew".',
      zh: '请先核对本机时钟。如果时钟正确，运维人员需要校准服务器时钟并重新签发证书：执行 berth ca renew。',
    },
  },
  'tls.chain-incomplete': {
    ...unseen,
    title: { en: 'An intermediate certificate is missing', zh: '缺少中间证书' },
    cause: {
      en: 'The server sends its own certificate without the intermediate one that connects it to the root. Browsers often find it by themselves, devices never do.',
      zh: '服务器只发送了自己的证书，没有发送连接到根证书的中间证书。浏览器往往能自行补全，而设备不能。',
    },
    remedy: {
      en: 'The operator puts the whole chain into the certificate file, server certificate first, then the intermediate ones (fullchain.pem), and gives it to the service with --cert.',
      zh: '运维人员需要将完整的证书链写入证书文件，服务器证书在前，中间证书在后（fullchain.pem），并用 --cert 提供给服务。',
    },
  },
  'tls.chain-large': {
    ...unseen,
    severity: 'warning',
    title: { en: 'The certificates are heavy for small devices', zh: '证书对小型设备而言过大' },
    cause: {
      en: 'The chain is long or its keys are large. A device with little memory has to keep the chain in one buffer and needs seconds for a large RSA key.',
      zh: '证书链较长或密钥较大。内存较小的设备需要用一个缓冲区保存整条证书链，处理较大的 RSA 密钥也需要数秒。',
    },
    remedy: {
      en: 'Use an ECDSA P-256 certificate with at most one intermediate. Berth makes such a one by itself; with --cert bring one of that kind. Computers and phones need nothing.',
      zh: '请使用 ECDSA P-256 证书，且最多一个中间证书。Berth 自动签发的证书即是如此；使用 --cert 时请提供这类证书。电脑和手机无需处理。',
    },
  },
  'tls.clock': {
    ...unseen,
    title: { en: 'The clock of this device is wrong', zh: '本机时钟不正确' },
    cause: {
      en: 'The clock stands far from the time in which the certificate is valid, mostly at 1970 because it was never set. TLS compares the dates of the certificate with it.',
      zh: '本机时钟与证书有效期相差很远，通常是因为从未校准而停留在 1970 年。TLS 会用它检查证书的有效期。',
    },
    remedy: {
      en: 'Set the clock before connecting: NTP on computers ("timedatectl set-ntp true"), configTime() on ESP32 and ESP8266, ntptime.settime() in MicroPython, AT+CTZU=1 or AT+CNTP on modems.',
      zh: '连接前先校准时钟：电脑启用 NTP（timedatectl set-ntp true），ESP32 和 ESP8266 调用 configTime()，MicroPython 调用 ntptime.settime()，模组使用 AT+CTZU=1 或 AT+CNTP。',
    },
  },
  'protocol.no-connack': {
    ...unseen,
    title: { en: 'Closed without a CONNACK', zh: '没有 CONNACK 就断开' },
    cause: {
      en: 'The connection opens, but the server closes it on CONNECT without an answer in MQTT: it speaks something else, it refuses silently (some services do so when a policy does not permit the client identifier), it wants a client certificate, or a proxy has no server behind it.',
      zh: '连接可以建立，但服务器收到 CONNECT 后没有返回任何 MQTT 应答就断开：可能使用其他协议，可能静默拒绝（有些服务在策略不允许该客户端 ID 时会这样做），可能要求客户端证书，也可能是代理后面没有服务器。',
    },
    remedy: {
      en: 'Check the port, and look into the log of the server at this time. Berth itself always answers a CONNECT of MQTT 3.1.1 and 5.0.',
      zh: '请检查端口，并查看服务器在该时间的日志。Berth 自身总会应答 MQTT 3.1.1 和 5.0 的 CONNECT。',
    },
  },
  'connection.idle-cut': {
    ...unseen,
    severity: 'warning',
    title: { en: 'Idle connections are cut on the way', zh: '空闲连接被中途切断' },
    cause: {
      en: 'The connection was ended without a DISCONNECT while it was idle for less than its Keep Alive: a NAT, a proxy or a load balancer between device and server ends what is idle for longer than it allows.',
      zh: '连接空闲的时间还没有达到 Keep Alive，就在没有 DISCONNECT 的情况下断开了：设备与服务器之间的 NAT、代理或负载均衡器会切断空闲过久的连接。',
    },
    remedy: {
      en: 'Set Keep Alive below the idle time that was measured, 30 to 60 s in most networks, or raise the idle time of the proxy: proxy_timeout and proxy_read_timeout in nginx, timeout client and timeout server in HAProxy.',
      zh: '请将 Keep Alive 设为小于测得的空闲时间，多数网络中为 30 至 60 秒；或者提高代理的空闲超时：nginx 的 proxy_timeout 和 proxy_read_timeout，HAProxy 的 timeout client 和 timeout server。',
    },
  },
} as const satisfies FaultEntries;
