import { describe, expect, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { make, type Made } from '../../server/certificates/test-chain.ts';
import { followPath, keyOf, oneLine } from './certificate-path.ts';

const notBefore = Date.UTC(2026, 0, 1);
const root = await make({ subject: 'Root', organization: 'Example', issuer: null, notBefore });
const namesake = await make({ subject: 'Root', organization: 'Example', issuer: null, notBefore });
const stranger = await make({ subject: 'Other', issuer: null, notBefore });
const intermediate = await make({ subject: 'Middle', organization: 'Example', issuer: root, notBefore });
const plainIntermediate = await make({ subject: 'Plain', issuer: root, notBefore });
const direct = await make({ subject: 'host', issuer: root, names: ['host'], notBefore });
const below = await make({ subject: 'host', issuer: intermediate, names: ['host'], notBefore });
const belowPlain = await make({ subject: 'host', issuer: plainIntermediate, names: ['host'], notBefore });

const read = (...made: Made[]): X509Certificate[] => made.map(({ cert }) => new X509Certificate(cert));
const endOf = (sent: Made[], roots: Made[]): string => followPath(read(...sent), read(...roots)).end;

describe('a path', () => {
  test('to a trusted root, sent or not', () => {
    expect(endOf([direct], [root])).toBe('trusted');
    expect(endOf([direct, root], [stranger, root])).toBe('trusted');
    expect(endOf([below, intermediate], [root])).toBe('trusted');
    const path = followPath(read(below, intermediate), read(root));
    expect(path.certificates.map(({ subject }) => oneLine(subject))).toEqual([
      'CN=host',
      'CN=Middle, O=Example',
      'CN=Root, O=Example',
    ]);
  });

  test('in whatever order the server sends it, and with certificates that do not belong to it', () => {
    expect(endOf([below, stranger, root, intermediate], [root])).toBe('trusted');
  });

  test('an intermediate certificate may be the one that is trusted', () => {
    expect(endOf([below], [intermediate])).toBe('trusted');
  });

  test('to a root that is not trusted', () => {
    expect(endOf([direct, root], [stranger])).toBe('self-signed');
    expect(endOf([stranger], [root])).toBe('self-signed');
  });

  test('to a CA of the same name that has another key', () => {
    expect(endOf([direct], [namesake])).toBe('other-key');
  });

  test('that lacks an intermediate of the same organization', () => {
    expect(endOf([below], [root])).toBe('incomplete');
  });

  test('not over the certificate of another server of the same CA: that is no authority', async () => {
    const forged = await make({ subject: 'bank', issuer: direct, names: ['bank'], notBefore });
    expect(endOf([forged, direct], [root])).toBe('unknown');
  });

  test('to an issuer that nobody knows', () => {
    expect(endOf([belowPlain], [root])).toBe('unknown');
    expect(endOf([direct], [stranger])).toBe('unknown');
    // Above an intermediate there is the root, which is not sent: the wrong CA file, not a gap.
    expect(endOf([below, intermediate], [stranger])).toBe('unknown');
    expect(endOf([], [root])).toBe('unknown');
  });
});

test('keys in words', async () => {
  const rsa = await make({ subject: 'rsa', issuer: null, notBefore, kind: 'RSA-2048' });
  const ed25519 = await make({ subject: 'ed', issuer: null, notBefore, kind: 'Ed25519' });
  expect(read(direct, rsa, ed25519).map(keyOf)).toEqual(['ECDSA P-256', 'RSA 2048', 'ed25519']);
});
