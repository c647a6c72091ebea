/** Makes X.509 certificates. Reached through `loadIssuer`, which prepares what the library needs. */
import * as x509 from '@peculiar/x509';
import { isIP } from 'node:net';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;

/** Life of the root. */
const rootDays = 3650;
/** Life of a server certificate: below the 398 days that Apple's clients take. */
const serverDays = 397;
/** How far back a certificate begins, for devices whose clock is slow or in another time zone. */
const backdateMs = dayMs;
/** Longest common name (RFC 5280, ub-common-name). */
const commonNameLengthMax = 64;

export interface Issued {
  readonly certificatePem: string;
  /** PKCS #8. */
  readonly keyPem: string;
}

/**
 * Makes a root for `keyPem`, or for a new key where that is null. The name follows from the key, so a second root for
 * the same key is the same authority to a device that has the first.
 */
export async function issueRoot(keyPem: string | null, now: number): Promise<Issued> {
  const keys = keyPem === null ? await generateKeys() : await importKeys(keyPem);
  const subjectKeyId = await x509.SubjectKeyIdentifierExtension.create(keys.publicKey);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [`Berth CA ${subjectKeyId.keyId.slice(0, 8)}`] }],
    notBefore: atSecond(now - backdateMs),
    notAfter: atSecond(now - backdateMs + rootDays * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      subjectKeyId,
    ],
  });
  return { certificatePem: toPem(certificate), keyPem: keyPem ?? (await exportKey(keys.privateKey)) };
}

/**
 * Makes a server certificate with a new key, signed by the root itself: the shortest chain there is.
 * @param names DNS names (a wildcard may be one) and IP addresses; the first DNS name that fits is the common name.
 */
export async function issueServer(root: Issued, names: readonly string[], now: number): Promise<Issued> {
  const authority = new x509.X509Certificate(root.certificatePem);
  const authorityKeys = await importKeys(root.keyPem);
  const keys = await generateKeys();
  const commonName = names.find((name) => isIP(name) === 0 && name.length <= commonNameLengthMax) ?? 'Berth server';
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [commonName] }],
    issuer: authority.subjectName,
    notBefore: atSecond(now - backdateMs),
    // Not beyond the root: strict clients do not mind, people who read it do.
    notAfter: atSecond(Math.min(now - backdateMs + serverDays * dayMs, authority.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  return { certificatePem: toPem(certificate), keyPem: await exportKey(keys.privateKey) };
}

/** 128 random bits, positive and of full length. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

/** A certificate knows whole seconds only. */
function atSecond(timeMs: number): Date {
  return new Date(Math.floor(timeMs / 1000) * 1000);
}

function generateKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function importKeys(keyPem: string): Promise<CryptoKeyPair> {
  const privateKey = await crypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(keyPem), algorithm, true, [
    'sign',
  ]);
  const { kty = '', crv = '', x = '', y = '' } = await crypto.subtle.exportKey('jwk', privateKey);
  const publicKey = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, algorithm, true, ['verify']);
  return { privateKey, publicKey };
}

async function exportKey(key: CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

function toPem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}
