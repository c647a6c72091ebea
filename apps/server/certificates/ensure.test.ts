import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirectory } from '../config/data-directory.ts';
import { type CertificateOptions, ensureCertificates } from './ensure.ts';

const dayMs = 86_400_000;
const start = Date.UTC(2026, 0, 15, 12);
const defaults: CertificateOptions = { domain: 'berth.localhost', san: [], now: start };

let root: string;
let directory: DataDirectory;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'berth-certificates-'));
  directory = DataDirectory.open(join(root, 'data'));
});
afterEach(() => {
  directory[Symbol.dispose]();
  rmSync(root, { recursive: true, force: true });
});

const ensure = (changed: Partial<CertificateOptions> = {}) =>
  ensureCertificates(directory, { ...defaults, ...changed });

describe('ensureCertificates', () => {
  test('makes a root and a server certificate at the first start and keeps both', async () => {
    const first = await ensure();
    expect(first.issued).toBe(true);
    expect(first.ca.cert).toBe(directory.read('ca.crt') ?? '');
    expect(await ensure({ now: start + 200 * dayMs })).toEqual({ ...first, issued: false });
  });

  test('the server certificate has the names, in any length and kind', async () => {
    const { server } = await ensure({
      domain: 'mqtt.example.com',
      san: ['gateway.lan', '192.168.1.9', '2001:db8::5', 'localhost'],
    });
    const names = [
      '*.mqtt.example.com',
      'mqtt.example.com',
      'localhost',
      '127.0.0.1',
      '::1',
      'gateway.lan',
      '192.168.1.9',
      '2001:db8::5',
    ];
    expect(server.names).toEqual(names);
    const certificate = new X509Certificate(server.cert);
    expect(certificate.checkHost('first.mqtt.example.com')).toBeDefined();
    expect(certificate.checkHost('a.b.mqtt.example.com')).toBeUndefined();
    expect(certificate.checkIP('192.168.1.9')).toBeDefined();
    expect(certificate.checkIP('2001:db8::5')).toBeDefined();
    expect(certificate.subject).toBe('CN=*.mqtt.example.com');
  });

  test('a common name is never longer than 64 characters', async () => {
    const domain = `${'a'.repeat(60)}.${'b'.repeat(60)}.example`;
    const { server } = await ensure({ domain });
    expect(new X509Certificate(server.cert).subject).toBe('CN=localhost');
    expect(new X509Certificate(server.cert).checkHost(`x.${domain}`)).toBeDefined();
  });

  test('lives 397 days from a day ago, under a root of ten years', async () => {
    const { ca, server } = await ensure();
    const [leaf, authority] = [new X509Certificate(server.cert), new X509Certificate(ca.cert)];
    expect(Date.parse(leaf.validFrom)).toBe(start - dayMs);
    expect(Date.parse(leaf.validTo)).toBe(start + 396 * dayMs);
    expect(server.notAfter).toBe(start + 396 * dayMs);
    expect(Date.parse(authority.validTo)).toBe(start + 3649 * dayMs);
    expect(server.renewAt).toBeLessThan(server.notAfter);
  });

  test('serial numbers are positive, of 128 bits, and differ', async () => {
    const serials = new Set<string>();
    for (let round = 0; round < 8; round++) {
      const { ca, server } = await ensure({ domain: `d${round}.example` });
      for (const pem of [ca.cert, server.cert]) serials.add(new X509Certificate(pem).serialNumber);
    }
    expect(serials.size).toBe(9);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  test.each([
    ['another domain', { domain: 'mqtt.example.com' }],
    ['another name', { san: ['gateway.lan'] }],
    ['two thirds of its life', { now: start + 264 * dayMs }],
    ['its end', { now: start + 500 * dayMs }],
    ['a clock that was ahead', { now: start - 2 * dayMs }],
  ])('%s brings a new server certificate, and the same root', async (_what, changed) => {
    const before = await ensure();
    const after = await ensure(changed);
    expect(after.issued).toBe(true);
    expect(after.server.cert).not.toBe(before.server.cert);
    expect(after.ca).toEqual(before.ca);
    expect((await ensure(changed)).issued).toBe(false);
  });

  test.each([
    ['server.crt', null],
    ['server.key', null],
    ['server.crt', 'garbage'],
    ['server.key', 'garbage'],
  ])('%s that is gone or damaged (%p) is made again', async (name, content) => {
    const before = await ensure();
    if (content === null) rmSync(directory.file(name));
    else directory.write(name, content);
    const after = await ensure();
    expect([after.issued, after.ca.cert]).toEqual([true, before.ca.cert]);
    expect(new X509Certificate(after.server.cert).verify(new X509Certificate(after.ca.cert).publicKey)).toBe(true);
  });

  test('a crash between the key and the certificate of the server brings both anew', async () => {
    await ensure();
    const old = directory.read('server.crt') ?? '';
    await ensure({ domain: 'other.example' });
    directory.write('server.crt', old);
    expect((await ensure()).issued).toBe(true);
  });

  test('a lost ca.crt is made again from its key: devices with the old file still trust it', async () => {
    const before = await ensure();
    rmSync(directory.file('ca.crt'));
    const after = await ensure();
    const old = new X509Certificate(before.ca.cert);
    expect(new X509Certificate(after.ca.cert).subject).toBe(old.subject);
    expect(new X509Certificate(after.server.cert).verify(old.publicKey)).toBe(true);
    expect(after.server.cert).toBe(before.server.cert);
  });

  test('a root near its end is made again from its key', async () => {
    const before = await ensure();
    const now = start + 3500 * dayMs;
    const after = await ensure({ now });
    const [old, renewed] = [new X509Certificate(before.ca.cert), new X509Certificate(after.ca.cert)];
    expect(Date.parse(renewed.validTo)).toBeGreaterThan(now + 3600 * dayMs);
    expect([renewed.subject, renewed.publicKey.equals(old.publicKey)]).toEqual([old.subject, true]);
  });

  test('without ca.key all goes on until a new certificate is due', async () => {
    await ensure();
    rmSync(directory.file('ca.key'));
    expect((await ensure()).issued).toBe(false);
    await expect(ensure({ domain: 'other.example' })).rejects.toThrow('ca.key is missing');
  });

  test('a ca.key of another root and a damaged ca.crt are refused, and not replaced', async () => {
    await ensure();
    const [key, certificate] = [directory.read('ca.key') ?? '', directory.read('ca.crt') ?? ''];
    directory.write('ca.key', directory.read('server.key') ?? '');
    await expect(ensure()).rejects.toThrow('is not the key of ca.crt');
    directory.write('ca.key', key);
    directory.write('ca.crt', 'garbage');
    await expect(ensure()).rejects.toThrow('is not a certificate');
    expect([directory.read('ca.key'), directory.read('ca.crt')]).toEqual([key, 'garbage']);
    directory.write('ca.crt', certificate);
    expect((await ensure()).issued).toBe(false);
  });
});
