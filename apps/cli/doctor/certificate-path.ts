import type { X509Certificate } from 'node:crypto';

/** How far the certificates of a server lead towards a root that is trusted. Pure. */
export interface CertificatePath {
  /** From the certificate of the server upwards, the root with them where it was found. */
  readonly certificates: readonly X509Certificate[];
  /**
   * - `trusted`: up to a root that is trusted
   * - `self-signed`: up to a root that is not
   * - `other-key`: the issuer has the name of a trusted root, but another key
   * - `incomplete`: the issuer was not sent, and everything speaks for an intermediate certificate
   * - `unknown`: the issuer was not sent and is not trusted
   */
  readonly end: 'trusted' | 'self-signed' | 'other-key' | 'incomplete' | 'unknown';
}

/** Follows issuers from the first certificate. @param sent by the server, its own first. */
export function followPath(sent: readonly X509Certificate[], roots: readonly X509Certificate[]): CertificatePath {
  const certificates: X509Certificate[] = [];
  let current = sent[0];
  while (current !== undefined) {
    const certificate: X509Certificate = current;
    certificates.push(certificate);
    if (roots.some((root) => root.fingerprint256 === certificate.fingerprint256))
      return { certificates, end: 'trusted' };
    const root = roots.find((candidate) => isIssuedBy(certificate, candidate));
    if (root !== undefined) return { certificates: [...certificates, root], end: 'trusted' };
    if (isIssuedBy(certificate, certificate)) return { certificates, end: 'self-signed' };
    // Not whoever happens to have a certificate of the same CA: only an authority may issue (RFC 5280 section 4.2.1.9).
    current = sent.find(
      (candidate) => candidate.ca && !certificates.includes(candidate) && isIssuedBy(certificate, candidate),
    );
  }
  const last = certificates.at(-1);
  return { certificates, end: last === undefined ? 'unknown' : endOf(last, certificates.length === 1, roots) };
}

function endOf(last: X509Certificate, isLeaf: boolean, roots: readonly X509Certificate[]): CertificatePath['end'] {
  if (roots.some((root) => root.subject === last.issuer)) return 'other-key';
  // Above an intermediate certificate there is the root, which nobody has to send.
  if (!isLeaf) return 'unknown';
  // Public authorities tell where the issuer is to be had; private ones mostly share the organization with their root.
  const organization = organizationOf(last.issuer);
  const isFamily = organization !== null && roots.some((root) => organizationOf(root.subject) === organization);
  return isFamily || last.infoAccess?.includes('CA Issuers') === true ? 'incomplete' : 'unknown';
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.issuer === issuer.subject && certificate.verify(issuer.publicKey);
}

function organizationOf(name: string): string | null {
  return /^O=(.+)$/m.exec(name)?.[1] ?? null;
}

/** A name of X.509 on one line: `CN=a, O=b`. */
export function oneLine(name: string): string {
  return name.split('\n').filter(Boolean).join(', ');
}

/** Key of a certificate in words: `ECDSA P-256`, `RSA 2048`. */
export function keyOf(certificate: X509Certificate): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  if (type === 'ec') return `ECDSA ${curveNames[details?.namedCurve ?? ''] ?? details?.namedCurve ?? ''}`.trim();
  if (type === 'rsa') return `RSA ${details?.modulusLength ?? ''}`.trim();
  return type ?? 'unknown';
}

const curveNames: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};
