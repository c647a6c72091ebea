/** Whether the certificates of a file are a whole chain in order, and one that clients take today. */
import type { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { X509Certificate as Certificate } from 'node:crypto';
import { lifeOf, shortName } from './pem.ts';
import type { OwnProblem } from './own-problem.ts';

const dayMs = 86_400_000;
/** An expiry nearer than this is warned about. */
const expiryWarningMs = 14 * dayMs;

/** DER of signature algorithms that clients refuse: SHA-1 and MD5 with RSA, SHA-1 with ECDSA. */
const weakSignatures = ['06092a864886f70d010105', '06092a864886f70d010104', '06072a8648ce3d0401'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

export interface ChainReport {
  readonly problems: readonly OwnProblem[];
  readonly warnings: readonly string[];
}

/** @param chain as it stands in the file; @param path of the file, for the sentences. */
export function checkChain(chain: readonly X509Certificate[], path: string, now: number): ChainReport {
  const problems = [...checkOrder(chain, path)];
  const warnings: string[] = [];
  if (problems.length === 0) checkTop(chain, path, problems, warnings);
  for (const [index, certificate] of chain.entries())
    checkCertificate(certificate, index, path, now, problems, warnings);
  return { problems, warnings };
}

/** Whether the certificate signed itself. */
export function isRoot(certificate: X509Certificate): boolean {
  return isIssuedBy(certificate, certificate);
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** Each has to be signed by the one behind it (RFC 5246, section 7.4.2; small clients insist on it). */
function checkOrder(chain: readonly X509Certificate[], path: string): OwnProblem[] {
  for (const [index, certificate] of chain.entries()) {
    const next = chain[index + 1];
    if (next === undefined || isIssuedBy(certificate, next)) continue;
    const name = shortName(certificate.subject);
    const isPresent = chain.some((other) => other !== certificate && isIssuedBy(certificate, other));
    if (isPresent || isRoot(certificate)) {
      const message = `The certificates in ${path} are out of order: "${name}" is not signed by "${shortName(next.subject)}", which stands behind it.`;
      const remedy = 'Put the server certificate first, then the one that signed it, and so on up to the root.';
      return [{ message, remedy }];
    }
    return [
      {
        message: `The chain in ${path} has a gap: "${name}" is signed by "${shortName(certificate.issuer)}", and "${shortName(next.subject)}" stands behind it.`,
        remedy: `Put the certificate of "${shortName(certificate.issuer)}" right behind "${name}", and take away what does not belong to the chain.`,
      },
    ];
  }
  return [];
}

/** The last one: a root, or signed by a root that clients have. */
function checkTop(chain: readonly X509Certificate[], path: string, problems: OwnProblem[], warnings: string[]): void {
  const top = chain.at(-1);
  if (top === undefined || isRoot(top) || isIssuedByPublicRoot(top)) return;
  const issuer = shortName(top.issuer);
  if (chain.length === 1) {
    problems.push({
      message: `The chain in ${path} is not complete: the certificate of "${issuer}", which signed the server certificate, is missing.`,
      remedy: `Append it to the file (a certificate authority offers it as the "full chain"); where "${issuer}" is a root of your own, append that.`,
    });
    return;
  }
  warnings.push(
    `The chain in ${path} ends below "${issuer}", which is no root that this system knows: only devices that have it as a root will connect.`,
  );
}

let publicRoots: readonly X509Certificate[] | null = null;

function isIssuedByPublicRoot(certificate: X509Certificate): boolean {
  publicRoots ??= rootCertificates.map((pem) => new Certificate(pem));
  return publicRoots.some((root) => isIssuedBy(certificate, root));
}

function checkCertificate(
  certificate: X509Certificate,
  index: number,
  path: string,
  now: number,
  problems: OwnProblem[],
  warnings: string[],
): void {
  const { notBefore, notAfter } = lifeOf(certificate);
  const name = `"${shortName(certificate.subject)}" in ${path}`;
  const renew = index === 0 ? 'Renew it.' : 'Replace it with the current one of its authority.';
  if (now >= notAfter) {
    problems.push({ message: `The certificate ${name} has expired on ${dateOf(notAfter)}.`, remedy: renew });
  } else if (now < notBefore) {
    const message = `The certificate ${name} is not valid before ${dateOf(notBefore)}.`;
    problems.push({ message, remedy: 'Set the clock of this machine, or use the certificate from then on.' });
  } else if (notAfter - now < expiryWarningMs) {
    warnings.push(`The certificate ${name} expires on ${dateOf(notAfter)}. ${renew}`);
  }
  if (index > 0 && !certificate.ca) {
    const message = `The certificate ${name} is no certificate authority, so it cannot have signed the one before it.`;
    problems.push({ message, remedy: 'Put the certificate of the authority there.' });
  }
  if (!isRoot(certificate) && weakSignatures.some((algorithm) => certificate.raw.includes(algorithm))) {
    const message = `The certificate ${name} is signed with SHA-1 or MD5, which clients refuse.`;
    problems.push({ message, remedy: 'Have it made again with SHA-256.' });
  }
}

/** With the time of day: around the end it matters. */
function dateOf(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
