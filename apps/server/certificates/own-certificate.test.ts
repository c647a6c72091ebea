import { beforeAll, describe, expect, test } from 'bun:test';
import { createPrivateKey } from 'node:crypto';
import { checkOwnCertificate, type OwnInput } from './own-certificate.ts';
import { OwnFiles } from './own-files.ts';
import { type Made, make, type MadeOptions } from './test-chain.ts';

const dayMs = 86_400_000;
const now = Date.UTC(2026, 5, 1);
const notBefore = now - 10 * dayMs;
const domain = 'mqtt.example.com';
const names = [`*.${domain}`, domain, 'localhost'];

let root: Made;
let intermediate: Made;
let server: Made;
let other: Made;

const below = (options: Partial<MadeOptions>) =>
  make({ subject: 'server', issuer: intermediate, names, notBefore, ...options });

beforeAll(async () => {
  root = await make({ subject: 'Test Root', issuer: null, notBefore, days: 3000 });
  intermediate = await make({ subject: 'Test Intermediate', issuer: root, notBefore, days: 1000 });
  server = await below({});
  other = await make({ subject: 'Other Root', issuer: null, notBefore, days: 3000 });
});

const input = (given: Partial<OwnInput>): OwnInput => ({
  certPath: 'c.pem',
  cert: server.cert + intermediate.cert + root.cert,
  keyPath: 'k.pem',
  key: server.key,
  domain,
  san: [],
  now,
  ...given,
});

function accepted(given: Partial<OwnInput>) {
  const result = checkOwnCertificate(input(given));
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result;
}

function sentences(given: Partial<OwnInput>): string[] {
  const result = checkOwnCertificate(input(given));
  if (result.ok) throw new Error('no problem was found');
  return result.problems.map(({ message, remedy }) => `${message} ${remedy}`);
}

describe('a certificate of the operator that is good', () => {
  test('with its root: the root is what devices are given, and is not shown by the server', () => {
    const { certificate, warnings } = accepted({});
    expect(certificate.cert).toBe(server.cert + intermediate.cert);
    expect([certificate.root, certificate.key, warnings]).toEqual([root.cert, server.key, []]);
  });

  test('without its root: devices have that, and a root that this system does not know is warned about', () => {
    const { certificate, warnings } = accepted({ cert: server.cert + intermediate.cert });
    expect([certificate.cert, certificate.root]).toEqual([server.cert + intermediate.cert, null]);
    expect(warnings).toEqual([expect.stringContaining('ends below "Test Root"')]);
  });

  test('directly under a root, self-signed, and of RSA', async () => {
    const direct = await below({ issuer: root });
    expect(accepted({ cert: direct.cert + root.cert, key: direct.key }).certificate.cert).toBe(direct.cert);
    const alone = await below({ issuer: null });
    expect(accepted({ cert: alone.cert, key: alone.key }).certificate).toMatchObject({
      cert: alone.cert,
      root: alone.cert,
    });
    const ofRsa = await below({ kind: 'RSA-2048' });
    const pkcs1 = createPrivateKey(ofRsa.key).export({ format: 'pem', type: 'pkcs1' });
    expect(accepted({ cert: ofRsa.cert + intermediate.cert, key: pkcs1 }).certificate.key).toBe(pkcs1);
  });

  test('in one file with its key, with text between, CRLF at line ends', () => {
    const both = `Bag Attributes\r\n${(server.key + server.cert).replaceAll('\n', '\r\n')}text\n${intermediate.cert}${root.cert}`;
    expect(accepted({ cert: both, key: both }).certificate.cert).toBe(server.cert + intermediate.cert);
  });

  test('without extended key usage, or with any', async () => {
    for (const usage of [null, '2.5.29.37.0']) {
      const made = await below({ usage });
      expect(accepted({ cert: made.cert + intermediate.cert + root.cert, key: made.key }).warnings).toEqual([]);
    }
  });

  test('without localhost or a name of --san: a warning; near its end: another', async () => {
    const made = await below({ names: [`*.${domain}`, domain], days: 15 });
    const { warnings } = accepted({ cert: made.cert + intermediate.cert + root.cert, key: made.key, san: ['gw.lan'] });
    expect(warnings).toEqual([
      'The certificate "server" in c.pem expires on 2026-06-06 00:00 UTC. Renew it.',
      'The certificate in c.pem does not cover localhost, gw.lan: clients cannot connect by these names.',
    ]);
  });

  test('the domain itself may be covered by a wildcard above it', async () => {
    const made = await below({ names: [`*.${domain}`, '*.example.com'] });
    expect(checkOwnCertificate(input({ cert: made.cert + intermediate.cert + root.cert, key: made.key })).ok).toBe(
      true,
    );
  });
});

