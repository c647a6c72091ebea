/** The certificates of an installation: a root that stays, and a server certificate that follows the configuration. */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { BootError } from '../config/boot-error.ts';
import type { DataDirectory } from '../config/data-directory.ts';
import { canonicalAddress } from '../config/names.ts';
import type { Issued } from './issue.ts';
import { loadIssuer } from './load-issuer.ts';

const files = {
  rootCertificate: 'ca.crt',
  rootKey: 'ca.key',
  serverCertificate: 'server.crt',
  serverKey: 'server.key',
};

/** A root with less than this left is made anew, with the same key and name, so that the new file can be handed out in time. */
const rootRenewalMs = 398 * 86_400_000;

export interface CertificateOptions {
  /** Deployments have addresses directly below it. */
  readonly domain: string;
  /** Further DNS names and IP addresses. */
  readonly san: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Certificates {
  /** PEM, and the path of the file that devices are given. */
  readonly ca: { readonly cert: string; readonly path: string };
  readonly server: {
    /** PEM, the server certificate alone: the root signs it directly, and a device that lacks the root would not trust a sent one. */
    readonly cert: string;
    readonly key: string;
    /** Milliseconds since 1970; call again when two thirds of the time have passed. */
    readonly notAfter: number;
    readonly renewAt: number;
    readonly names: readonly string[];
  };
  /** Whether the server certificate is a new one. */
  readonly issued: boolean;
}

/**
 * Reads the certificates, and makes what is missing: the root at the first start, the server certificate also when the
 * names have changed, two thirds of its life have passed, or its files do not fit together.
 * @throws BootError when a file is damaged, or the key of the root is needed and gone.
 */
export async function ensureCertificates(directory: DataDirectory, options: CertificateOptions): Promise<Certificates> {
  const root = await ensureRoot(directory, options.now);
  const names = serverNames(options);
  const existing = readServer(directory);
  const isIssued = existing === null || !isStillGood(existing, root.certificate, names, options.now);
  const server = isIssued ? await makeServer(directory, root, names, options.now) : existing;
  const certificate = new X509Certificate(server.certificatePem);
  return {
    ca: { cert: root.certificate.toString(), path: directory.file(files.rootCertificate) },
    server: {
      cert: server.certificatePem,
      key: server.keyPem,
      notAfter: Date.parse(certificate.validTo),
      renewAt: renewalOf(certificate),
      names,
    },
    issued: isIssued,
  };
}

/** The names in the order in which they stand in the certificate. */
function serverNames({ domain, san }: CertificateOptions): string[] {
  return [...new Set([`*.${domain}`, domain, 'localhost', '127.0.0.1', '::1', ...san])];
}

interface Root {
  readonly certificate: X509Certificate;
  readonly certificatePem: string;
  /** null where the operator keeps it elsewhere. */
  readonly keyPem: string | null;
}

async function ensureRoot(directory: DataDirectory, now: number): Promise<Root> {
  const [certificatePem, keyPem] = [directory.read(files.rootCertificate), directory.read(files.rootKey)];
  if (certificatePem === null) return makeRoot(directory, keyPem, now);
  const certificate = parseCertificate(directory, files.rootCertificate, certificatePem);
  if (keyPem !== null && !isKeyOf(certificate, keyPem)) {
    throw new BootError(
      `${directory.file(files.rootKey)} is damaged or is not the key of ${files.rootCertificate}.`,
      `Restore both from a backup, or delete both: then devices need the new ${files.rootCertificate}.`,
    );
  }
  if (keyPem !== null && Date.parse(certificate.validTo) - now < rootRenewalMs) return makeRoot(directory, keyPem, now);
  return { certificate, certificatePem, keyPem };
}

/** The key is written first: a crash between the two leaves a key without a certificate, for which the next start makes one. */
async function makeRoot(directory: DataDirectory, existingKeyPem: string | null, now: number): Promise<Root> {
  const { issueRoot } = await loadIssuer();
  let root: Issued;
  try {
    root = await issueRoot(existingKeyPem, now);
  } catch (error) {
    if (existingKeyPem === null) throw error;
    throw new BootError(
      `${directory.file(files.rootKey)} is damaged.`,
      `Restore it from a backup, or delete it: then devices need the new ${files.rootCertificate}.`,
      { cause: error },
    );
  }
  if (existingKeyPem === null) directory.write(files.rootKey, root.keyPem);
  directory.write(files.rootCertificate, root.certificatePem);
  return { certificate: new X509Certificate(root.certificatePem), ...root };
}

function readServer(directory: DataDirectory): Issued | null {
  const [certificatePem, keyPem] = [directory.read(files.serverCertificate), directory.read(files.serverKey)];
  return certificatePem === null || keyPem === null ? null : { certificatePem, keyPem };
}

async function makeServer(
  directory: DataDirectory,
  root: Root,
  names: readonly string[],
  now: number,
): Promise<Issued> {
  if (root.keyPem === null) {
    throw new BootError(
      `A new server certificate is due and ${directory.file(files.rootKey)} is missing.`,
      `Restore it from a backup, or delete ${files.rootCertificate} too: then devices need the new one.`,
    );
  }
  const { issueServer } = await loadIssuer();
  const server = await issueServer({ certificatePem: root.certificatePem, keyPem: root.keyPem }, names, now);
  directory.write(files.serverKey, server.keyPem);
  directory.write(files.serverCertificate, server.certificatePem);
  return server;
}

function isStillGood(server: Issued, root: X509Certificate, names: readonly string[], now: number): boolean {
  try {
    const certificate = new X509Certificate(server.certificatePem);
    const begun = Date.parse(certificate.validFrom) <= now;
    const found = namesOf(certificate);
    return (
      begun &&
      now < renewalOf(certificate) &&
      found.length === names.length &&
      names.every((name) => found.includes(name)) &&
      isKeyOf(certificate, server.keyPem) &&
      certificate.verify(root.publicKey)
    );
  } catch {
    // Damaged: a new one costs nothing and no device has it.
    return false;
  }
}

function renewalOf(certificate: X509Certificate): number {
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  return from + ((to - from) * 2) / 3;
}

function namesOf(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '').split(', ').map((entry) => {
    const value = entry.slice(entry.indexOf(':') + 1);
    return entry.startsWith('IP Address:') ? (canonicalAddress(value) ?? value) : value;
  });
}

function isKeyOf(certificate: X509Certificate, keyPem: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}

function parseCertificate(directory: DataDirectory, name: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new BootError(
      `${directory.file(name)} is not a certificate.`,
      `Restore it from a backup, or delete it: the next start makes it again from ${files.rootKey}.`,
      { cause: error },
    );
  }
}
