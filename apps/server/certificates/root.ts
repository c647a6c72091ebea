import { X509Certificate } from 'node:crypto';
import { BootError } from '../config/boot-error.ts';
import { type CertificateFiles, fileNames } from './files.ts';
import type { Issued } from './issue.ts';
import { loadIssuer } from './load-issuer.ts';
import { isKeyOf, lifeOf } from './pem.ts';

/** A root with less than this left is made anew, with the same key and name, so that the new file can be handed out in time. */
const rootRenewalMs = 398 * 86_400_000;

/** A certificate authority of the installation. */
export interface Root {
  readonly certificate: X509Certificate;
  readonly certificatePem: string;
  /** null where the operator keeps it elsewhere. */
  readonly keyPem: string | null;
}

/**
 * Reads the root, makes it at the first start, and makes it anew near its end.
 * @throws BootError when a file is damaged.
 */
export async function ensureRoot(directory: CertificateFiles, now: number): Promise<Root> {
  const [certificatePem, keyPem] = [directory.read(fileNames.rootCertificate), directory.read(fileNames.rootKey)];
  if (certificatePem === null) return makeRoot(directory, keyPem, now);
  const certificate = parseRoot(directory, certificatePem);
  if (keyPem !== null && !isKeyOf(certificate, keyPem)) {
    throw new BootError(
      `${directory.file(fileNames.rootKey)} is damaged or is not the key of ${fileNames.rootCertificate}.`,
      `Restore both from a backup, or delete both: then devices need the new ${fileNames.rootCertificate}.`,
    );
  }
  if (keyPem !== null && lifeOf(certificate).notAfter - now < rootRenewalMs) return makeRoot(directory, keyPem, now);
  return { certificate, certificatePem, keyPem };
}

/** The key is written first: a crash between the two leaves a key without a certificate, for which the next start makes one. */
async function makeRoot(directory: CertificateFiles, existingKeyPem: string | null, now: number): Promise<Root> {
  const { issueRoot } = await loadIssuer();
  let root: Issued;
  try {
    root = await issueRoot(existingKeyPem, now);
  } catch (error) {
    if (existingKeyPem === null) throw error;
    throw new BootError(
      `${directory.file(fileNames.rootKey)} is damaged.`,
      `Restore it from a backup, or delete it: then devices need the new ${fileNames.rootCertificate}.`,
      { cause: error },
    );
  }
  if (existingKeyPem === null) directory.write(fileNames.rootKey, root.keyPem);
  directory.write(fileNames.rootCertificate, root.certificatePem);
  return { certificate: new X509Certificate(root.certificatePem), ...root };
}

function parseRoot(directory: CertificateFiles, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new BootError(
      `${directory.file(fileNames.rootCertificate)} is not a certificate.`,
      `Restore it from a backup, or delete it: the next start makes it again from ${fileNames.rootKey}.`,
      { cause: error },
    );
  }
}
