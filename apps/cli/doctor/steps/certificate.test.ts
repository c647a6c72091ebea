import { describe, expect, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { make, type KeyKind } from '../../../server/certificates/test-chain.ts';
import type { DoctorRequest } from '../request.ts';
import { judgeName, judgeWeight } from './certificate.ts';

const notBefore = Date.UTC(2026, 0, 1);

async function certificate(names: readonly string[], kind: KeyKind = 'P-256'): Promise<X509Certificate> {
  const { cert } = await make({ subject: 'a.example', issuer: null, names, notBefore, kind });
  return new X509Certificate(cert);
}

function request(host: string, more: Partial<DoctorRequest> = {}, insecure = false): DoctorRequest {
  const connection = {
    target: { scheme: 'mqtts', host, port: 8883, path: '/mqtt' },
    tls: { serverName: null, insecure },
  };
  return { connection, language: null, ...more } as unknown as DoctorRequest;
}

describe('the name in a certificate', () => {
  test('fits, also with a wildcard', async () => {
    const leaf = await certificate(['a.example', '*.b.example']);
    expect(judgeName(request('a.example'), leaf, null).status).toBe('ok');
    expect(judgeName(request('x.b.example'), leaf, 'alias.example').status).toBe('ok');
  });

  test('is another one', async () => {
    const leaf = await certificate(['a.example', '*.b.example']);
    for (const host of ['c.example', 'x.y.b.example', '192.0.2.1']) {
      const { status, fault } = judgeName(request(host), leaf, null);
      expect([host, status, fault]).toEqual([host, 'failed', 'tls.host-name']);
    }
    expect(judgeName(request('c.example'), leaf, 'a.example').fault).toBe('address.foreign-cname');
    expect(judgeName(request('c.example', {}, true), leaf, null).status).toBe('warning');
  });

  test('stands as the common name only', async () => {
    const { status, fault } = judgeName(request('a.example'), await certificate([]), null);
    expect([status, fault]).toEqual(['warning', 'tls.host-name']);
  });
});

describe('what a small device can take', () => {
  test('a short chain with small keys', async () => {
    const leaf = await certificate(['a.example']);
    expect(judgeWeight(request('a.example', { language: 'esp8266' }), [leaf]).status).toBe('ok');
  });

  test('a long chain matters to small devices only', async () => {
    const chain = await Promise.all([1, 2, 3, 4].map(() => certificate(['a.example'], 'RSA-2048')));
    const small = judgeWeight(request('a.example', { language: 'esp32' }), chain);
    expect([small.status, small.fault]).toEqual(['warning', 'tls.chain-large']);
    expect(judgeWeight(request('a.example'), chain).status).toBe('ok');
  });

  test('a key that is too short is refused by current clients', async () => {
    const { status, fault } = judgeWeight(request('a.example'), [await certificate(['a.example'], 'RSA-1024')]);
    expect([status, fault]).toEqual(['warning', 'tls.certificate-rejected']);
  });
});