describe('each mistake is one clear sentence with the remedy', () => {
  const chained = (made: Made) => ({ cert: made.cert + intermediate.cert + root.cert, key: made.key });

  test('the chain', async () => {
    expect(sentences({ cert: server.cert })).toEqual([
      'The chain in c.pem is not complete: the certificate of "Test Intermediate", which signed the server certificate, is missing. Append it to the file (a certificate authority offers it as the "full chain"); where "Test Intermediate" is a root of your own, append that.',
    ]);
    expect(sentences({ cert: server.cert + root.cert })).toEqual([
      'The chain in c.pem has a gap: "server" is signed by "Test Intermediate", and "Test Root" stands behind it. Put the certificate of "Test Intermediate" right behind "server", and take away what does not belong to the chain.',
    ]);
    expect(sentences({ cert: server.cert + root.cert + intermediate.cert })).toEqual([
      expect.stringMatching(/^The certificates in c\.pem are out of order: "server" is not signed by "Test Root"/),
    ]);
    expect(sentences({ cert: intermediate.cert + server.cert })).toEqual([
      'The key in k.pem belongs to "server", which is not the first certificate in c.pem. Put the server certificate first, then the one that signed it, and so on.',
    ]);
    expect(sentences({ cert: server.cert + intermediate.cert + root.cert + other.cert })).toEqual([
      expect.stringContaining('out of order: "Test Root" is not signed by "Other Root"'),
    ]);
    const twin = await make({ subject: 'Test Intermediate', issuer: root, notBefore });
    expect(sentences({ cert: server.cert + twin.cert + root.cert })[0]).toContain('has a gap');
    const end = await below({ subject: 'no authority', issuer: root });
    const wrong = await below({ issuer: end });
    expect(sentences({ cert: wrong.cert + end.cert + root.cert, key: wrong.key })[0]).toMatch(
      /no certificate authority|gap/,
    );
  });

  test('the key', async () => {
    expect(sentences({ key: other.key })).toEqual([
      'The key in k.pem is not the one of the certificate "server". Give the key with which that certificate was asked for.',
    ]);
    const pem = createPrivateKey(server.key);
    const encrypted = pem.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' });
    expect(sentences({ key: encrypted })[0]).toContain('is protected by a passphrase');
    const legacy =
      '-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n';
    expect(sentences({ key: legacy })[0]).toContain('is protected by a passphrase');
    expect(sentences({ key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n' })).toEqual([
      'The key in k.pem is damaged. Copy it again from where it was made.',
    ]);
    expect(sentences({ key: server.cert })[0]).toContain('k.pem holds a certificate and no key.');
    expect(sentences({ key: '\u0030\u0082' })[0]).toContain('holds no private key in PEM form');
    expect(sentences(chained(await below({ kind: 'RSA-1024' })))[0]).toContain('The RSA key in k.pem has 1024 bits');
    expect(sentences(chained(await below({ kind: 'Ed25519' })))[0]).toContain('of a kind that clients do not take');
  });

  test('the file', () => {
    expect(sentences({ cert: server.key })[0]).toContain('c.pem holds a key and no certificate.');
    expect(sentences({ cert: '' })[0]).toContain('c.pem holds no certificate in PEM form.');
    const damaged = server.cert.replace(/\n.{8}/, '\nAAAAAAAA');
    expect(sentences({ cert: server.cert.slice(0, 200) + intermediate.cert })[0]).toContain('is cut off');
    expect(sentences({ cert: damaged + intermediate.cert })[0]).toMatch(/^Certificate 1 of 2 in c\.pem is damaged\./);
  });

  test('names, usage and time', async () => {
    expect(sentences({ domain: 'other.example' })).toEqual([
      'The certificate in c.pem is for *.mqtt.example.com, mqtt.example.com, localhost and does not cover *.other.example, other.example, where deployments have their addresses. Have it made for *.other.example and other.example, or set --domain to the domain that it is for.',
    ]);
    expect(sentences(chained(await below({ names: [domain] })))[0]).toContain(`does not cover *.${domain}, where`);
    expect(sentences(chained(await below({ names: [] })))[0]).toContain('has no subject alternative names');
    expect(sentences(chained(await below({ usage: '1.3.6.1.5.5.7.3.2' })))[0]).toContain('lacks serverAuth');
    expect(sentences({ now: now + 80 * dayMs })).toEqual([
      'The certificate "server" in c.pem has expired on 2026-08-20 00:00 UTC. Renew it.',
    ]);
    expect(sentences({ now: now - 20 * dayMs })[0]).toContain(
      '"server" in c.pem is not valid before 2026-05-22 00:00 UTC. Set the clock',
    );
  });

  test('several at once are all told', () => {
    expect(sentences({ key: other.key, domain: 'other.example', now: now + 80 * dayMs })).toHaveLength(3);
  });
});

describe('the files while they are watched', () => {
  /** The files as they are now; null is none. */
  let files: Record<string, string | null>;
  const watch = () =>
    new OwnFiles({
      cert: 'c.pem',
      key: 'k.pem',
      domain,
      san: [],
      readFile(path) {
        const text = files[path];
        if (text == null) throw Object.assign(new Error(path), { code: 'ENOENT' });
        return text;
      },
    });
  const chainOf = (made: Made) => made.cert + intermediate.cert + root.cert;

  test('a change is taken when both files fit; in between nothing is said', async () => {
    files = { 'c.pem': chainOf(server), 'k.pem': server.key };
    const own = watch();
    expect(own.read(now).kind).toBe('accepted');
    expect(own.look(now).kind).toBe('unchanged');
    const renewed = await below({ subject: 'renewed' });
    for (const step of [{ 'c.pem': null }, { 'c.pem': renewed.cert.slice(0, 200) }, { 'c.pem': chainOf(renewed) }]) {
      files = { ...files, ...step };
      expect(own.look(now).kind).toBe('unchanged');
    }
    files = { ...files, 'k.pem': renewed.key };
    const look = own.look(now);
    expect(look.kind === 'accepted' && look.certificate.server.subject).toBe('CN=renewed');
    expect(own.look(now).kind).toBe('unchanged');
  });

  test('a bad state that stays is refused once, and the right one is taken later', () => {
    files = { 'c.pem': chainOf(server), 'k.pem': server.key };
    const own = watch();
    own.read(now);
    files = { ...files, 'k.pem': other.key };
    expect([own.look(now).kind, own.look(now).kind, own.look(now).kind]).toEqual(['unchanged', 'refused', 'unchanged']);
    files = { ...files, 'k.pem': null };
    own.look(now);
    expect(own.look(now)).toMatchObject({
      kind: 'refused',
      problems: [
        { message: 'The key file k.pem cannot be read: it does not exist.', remedy: 'Check the path in --key.' },
      ],
    });
    files = { ...files, 'k.pem': server.key };
    expect(own.look(now).kind).toBe('accepted');
  });
});
