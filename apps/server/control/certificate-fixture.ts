import type { CertificatePort } from './routes/certificates.ts';

const caFile = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n';
const life = { notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2027-01-01T00:00:00.000Z' };

const status: ReturnType<CertificatePort['status']> = {
  source: 'berth',
  server: {
    name: '*.berth.localhost',
    fingerprint: 'AA',
    ...life,
    names: ['*.berth.localhost'],
    issuer: 'Berth CA',
    renewAt: '2026-09-01T00:00:00.000Z',
  },
  caFile,
  roots: [{ name: 'Berth CA', fingerprint: 'BB', ...life, role: 'current' }],
  rollover: null,
  refused: null,
};

const done = () => Promise.resolve({ ok: true, status } as const);

/** Certificates for tests of other things: nothing changes them. */
export const fixedCertificates: CertificatePort = {
  caFile,
  status: () => status,
  renew: done,
  planRollover: done,
  cancelRollover: done,
  finishRollover: done,
};
