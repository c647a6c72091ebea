import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { FaultName, Text } from '../../../../packages/faults/mod.ts';
import { followPath, keyOf, oneLine, type CertificatePath } from '../certificate-path.ts';
import { both, failed, ok, same, warning, type Finding } from '../finding.ts';
import { expectedNameOf, type DoctorRequest } from '../request.ts';

/** A finding about the certificate: with --insecure nobody asked for it, so it is a warning. */
function judged({ connection }: DoctorRequest): typeof failed {
  return connection.tls.insecure ? warning : failed;
}

/** Whether the certificates lead to a root that is trusted. */
export function judgeTrust(
  request: DoctorRequest,
  chain: readonly X509Certificate[],
  roots: readonly X509Certificate[],
): { readonly finding: Finding; readonly path: CertificatePath } {
  const path = followPath(chain, roots);
  const top = path.certificates.at(-1);
  const details = {
    end: path.end,
    sent: chain.map(({ subject }) => oneLine(subject)),
    issuer: oneLine(top?.issuer ?? ''),
  };
  if (path.end === 'trusted') {
    const names = path.certificates.map(({ subject }) => oneLine(subject)).join(' <- ');
    return { finding: ok('trust', both(`Trusted: ${names}`, `受信任：${names}`), details), path };
  }
  const fault: FaultName = path.end === 'incomplete' ? 'tls.chain-incomplete' : 'tls.unknown-ca';
  const trusted =
    request.connection.tls.ca === null
      ? both('The roots of the system are trusted, and no CA file was given.', '仅信任系统根证书，没有指定 CA 文件。')
      : both(`Trusted: ${rootNames(roots)}`, `受信任的根证书：${rootNames(roots)}`);
  return { finding: judged(request)('trust', fault, [reasonOf(path, top), trusted], details), path };
}

function reasonOf({ end }: CertificatePath, top: X509Certificate | undefined): Text {
  const issuer = oneLine(top?.issuer ?? '');
  switch (end) {
    case 'self-signed':
      return both(
        `The certificates of the server lead to "${issuer}", which is not trusted here.`,
        `服务器的证书由 "${issuer}" 签发，本机不信任该根证书。`,
      );
    case 'other-key':
      return both(
        `The trusted CA is called "${issuer}" too, but has another key: the CA was made anew, or it is the one of another installation.`,
        `受信任的 CA 也叫 "${issuer}"，但密钥不同：CA 已重新生成，或者属于另一套服务。`,
      );
    case 'incomplete':
      return both(
        `The server does not send the certificate of "${issuer}", and it is no root that is trusted here.`,
        `服务器没有发送 "${issuer}" 的证书，而它不是本机信任的根证书。`,
      );
    default:
      return both(
        `The certificate was issued by "${issuer}", which the server does not send and which is not trusted here.`,
        `证书由 "${issuer}" 签发，服务器没有发送其证书，本机也不信任它。`,
      );
  }
}

function rootNames(roots: readonly X509Certificate[]): string {
  const names = [...new Set(roots.map(({ subject }) => oneLine(subject)))];
  return names.length > 3 ? `${names.slice(0, 3).join('; ')} ... (${names.length})` : names.join('; ');
}

/** Whether the certificate carries the name that is connected to. @param alias CNAME behind the host, or null. */
export function judgeName(request: DoctorRequest, leaf: X509Certificate, alias: string | null): Finding {
  const name = expectedNameOf(request);
  const fits = isIP(name) === 0 ? leaf.checkHost(name) !== undefined : leaf.checkIP(name) !== undefined;
  const names = namesOf(leaf);
  const details = { name, names };
  if (fits && isIP(name) === 0 && leaf.subjectAltName === undefined) {
    const only = both(
      `It carries ${name} as its common name only: Go, browsers and other current clients look at the alternative names (SAN) and refuse it.`,
      `证书仅在 Common Name 中包含 ${name}：Go、浏览器等较新的客户端只检查备用名称（SAN），会拒绝该证书。`,
    );
    return warning('host-name', 'tls.host-name', only, details);
  }
  if (fits) return ok('host-name', both(`It is valid for ${name}.`, `证书对 ${name} 有效。`), details);
  const seen = [
    both(
      `It is valid for ${names.join(', ') || 'no name'}, not for ${name}.`,
      `证书对 ${names.join('、') || '（无）'} 有效，对 ${name} 无效。`,
    ),
  ];
  const isForeign = alias !== null && isIP(name) === 0;
  if (isForeign) seen.push(both(`${name} is an alias (CNAME) of ${alias}.`, `${name} 是 ${alias} 的别名（CNAME）。`));
  if (isIP(name) !== 0 && names.some((one) => isIP(one) === 0)) {
    seen.push(both('Connect by name instead of the IP address.', '请使用域名而不是 IP 地址连接。'));
  }
  return judged(request)('host-name', isForeign ? 'address.foreign-cname' : 'tls.host-name', seen, details);
}

/** The names and addresses in a certificate, a few of them. */
function namesOf(leaf: X509Certificate): readonly string[] {
  const all = (leaf.subjectAltName ?? '')
    .split(', ')
    .filter(Boolean)
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ''));
  return all.length > 8 ? [...all.slice(0, 8), '...'] : all;
}

const chainBytesMax = 4096;
const chainLengthMax = 3;

/** Whether a small device can take the certificates: key type, length of the chain, and its bytes. */
export function judgeWeight(request: DoctorRequest, chain: readonly X509Certificate[]): Finding {
  const bytes = chain.reduce((sum, { raw }) => sum + raw.length, 0);
  const keys = chain.map(keyOf);
  const seen = same(`${keys.join(' <- ')}, ${bytes} bytes`);
  const text = { en: `Keys sent: ${seen.en}`, zh: `发送的密钥：${keys.join(' <- ')}，${bytes} 字节` };
  const details = { keys, certificates: chain.length, chainBytes: bytes };
  const isHeavy =
    bytes > chainBytesMax || chain.length > chainLengthMax || /RSA (3[1-9]|[4-9])\d\d\d|RSA 4096/.test(keys[0] ?? '');
  const isSmallDevice = request.language === 'esp32' || request.language === 'esp8266';
  if (isHeavy && isSmallDevice) return warning('small-devices', 'tls.chain-large', text, details);
  if (/^RSA (\d{1,3}|1\d{3})$/.test(keys[0] ?? '')) {
    const weak = both(
      'Current clients refuse an RSA key of less than 2048 bits.',
      '较新的客户端会拒绝小于 2048 位的 RSA 密钥。',
    );
    return warning('small-devices', 'tls.certificate-rejected', [text, weak], details);
  }
  const remark = isHeavy ? [both('Heavy for devices with little memory.', '对内存较小的设备而言较大。')] : [];
  return ok('small-devices', [text, ...remark], details);
}
