/** Certificates with every mistake that an operator can make, for tests. */
import './reflect.ts';
import { createPrivateKey } from 'node:crypto';

const dayMs = 86_400_000;
const serverAuth = '1.3.6.1.5.5.7.3.1';

export type KeyKind = 'P-256' | 'RSA-1024' | 'RSA-2048' | 'Ed25519';

const algorithms = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'RSA-1024': rsa(1024),
  'RSA-2048': rsa(2048),
  Ed25519: { name: 'Ed25519' },
} as const;

function rsa(modulusLength: number) {
  return { name: 'RSASSA-PKCS1-v1_5', modulusLength, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' };
}

/** A certificate that can sign others. PEM. */
export interface Made {
  readonly cert: string;
  readonly key: string;
  readonly subject: string;
  readonly organization: string | null;
  readonly keys: CryptoKeyPair;
  readonly kind: KeyKind;
}

export interface MadeOptions {
  readonly subject: string;
  /** Organization in the name; default: none. */
  readonly organization?: string | null;
  /** null signs itself. */
  readonly issuer: Made | null;
  /** Names; null makes a certificate authority. */
  readonly names?: readonly string[] | null;
  readonly kind?: KeyKind;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly days?: number;
  /** null leaves the extension out. */
  readonly usage?: string | null;
}

/** Makes one certificate. */
export async function make(options: MadeOptions): Promise<Made> {
  const x509 = await import('@peculiar/x509');
  const { subject, issuer, names = null, kind = 'P-256', notBefore, days = 90, usage = serverAuth } = options;
  const { organization = null } = options;
  const keys = (await crypto.subtle.generateKey(algorithms[kind], true, ['sign', 'verify'])) as CryptoKeyPair;
  const signingKey = issuer?.keys.privateKey ?? keys.privateKey;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '4012',
    subject: nameOf(subject, organization),
    issuer: issuer === null ? nameOf(subject, organization) : nameOf(issuer.subject, issuer.organization),
    notBefore: new Date(notBefore),
    notAfter: new Date(notBefore + days * dayMs),
    signingAlgorithm: algorithms[issuer?.kind ?? kind],
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(names === null, undefined, true),
      ...(usage === null || names === null ? [] : [new x509.ExtendedKeyUsageExtension([usage])]),
      ...(names === null || names.length === 0
        ? []
        : [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value })))]),
    ],
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' });
  return { cert: `${certificate.toString('pem')}\n`, key, subject, organization, keys, kind };
}

function nameOf(subject: string, organization: string | null) {
  return [{ CN: [subject] }, ...(organization === null ? [] : [{ O: [organization] }])];
}
