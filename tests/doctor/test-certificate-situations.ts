import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Text } from '../../packages/faults/mod.ts';
import { Authority, type Environment } from './test-environment.ts';
import { login, type Situation } from './test-situation.ts';

/** TLS and certificates that are wrong. */
export async function certificateSituations(environment: Environment): Promise<Situation[]> {
  const { service } = environment;
  const { mqtt } = await environment.dedicated('behind a TLS proxy');
  const authority = await Authority.make('Example Root');
  const stranger = await Authority.make('Another Root', 'Elsewhere');
  const caFile = join(service.dataDirectory, 'example-root.crt');
  const strangerFile = join(service.dataDirectory, 'another-root.crt');
  writeFileSync(caFile, authority.root.cert);
  writeFileSync(strangerFile, stranger.root.cert);
  environment.shownNames.set(caFile, 'ca.crt').set(strangerFile, 'another-ca.crt');
  const intermediate = await authority.intermediate();
  const good = await authority.server(['localhost']);
  const expired = await authority.server(['localhost'], -100);
  const future = await authority.server(['localhost'], 60);
  const elsewhere = await authority.server(['mqtt.example.com']);
  const below = await authority.server(['localhost'], -30, intermediate);
  const front = async ({ cert, key }: { cert: string; key: string }, more = {}) => [
    `mqtts://localhost:${await environment.tlsFront(mqtt, { cert, key, ...more })}`,
    ...login,
    '--ca',
    caFile,
  ];
  const made = (en: string, zh: string): Text => ({
    en: `A proxy in front of a dedicated deployment ends TLS with ${en}.`,
    zh: `专有版部署前的代理终止 TLS，使用${zh}。`,
  });
  const failure = { status: 'failed', exitCode: 13 } as const;
  return [
    {
      title: { en: 'Expired certificate', zh: '证书已过期' },
      made: made('a certificate that expired ten days ago', '十天前过期的证书'),
      args: await front(expired),
      ...failure,
      step: 'validity',
      fault: 'tls.certificate-expired',
    },
    {
      title: { en: 'Certificate not yet valid', zh: '证书尚未生效' },
      made: made('a certificate that becomes valid in sixty days', '六十天后生效的证书'),
      args: await front(future),
      ...failure,
      step: 'validity',
      fault: 'tls.certificate-not-yet-valid',
    },
    {
      title: { en: 'Wrong host', zh: '主机名错误' },
      made: made('a certificate for mqtt.example.com', 'mqtt.example.com 的证书'),
      args: await front(elsewhere),
      ...failure,
      step: 'host-name',
      fault: 'tls.host-name',
    },
    {
      title: { en: 'Unknown CA', zh: '未知的 CA' },
      made: {
        en: 'The same proxy with a good certificate, and the CA file of another authority.',
        zh: '同一代理使用正常的证书，但 CA 文件属于另一个 CA。',
      },
      args: [...(await front(good)).slice(0, -1), strangerFile, '--for', 'esp32'],
      ...failure,
      step: 'trust',
      fault: 'tls.unknown-ca',
    },
    {
      title: { en: 'Missing intermediate', zh: '缺少中间证书' },
      made: made(
        'a certificate below an intermediate one that is not sent',
        '由中间证书签发的证书，但没有发送中间证书',
      ),
      args: await front(below),
      ...failure,
      step: 'trust',
      fault: 'tls.chain-incomplete',
    },
    {
      title: { en: 'TLS 1.0 only', zh: '仅支持 TLS 1.0' },
      made: made('TLS 1.0 and nothing newer', 'TLS 1.0，不支持更新的版本'),
      args: await front(good, { minVersion: 'TLSv1', maxVersion: 'TLSv1' }),
      ...failure,
      step: 'tls',
      fault: 'tls.server-version',
    },
    {
      title: { en: 'A name of your own (CNAME)', zh: '自有域名（CNAME）' },
      made: {
        en: 'A name outside of the certificate that is an alias of an address of the service; the answers of DNS are put in place.',
        zh: '证书中没有的域名，是本服务地址的别名；DNS 应答为模拟。',
      },
      args: [`mqtts://mqtt.customer.example:${service.ready.mqtts}`, ...login, '--data', service.dataDirectory],
      world: {
        resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
        aliasOf: () => Promise.resolve(service.ready.address),
      },
      status: 'failed',
      exitCode: 11,
      step: 'host-name',
      fault: 'address.foreign-cname',
    },
  ];
}

/** Clocks that are wrong. */
export function clockSituations(mqtts: readonly string[], wss: readonly string[]): Situation[] {
  return [
    {
      title: { en: 'A clock at 1970', zh: '时钟停留在 1970 年' },
      made: {
        en: 'The service, and a clock that was started two minutes ago at 1970, put in place of that of the machine.',
        zh: '连接本服务，用两分钟前从 1970 年开始走的时钟代替本机时钟。',
      },
      args: [...mqtts, '--for', 'esp8266'],
      world: { nowMs: () => 120_000 },
      step: 'validity',
      fault: 'tls.clock',
      status: 'failed',
      exitCode: 13,
    },
    {
      title: { en: 'A clock two months behind', zh: '时钟慢两个月' },
      made: {
        en: 'The service, which tells its time to whoever asks in HTTP, and a clock that is two months behind: only so it is not taken for a certificate that is too early.',
        zh: '连接本服务（对 HTTP 请求会告知时间），时钟慢两个月：只有这样才不会被误认为证书尚未生效。',
      },
      args: mqtts,
      world: { nowMs: () => Date.now() - 60 * 86_400_000 },
      step: 'validity',
      fault: 'tls.clock',
      status: 'failed',
      exitCode: 13,
    },
    {
      title: { en: 'A clock an hour ahead', zh: '时钟快一小时' },
      made: {
        en: 'The service over WebSocket, which tells its time, and a clock that is an hour ahead.',
        zh: '通过 WebSocket 连接本服务（应答中带有时间），时钟快一小时。',
      },
      args: wss,
      world: { nowMs: () => Date.now() + 3_600_000 },
      step: 'clock',
      fault: 'tls.clock',
      status: 'warning',
      exitCode: 0,
    },
  ];
}
