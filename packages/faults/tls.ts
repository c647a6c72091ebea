import type { FaultEntries, FaultEntry } from './entry.ts';

/** The handshake ends with a TLS alert; MQTT was never spoken. */
const alert = {
  severity: 'warning',
  seenBy: ['owner', 'operator', 'doctor'],
  connack: null,
  disconnect: null,
  reason: null,
} as const satisfies Partial<FaultEntry>;

/** Number -3: the TLS handshake. */
export const tlsFaults = {
  'tls.version': {
    ...alert,
    title: { en: 'TLS version too old', zh: 'TLS 版本过低' },
    cause: {
      en: 'The client offers nothing newer than TLS 1.1; the server takes TLS 1.2 and 1.3.',
      zh: '客户端最高只支持 TLS 1.1，而服务器只接受 TLS 1.2 和 1.3。',
    },
    remedy: {
      en: 'Switch TLS 1.2 on or update the library or firmware: AT+CSSLCFG="sslversion",0,3 on SIM7600, AT+QSSLCFG="sslversion",1,3 on Quectel modems, tls_set(tls_version=ssl.PROTOCOL_TLS_CLIENT) in paho for Python.',
      zh: '请启用 TLS 1.2，或升级客户端库或固件：SIM7600 使用 AT+CSSLCFG="sslversion",0,3，移远模组使用 AT+QSSLCFG="sslversion",1,3，Python paho 使用 tls_set(tls_version=ssl.PROTOCOL_TLS_CLIENT)。',
    },
  },
  'tls.cipher': {
    ...alert,
    title: { en: 'No cipher in common', zh: '没有共同支持的加密套件' },
    cause: {
      en: 'Client and server share no cipher suite, curve or signature algorithm. The certificate has an ECDSA P-256 key: a client that is built with RSA only cannot use it.',
      zh: '客户端与服务器没有共同支持的加密套件、曲线或签名算法。服务器证书使用 ECDSA P-256 密钥，只编译了 RSA 的客户端无法使用。',
    },
    remedy: {
      en: 'Build mbedTLS or wolfSSL with ECDHE-ECDSA and P-256 (MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED, MBEDTLS_ECP_DP_SECP256R1_ENABLED), let a modem offer all ciphers, or have the operator bring an RSA certificate.',
      zh: '编译 mbedTLS 或 wolfSSL 时启用 ECDHE-ECDSA 和 P-256（MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED、MBEDTLS_ECP_DP_SECP256R1_ENABLED）；模组请设置为提供全部加密套件；或者由运维人员改用 RSA 证书。',
    },
  },
  'tls.unknown-ca': {
    ...alert,
    severity: 'error',
    title: { en: 'The client does not know the CA', zh: '客户端不信任 CA' },
    cause: {
      en: 'The client ended the handshake with alert 48 (unknown_ca): the CA file of this installation is not loaded, or it is the wrong one. Clients show CERTIFICATE_VERIFY_FAILED, UNABLE_TO_VERIFY_LEAF_SIGNATURE, "PKIX path building failed" or "Trust anchor not found". When all devices do at once, the root was changed or a fingerprint was pinned.',
      zh: '客户端以告警 48（unknown_ca）结束了握手：没有加载本服务的 CA 文件，或加载了错误的文件。客户端通常显示 CERTIFICATE_VERIFY_FAILED、UNABLE_TO_VERIFY_LEAF_SIGNATURE、"PKIX path building failed" 或 "Trust anchor not found"。如果所有设备同时出错，说明根证书已更换，或设备固定了证书指纹。',
    },
    remedy: {
      en: 'Download the CA file (GET /ca.crt, or "berth ca") and load it: tls_set(ca_certs="ca.crt") in paho for Python, the option ca in MQTT.js, a KeyStore with the certificate in Java, RootCAs in Go, setCACert() on ESP32, setTrustAnchors() on ESP8266. Pin the root, never the server certificate.',
      zh: '下载 CA 文件（GET /ca.crt 或 berth ca）并加载：Python paho 使用 tls_set(ca_certs="ca.crt")，MQTT.js 使用 ca 选项，Java 将证书导入 KeyStore，Go 设置 RootCAs，ESP32 调用 setCACert()，ESP8266 调用 setTrustAnchors()。只应固定根证书，不要固定服务器证书。',
    },
  },
  'tls.certificate-rejected': {
    ...alert,
    severity: 'error',
    title: { en: 'The client rejected the certificate', zh: '客户端拒绝了服务器证书' },
    cause: {
      en: 'The client ended the handshake over the certificate (alert 42 or 46), or closed right behind it. Mostly the host name does not match, because the device connects by IP address or by a name that is not of a deployment (ERR_TLS_CERT_ALTNAME_INVALID, "Hostname mismatch", "IP address mismatch"), or the CA file is missing. With TLS 1.3 the alert arrives after the handshake of the server: OpenSSL clients then look like BAD_PACKET_LENGTH, Node.js clients like a reset.',
      zh: '客户端因证书问题结束了握手（告警 42 或 46），或在收到证书后立即断开。最常见的是主机名不匹配：设备使用 IP 地址或不属于任何部署的域名连接（ERR_TLS_CERT_ALTNAME_INVALID、"Hostname mismatch"、"IP address mismatch"）；也可能没有加载 CA 文件。使用 TLS 1.3 时，告警在服务器完成握手之后才到达：OpenSSL 客户端看起来像 BAD_PACKET_LENGTH，Node.js 客户端看起来像连接被重置。',
    },
    remedy: {
      en: 'Connect to the address of the deployment, not to an IP address or a CNAME of your own, and load the CA file of this installation (GET /ca.crt). An operator adds further names and addresses with --san.',
      zh: '请使用部署地址连接，不要使用 IP 地址或自有 CNAME，并加载本服务的 CA 文件（GET /ca.crt）。运维人员可用 --san 添加其他名称和地址。',
    },
  },
  'tls.certificate-expired': {
    ...alert,
    severity: 'error',
    title: { en: 'The client takes the certificate for expired', zh: '客户端认为证书已过期' },
    cause: {
      en: 'The client ended the handshake with alert 45 (certificate_expired). Nearly always its clock is not set and stands at 1970: BR_ERR_X509_EXPIRED (54) on ESP8266, "validity starts in the future" in mbedTLS, CERT_NOT_YET_VALID in Node.js.',
      zh: '客户端以告警 45（certificate_expired）结束了握手。几乎总是因为设备时钟没有校准、停留在 1970 年：ESP8266 显示 BR_ERR_X509_EXPIRED（54），mbedTLS 显示 "validity starts in the future"，Node.js 显示 CERT_NOT_YET_VALID。',
    },
    remedy: {
      en: 'Set the clock before connecting: configTime() and wait until time(nullptr) is plausible on ESP32 and ESP8266, ntptime.settime() in MicroPython, AT+CTZU=1 or AT+CNTP on modems. If the clock is right, compare the dates of the certificate.',
      zh: '连接前先校准时钟：ESP32 和 ESP8266 调用 configTime() 并等待 time(nullptr) 返回合理的值，MicroPython 调用 ntptime.settime()，模组使用 AT+CTZU=1 或 AT+CNTP。如果时钟正确，请核对证书有效期。',
    },
  },
  'tls.timeout': {
    ...alert,
    title: { en: 'The TLS handshake took too long', zh: 'TLS 握手超时' },
    cause: {
      en: 'The TCP connection was opened but the handshake did not end in time: a very slow chip, a bad radio link, a device that ran out of heap in the middle, or somebody who holds connections open.',
      zh: 'TCP 连接已建立，但握手未能按时完成：芯片过慢、无线信号差、设备在握手途中内存耗尽，或者有人故意占用连接。',
    },
    remedy: {
      en: 'Give the handshake of the client 30 s, free heap before connecting, prefer ECDHE with P-256 hardware support, and keep the connection instead of reconnecting for each message.',
      zh: '客户端的握手超时请设为 30 秒，连接前释放内存，优先使用带硬件加速的 P-256 ECDHE，并保持长连接，不要每条消息都重新连接。',
    },
  },
  'tls.cut': {
    ...alert,
    title: { en: 'The TLS handshake was cut', zh: 'TLS 握手中断' },
    cause: {
      en: 'The peer closed or reset the connection in the middle of the handshake without an alert: out of heap on the device (mbedtls_ssl_setup returned -0x7F00), a reset of the device, a certificate that it rejects without a word, or only a port check.',
      zh: '对端在握手途中关闭或重置了连接，没有发送告警：设备内存不足（mbedtls_ssl_setup returned -0x7F00）、设备重启、不发告警就拒绝证书，或者只是端口探测。',
    },
    remedy: {
      en: 'Look at the log of the device. On ESP32 free 40 KB of heap, keep one TLS client only and make its buffers smaller (CONFIG_MBEDTLS_DYNAMIC_BUFFER, setBufferSizes() on ESP8266). A port check needs no action.',
      zh: '请查看设备日志。ESP32 请预留约 40 KB 堆内存，只保留一个 TLS 客户端并减小缓冲区（CONFIG_MBEDTLS_DYNAMIC_BUFFER；ESP8266 使用 setBufferSizes()）。端口探测无需处理。',
    },
  },
  'tls.failed': {
    ...alert,
    title: { en: 'The TLS handshake failed', zh: 'TLS 握手失败' },
    cause: {
      en: 'The handshake failed for a reason that has no name of its own; the detail has what the TLS library said.',
      zh: '握手失败，原因不属于其他已命名的类别；详情中有 TLS 库给出的信息。',
    },
    remedy: {
      en: 'Repeat it with "openssl s_client -connect ADDRESS:8883 -servername ADDRESS -CAfile ca.crt". If that works, the TLS library of the client is at fault: update it.',
      zh: '请用 openssl s_client -connect ADDRESS:8883 -servername ADDRESS -CAfile ca.crt 复现。如果可以连接，问题出在客户端的 TLS 库，请升级。',
    },
  },
} as const satisfies FaultEntries;
