import { beforeEach, describe, expect, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../../testkit/virtual-clock.ts';
import { CertificateService, type ShownCertificate } from './certificate-service.ts';
import { ensureCertificates } from './ensure.ts';
import { MemoryFiles } from './memory-files.ts';
import { readStatusOf } from './offline.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

let clock: VirtualClock;
let files: MemoryFiles;
let lines: string[];
let shown: ShownCertificate[];
let fails: boolean;

async function open(own: { cert: string; key: string } | null = null): Promise<CertificateService> {
  const say = (level: string) => (text: string) => void lines.push(`${level}: ${text}`);
  const service = await CertificateService.open({
    directory: files,
    domain: 'berth.localhost',
    san: [],
    own,
    now: () => clock.now,
    log: { info: say('info'), warn: say('warn'), error: say('error') },
  });
  service.onChange = (certificate) => {
    if (fails) return Promise.reject(new Error('no port'));
    shown.push(certificate);
    return Promise.resolve();
  };
  return service;
}

beforeEach(() => {
  clock = new VirtualClock();
  files = new MemoryFiles();
  [lines, shown, fails] = [[], [], false];
});

describe('CertificateService', () => {
  test('renews at two thirds of the life, once, and shows it', async () => {
    const service = await open();
    const before = service.shown.cert;
    clock.advance((397 * dayMs * 2) / 3 - dayMs - 1000);
    await service.tick();
    expect(shown).toEqual([]);
    clock.advance(1000);
    await service.tick();
    await service.tick();
    expect(shown).toHaveLength(1);
    expect(service.shown.cert).not.toBe(before);
    expect(lines).toEqual(['info: The server certificate has been renewed.']);
  });

  test('renews when told to', async () => {
    const service = await open();
    const answer = await service.renew();
    expect(answer.ok && answer.status.server.fingerprint).toBe(new X509Certificate(service.shown.cert).fingerprint256);
    expect(shown).toEqual([service.shown]);
  });

  test('a listener that cannot show it is tried again; the log says so once', async () => {
    const service = await open();
    fails = true;
    await service.renew();
    await service.tick();
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([
      'error: The new certificate cannot be shown on the listeners yet: no port.',
    ]);
    fails = false;
    await service.tick();
    await service.tick();
    expect(shown).toEqual([service.shown]);
  });

  test('a renewal that fails is told once an hour, and the old certificate stays', async () => {
    const service = await open();
    const before = service.shown;
    files.content.delete('ca.key');
    clock.advance(300 * dayMs);
    for (let step = 0; step < 3; step += 1) {
      await service.tick();
      clock.advance(hourMs / 2);
    }
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('ca.key is missing');
    expect([service.shown, shown]).toEqual([before, []]);
  });

  test('a planned switch is told when it comes near, happens at its time, and survives restarts', async () => {
    let service = await open();
    await service.planRollover(clock.now + 10 * dayMs);
    expect(service.status().roots.map(({ role }) => role)).toEqual(['old', 'new']);
    for (const [passed, count] of [
      [dayMs, 0],
      [2 * dayMs, 1],
      [dayMs, 1],
      [5 * dayMs, 2],
      [23 * hourMs, 3],
    ] as const) {
      clock.advance(passed);
      await service.tick();
      expect(lines.filter((line) => line.includes('will be signed by the new root'))).toHaveLength(count);
    }
    service = await open();
    clock.advance(hourMs - 1);
    await service.tick();
    expect([service.status().rollover?.phase, shown]).toEqual(['planned', []]);
    clock.advance(1);
    await service.tick();
    expect(service.status()).toMatchObject({
      rollover: { phase: 'switched' },
      server: { issuer: service.status().roots[1]?.name },
    });
    expect(shown).toEqual([service.shown]);
    expect((await open()).status()).toEqual(service.status());
  });

  test('a switch that came due while nothing ran happens at the start', async () => {
    await (await open()).planRollover(clock.now + dayMs);
    clock.advance(2 * dayMs);
    expect((await open()).status().rollover?.phase).toBe('switched');
  });

  test('finish and cancel; the CA file and its fingerprint follow', async () => {
    const service = await open();
    const old = service.fingerprint;
    await service.planRollover('now');
    expect(service.fingerprint).toBe(old);
    await service.finishRollover();
    expect(service.caFile).toBe(files.read('ca.crt'));
    expect(service.fingerprint).not.toBe(old);
    await service.planRollover(null);
    await service.cancelRollover();
    expect(service.status().rollover).toBeNull();
    expect(lines.filter((line) => line.includes('one root again'))).toHaveLength(2);
  });

  test('requests at the same time run one after the other', async () => {
    const service = await open();
    const answers = await Promise.all([
      service.planRollover('now'),
      service.renew(),
      service.finishRollover(),
      service.cancelRollover(),
      service.tick(),
    ]);
    expect(answers.map((answer) => answer?.ok)).toEqual([true, true, true, false, undefined] as never);
  });

  test("the operator's files are looked at again at every tick", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'berth-own-'));
    const [cert, key] = [join(folder, 'c.pem'), join(folder, 'k.pem')];
    const put = (from: MemoryFiles) => {
      writeFileSync(cert, `${from.read('server.crt')}${from.read('ca.crt')}`);
      writeFileSync(key, from.read('server.key') ?? '');
    };
    // Berth itself is the other authority.
    const [first, second] = [new MemoryFiles(), new MemoryFiles()];
    for (const from of [first, second]) {
      await ensureCertificates(from, { domain: 'berth.localhost', san: [], now: clock.now });
    }
    put(first);
    const service = await open({ cert, key });
    expect([service.shown.cert, service.caFile]).toEqual([first.read('server.crt'), first.read('ca.crt')] as never);
    expect(readStatusOf(files)).toEqual(service.status());

    writeFileSync(key, second.read('server.key') ?? '');
    for (let tick = 0; tick < 4; tick += 1) await service.tick();
    expect(lines).toEqual([
      expect.stringMatching(/^error: The changed certificate is not taken, the one in use stays: The key /),
    ]);
    expect([shown, service.status().refused]).toEqual([[], expect.stringContaining('is not the one of')]);

    put(second);
    await service.tick();
    expect(shown).toEqual([service.shown]);
    expect([service.caFile, service.status().refused]).toEqual([second.read('ca.crt'), null]);
    expect(files.read('own-ca.crt')).toBe(second.read('ca.crt'));
    expect(lines.at(-1)).toBe('info: The changed certificate is in use.');

    for (const left of [20 * dayMs, 6 * dayMs, hourMs]) {
      clock.advance(Date.parse(service.status().server.notAfter) - left - clock.now);
      await service.tick();
    }
    expect(lines.filter((line) => line.startsWith('warn: The certificate of your own ends on '))).toHaveLength(3);
    expect(await service.planRollover(null)).toMatchObject({ ok: false, code: 'certificate.own' });

    expect((await open()).status().source).toBe('berth');
    expect(files.read('own.crt')).toBeNull();
    rmSync(folder, { recursive: true });
  });

  test('without a service the files tell the same', async () => {
    const service = await open();
    await service.planRollover(null);
    expect(readStatusOf(files)).toEqual(service.status());
  });
});
