import type { FaultEntries, FaultEntry } from './entry.ts';

/** The server never sees these: only the doctor, which runs where the device is, does. */
const unseen = {
  severity: 'error',
  seenBy: ['doctor'],
  connack: null,
  disconnect: null,
  reason: null,
} as const satisfies Partial<FaultEntry>;

/** Number -1: the connection never reaches the server. */
export const addressFaults = {
  'address.unresolvable': {
    ...unseen,
    title: { en: 'The address does not resolve', zh: '地址无法解析' },
    cause: {
      en: 'DNS knows no A or AAAA record for the address: a typing error, a scheme such as mqtts:// inside the host name, no DNS record for the domain of this installation, or no DNS on the network of the device.',
      zh: 'DNS 中没有该地址的 A 或 AAAA 记录：可能是拼写错误、主机名中混入了 mqtts:// 之类的前缀、本服务的域名没有配置 DNS 记录，或者设备所在网络没有可用的 DNS。',
    },
    remedy: {
      en: 'Copy the address from the deployment, without scheme and port. Check it with "nslookup ADDRESS" on the network of the device. The operator needs a wildcard record *.DOMAIN that points to this server. Names under .localhost do not resolve everywhere: on the same machine, use localhost.',
      zh: '请复制部署的地址，不要带协议前缀和端口；在设备所在网络上用 nslookup 检查能否解析。运维人员需要把泛域名 *.DOMAIN 解析到本服务器。以 .localhost 结尾的域名并非在所有系统上都能解析，本机请直接使用 localhost。',
    },
  },
  'address.foreign-cname': {
    ...unseen,
    title: { en: 'A name of your own points to the address', zh: '使用自有域名 CNAME 指向部署地址' },
    cause: {
      en: 'The device connects to a name of its own that is a CNAME of the address. The client then sends that name as SNI and checks the certificate against it: the server knows no deployment of that name and the certificate does not cover it.',
      zh: '设备连接的是通过 CNAME 指向部署地址的自有域名。客户端会把该域名作为 SNI 发送，并用它校验证书；服务器没有以此命名的部署，证书也不包含这个域名。',
    },
    remedy: {
      en: 'Connect to the address of the deployment itself. An operator gives deployments addresses in a domain of your own, ID.example.com, with --san "*.example.com".',
      zh: '请直接使用部署自己的地址连接。运维人员可用 --san "*.example.com" 让部署在自有域名下也拥有地址 ID.example.com。',
    },
  },
  'address.unreachable': {
    ...unseen,
    title: { en: 'The host is not reachable', zh: '主机不可达' },
    cause: {
      en: 'The address resolves, but the network has no way to it: no route, no IPv6 behind an IPv6 address, or a private address seen from outside.',
      zh: '地址可以解析，但网络无法到达：没有路由、解析出 IPv6 地址而网络不支持 IPv6，或者从外网访问了内网地址。',
    },
    remedy: {
      en: 'Check the IP address behind the name, the gateway of the device and VPN rules; try the same from another network. If only IPv6 fails, remove the AAAA record or give the device IPv6.',
      zh: '检查域名解析到的 IP、设备的网关和 VPN 规则，并换一个网络重试。如果只有 IPv6 不通，请删除 AAAA 记录，或为设备开通 IPv6。',
    },
  },
  'address.timeout': {
    ...unseen,
    title: { en: 'Connecting timed out', zh: '连接超时' },
    cause: {
      en: 'The TCP connection got no answer at all. Nearly always a firewall or a security group drops packets to this port, or the address belongs to another machine.',
      zh: 'TCP 连接没有得到任何应答。绝大多数情况是防火墙或安全组丢弃了发往该端口的数据包，或者该地址属于另一台机器。',
    },
    remedy: {
      en: 'Open the port (8883 or 8084, outgoing at the device, incoming at the server) and test with "nc -vz ADDRESS 8883" or telnet. Where only web traffic gets out, use WebSocket: wss://ADDRESS:8084/mqtt.',
      zh: '放行端口 8883 或 8084（设备侧出站、服务器侧入站），并用 telnet 或 nc -vz 测试连通性。如果网络只允许 Web 流量，请使用 WebSocket：wss://ADDRESS:8084/mqtt。',
    },
  },
} as const satisfies FaultEntries;
