/** What is read out of certificates and keys in PEM. */
import { type X509Certificate, createPrivateKey } from 'node:crypto';
import { canonicalAddress } from '../config/names.ts';

/** The certificates of a PEM text in their order, each as a PEM block of its own. */
export function certificateBlocks(text: string): string[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => `${block.replaceAll('\r\n', '\n')}\n`);
}

/** DNS names and canonical IP addresses of the subject alternative names. */
export function namesOf(certificate: X509Certificate): string[] {
  if (certificate.subjectAltName === undefined) return [];
  return certificate.subjectAltName.split(', ').map((entry) => {
    const value = entry.slice(entry.indexOf(':') + 1);
    return entry.startsWith('IP Address:') ? (canonicalAddress(value) ?? value) : value;
  });
}

/** Whether the text is the private key of the certificate. */
export function isKeyOf(certificate: X509Certificate, keyPem: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}

/** Milliseconds since 1970. */
export function lifeOf(certificate: X509Certificate): { readonly notBefore: number; readonly notAfter: number } {
  return { notBefore: Date.parse(certificate.validFrom), notAfter: Date.parse(certificate.validTo) };
}

/** When two thirds of the life are over. */
export function renewalOf(certificate: X509Certificate): number {
  const { notBefore, notAfter } = lifeOf(certificate);
  return notBefore + ((notAfter - notBefore) * 2) / 3;
}

/** A distinguished name on one line, or its common name where it has one. */
export function shortName(distinguishedName: string): string {
  return /^CN=(.+)$/m.exec(distinguishedName)?.[1] ?? distinguishedName.replaceAll('\n', ', ');
}
