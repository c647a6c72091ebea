import type { FaultEntries, FaultEntry } from './entry.ts';

/** TLS has completed so that this can be said in MQTT; no credential is looked up. */
const wire = {
  severity: 'error',
  seenBy: ['device', 'operator', 'doctor'],
  connack: { v3: 5, v5: 0x87 },
  disconnect: null,
} as const satisfies Partial<FaultEntry>;

/** Number -5: the server name of the TLS connection finds no deployment. */
export const sniFaults = {
  'sni.missing': {
    ...wire,
    reason: 'no SNI: set the TLS server name to the address of the deployment',
    title: { en: 'No SNI was sent', zh: '未发送 SNI' },
    cause: {
      en: 'The TLS ClientHello had no server name (SNI), so the server cannot tell which deployment is meant: the device connects by IP address, its TLS library sends no SNI unless told to (mbedTLS, bare OpenSSL BIO, wolfSSL, lwIP, MicroPython), it is a modem that has SNI off by default, or the library is very old. The user name and password were not looked at.',
      zh: 'TLS ClientHello 中没有服务器名称（SNI），服务器无法判断要连接哪个部署：设备使用 IP 地址连接，TLS 库默认不发送 SNI（mbedTLS、裸 OpenSSL BIO、wolfSSL、lwIP、MicroPython），4G 模组默认关闭 SNI，或者客户端库过旧。此时不会检查用户名和密码。',
    },
    remedy: {
      en: 'Connect by name and set the server name to the address of the deployment: SSL_set_tlsext_host_name() in OpenSSL, mbedtls_ssl_set_hostname() in mbedTLS, ssl_params={"server_hostname": host} in MicroPython, -S host in wolfMQTT, AT+CSSLCFG="enableSNI",0,1 on SIM7600, AT+QSSLCFG="sni",1,1 on Quectel BG95. Upgrade libraries that are too old for SNI.',
      zh: '请使用域名连接，并将服务器名称设为部署地址：OpenSSL 调用 SSL_set_tlsext_host_name()，mbedTLS 调用 mbedtls_ssl_set_hostname()，MicroPython 设置 ssl_params={"server_hostname": host}，wolfMQTT 使用 -S host，SIM7600 执行 AT+CSSLCFG="enableSNI",0,1，移远 BG95 执行 AT+QSSLCFG="sni",1,1。不支持 SNI 的旧版库请升级。',
    },
  },
  'sni.unknown': {
    ...wire,
    reason: 'the TLS server name (SNI) is not the address of a deployment',
    title: { en: 'The SNI is of no deployment', zh: 'SNI 不属于任何部署' },
    cause: {
      en: 'The server name in the TLS ClientHello is not the address of a deployment: a typing error, a CNAME of your own, or a deployment that was deleted more than 30 days ago. The user name and password were not looked at.',
      zh: 'TLS ClientHello 中的服务器名称不是任何部署的地址：可能是拼写错误、自有 CNAME，或者该部署已删除超过 30 天。此时不会检查用户名和密码。',
    },
    remedy: {
      en: 'Copy the address from the deployment and use the same text for host and SNI. An operator gives deployments addresses in a domain of your own, ID.example.com, with --san "*.example.com".',
      zh: '请复制部署的地址，主机名和 SNI 使用相同的值。运维人员可用 --san "*.example.com" 让部署在自有域名下也拥有地址 ID.example.com。',
    },
  },
} as const satisfies FaultEntries;
