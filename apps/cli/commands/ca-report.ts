import type { CertificateStatus } from '../../../packages/api/mod.ts';
import type { Language } from '../language.ts';
import { padTo, displayWidth, printable } from '../table.ts';

const words = {
  en: {
    server: 'Server',
    names: 'names',
    validity: 'valid',
    signer: 'signed by',
    next: 'renewed',
    own: 'when its files change (your own certificate)',
    ca: 'CA file',
    none: 'none: clients use the trust store of their system',
    rollover: 'Rollover',
    roles: { current: 'signs', old: 'old root', new: 'new root' },
    planned: (at: string) => `the new root signs from ${at}; give every device the CA file with both before`,
    switched: (at: string, end: string) =>
      `the new root signs since ${at}; the old one leaves the CA file on ${end}, or with --finish`,
    refused: 'Refused',
  },
  zh: {
    server: '服务器证书',
    names: '名称',
    validity: '有效期',
    signer: '签发者',
    next: '续期',
    own: '其文件变化时（自备证书）',
    ca: 'CA 文件',
    none: '无：客户端使用系统的信任库',
    rollover: '根证书轮换',
    roles: { current: '签发中', old: '旧根', new: '新根' },
    planned: (at: string) => `新根自 ${at} 起签发；此前请让每台设备装好含两个根的 CA 文件`,
    switched: (at: string, end: string) => `新根自 ${at} 起签发；旧根于 ${end} 移出 CA 文件，或用 --finish 提前移出`,
    refused: '未采用',
  },
} as const;

/** The certificates for people: names, validity, fingerprints, next renewal, and a rollover that is under way. */
export function renderCertificates(status: CertificateStatus, language: Language): string {
  const text = words[language];
  const { server, rollover } = status;
  const rows: [string, string][] = [
    [text.server, server.name],
    [`  ${text.names}`, server.names.join(', ')],
    [`  ${text.validity}`, life(server)],
    [`  ${text.signer}`, server.issuer],
    [`  ${text.next}`, server.renewAt === null ? text.own : minute(server.renewAt)],
    ['  SHA-256', server.fingerprint],
  ];
  if (status.roots.length === 0) rows.push([text.ca, text.none]);
  for (const root of status.roots) {
    rows.push(
      [text.ca, `${root.name} (${text.roles[root.role]})`],
      [`  ${text.validity}`, life(root)],
      ['  SHA-256', root.fingerprint],
    );
  }
  if (rollover !== null) {
    const told =
      rollover.phase === 'planned'
        ? text.planned(minute(rollover.switchAt))
        : text.switched(minute(rollover.switchedAt ?? rollover.switchAt), minute(rollover.endsAt));
    rows.push([text.rollover, told]);
  }
  if (status.refused !== null) rows.push([text.refused, status.refused]);
  const width = Math.max(...rows.map(([label]) => displayWidth(label)));
  return rows.map(([label, value]) => `${padTo(label, width)}  ${printable(value)}\n`).join('');
}

function life({ notBefore, notAfter }: { notBefore: string; notAfter: string }): string {
  return `${notBefore.slice(0, 10)} - ${notAfter.slice(0, 10)}`;
}

function minute(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}
