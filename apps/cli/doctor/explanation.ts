import { faultNumber, languageHelp, type FaultName, type Text } from '../../../packages/faults/mod.ts';
import { explanationOf } from '../report.ts';
import type { Finding } from './finding.ts';
import type { DoctorRequest } from './request.ts';

/** What people are told about the fault of a finding. */
export interface Told {
  readonly name: FaultName;
  readonly number: number;
  readonly title: Text;
  readonly cause: Text;
  readonly remedy: Text;
  /** What a program shows and which lines to change; null where no language was chosen, or none can help. */
  readonly help: { readonly symptom: Text; readonly change: Text; readonly lines: readonly string[] } | null;
}

/** @returns null where nothing is wrong, or what is wrong has no name. */
export function toldOf({ fault, step }: Finding, request: DoctorRequest): Told | null {
  if (fault === null) return null;
  const { title, cause, remedy } = explanationOf(fault, step.startsWith('connect-') ? 'connack' : 'system');
  return {
    name: fault,
    number: faultNumber(fault),
    ...{ title, cause, remedy },
    ...seenFromHere[fault],
    help: request.language === null ? null : languageHelp(fault, request.language),
  };
}

/** The rule itself is told to nobody but the owner. */
const askRules: Text = {
  en: 'The owner sees which rule it is: "berth rule try DEPLOYMENT publish TOPIC --client-id ID --username USER" or the log of the service. Allow the topic there, or use another one; compare it letter by letter, case and a leading / count. On other brokers it is their access control list (ACL).',
  zh: '部署所有者可以查看是哪条规则：执行 berth rule try DEPLOYMENT publish TOPIC --client-id ID --username USER，或查看服务日志。请在规则中放行该主题，或改用其他主题；请逐字核对，区分大小写，开头的 / 也算一级。其他 MQTT 服务器请查看其访问控制列表（ACL）。',
};

/** The catalogue tells these as a server sees them; the doctor stands at the other end and sees more. */
const seenFromHere: Partial<Readonly<Record<FaultName, Partial<Pick<Told, 'title' | 'cause' | 'remedy'>>>>> = {
  'port.plain-mqtt-on-tls': {
    cause: {
      en: 'The port speaks TLS, and this connection does not: the address says mqtt:// or ws://, or TLS is switched off in the program. PubSubClient then shows rc=-4, other libraries reconnect for ever.',
      zh: '该端口使用 TLS，而本次连接没有使用：地址为 mqtt:// 或 ws://，或者程序中关闭了 TLS。此时 PubSubClient 显示 rc=-4，其他库会不断重连。',
    },
  },
  'port.tls-on-plain': {
    cause: {
      en: 'The port speaks MQTT or WebSocket without TLS, and this connection begins with TLS. Programs then show WRONG_VERSION_NUMBER or a time-out of the handshake.',
      zh: '该端口使用不带 TLS 的 MQTT 或 WebSocket，而本次连接使用 TLS。程序通常显示 WRONG_VERSION_NUMBER 或握手超时。',
    },
  },
  'access.publish-denied': { remedy: askRules },
  'access.subscribe-denied': { remedy: askRules },
  'tls.unknown-ca': {
    title: { en: 'The certificate is not trusted', zh: '证书不受信任' },
    cause: {
      en: 'The certificate of the server does not lead to a root that is trusted here: the CA file of the installation is not loaded, or it is the wrong one. A device with the same CA file refuses the connection.',
      zh: '服务器证书不能追溯到受信任的根证书：没有加载本服务的 CA 文件，或加载了错误的文件。使用同一 CA 文件的设备会拒绝连接。',
    },
  },
  'tls.certificate-rejected': {
    cause: {
      en: 'Clients refuse the certificate although it leads to a trusted root and carries the right name: it is not meant for servers, its authority was not allowed to issue it, or its key is too weak. The line above says what was seen.',
      zh: '证书可以追溯到受信任的根证书且名称正确，但客户端仍会拒绝：证书用途不是服务器、CA 无权签发该证书，或者密钥强度不足。详见上一行。',
    },
    remedy: {
      en: 'The operator has a certificate issued for server authentication with an ECDSA P-256 or RSA 2048 key, or lets Berth make its own: leave --cert and --key out.',
      zh: '运维人员需要签发用于服务器认证、使用 ECDSA P-256 或 RSA 2048 密钥的证书；或者去掉 --cert 和 --key，由 Berth 自动签发。',
    },
  },
  'tls.certificate-expired': {
    title: { en: 'The certificate has expired', zh: '证书已过期' },
    cause: {
      en: 'A certificate of the server has passed its end, and nothing says that the clock here is wrong. Clients refuse the connection.',
      zh: '服务器的某个证书已过期，而且没有迹象表明本机时钟有误。客户端会拒绝连接。',
    },
    remedy: {
      en: 'The operator renews the certificate: "berth ca renew", or a new file for --cert. Where a proxy ends TLS in front of the service, renew the one of the proxy. Compare the clock of this machine all the same.',
      zh: '运维人员需要更新证书：执行 berth ca renew，或为 --cert 更换新文件。如果由前置代理终止 TLS，请更新代理的证书。同时请核对本机时钟。',
    },
  },
  'tls.cut': {
    cause: {
      en: 'The server, or something on the way, closed the connection in the middle of the handshake without an alert: a firewall that looks into TLS, a proxy without a server behind it, or a server that ran out of memory.',
      zh: '服务器或中间设备在握手途中关闭了连接，没有发送告警：可能是检查 TLS 的防火墙、后端不可用的代理，或者服务器内存不足。',
    },
    remedy: {
      en: 'Try it from another network and from the machine of the server itself. The log of the service says whether the handshake came that far.',
      zh: '请换一个网络测试，并在服务器本机上测试；服务日志会显示握手是否到达了服务器。',
    },
  },
  'limit.packet-size': {
    cause: {
      en: 'The server takes no packet larger than the Maximum Packet Size in its CONNACK, or refused the CONNECT itself for its size (0x95). In Berth it is the limit "packetSizeBytes" of the deployment.',
      zh: '服务器不接受大于 CONNACK 中 Maximum Packet Size 的报文，或者因 CONNECT 本身过大而拒绝（0x95）。在 Berth 中对应部署的 packetSizeBytes 限制。',
    },
  },
};
