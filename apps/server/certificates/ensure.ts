/** The certificates of an installation: a root that stays, and a server certificate that follows the configuration. */
import { X509Certificate } from 'node:crypto';
import { BootError } from '../config/boot-error.ts';
import { type CertificateFiles, fileNames } from './files.ts';
import type { Issued } from './issue.ts';
import { loadIssuer } from './load-issuer.ts';
import { isKeyOf, lifeOf, namesOf, renewalOf } from './pem.ts';
import { type ActiveRollover, settleRollover } from './rollover.ts';
import { ensureRoot, type Root } from './root.ts';

export interface CertificateOptions {
  /** Deployments have addresses directly below it. */
  readonly domain: string;
  /** Further DNS names and IP addresses. */
  readonly san: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Makes a new server certificate though the old one would do. */
  readonly force?: boolean;
}

export interface Certificates {
  /** PEM, and the path of the file that devices are given: one root, or the old and then the new one during a rollover. */
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
  /** The change to a second root that is under way. */
  readonly rollover: ActiveRollover | null;
}

/**
 * Reads the certificates, and makes what is missing: the root at the first start, the server certificate also when the
 * names have changed, two thirds of its life have passed, another root signs now, or its files do not fit together.
 * @throws BootError when a file is damaged, or the key of the root is needed and gone.
 */
export async function ensureCertificates(
  directory: CertificateFiles,
  options: CertificateOptions,
): Promise<Certificates> {
  return ensureFor(directory, serverNames(options), options.now, options.force ?? false);
}

/** The same for given names: where the configuration is not at hand, those of the certificate that is there. */
export async function ensureFor(
  directory: CertificateFiles,
  names: readonly string[],
  now: number,
  force: boolean,
): Promise<Certificates> {
  const rollover = settleRollover(directory, now);
  const root = rollover === null ? await ensureRoot(directory, now) : signingRoot(rollover);
  const existing = readServer(directory);
  const isIssued = force || existing === null || !isStillGood(existing, root.certificate, names, now);
  const server = isIssued ? await makeServer(directory, root, names, now) : existing;
  const certificate = new X509Certificate(server.certificatePem);
  return {
    ca: {
      cert: rollover === null ? root.certificate.toString() : (directory.read(fileNames.rootCertificate) ?? ''),
      path: directory.file(fileNames.rootCertificate),
    },
    server: {
      cert: server.certificatePem,
      key: server.keyPem,
      notAfter: lifeOf(certificate).notAfter,
      renewAt: renewalOf(certificate),
      names,
    },
    issued: isIssued,
    rollover,
  };
}

function signingRoot(rollover: ActiveRollover): Root {
  return rollover.phase === 'switched' ? rollover.newRoot : rollover.oldRoot;
}

/** The names in the order in which they stand in the certificate. */
function serverNames({ domain, san }: CertificateOptions): string[] {
  return [...new Set([`*.${domain}`, domain, 'localhost', '127.0.0.1', '::1', ...san])];
}

function readServer(directory: CertificateFiles): Issued | null {
  const certificatePem = directory.read(fileNames.serverCertificate);
  const keyPem = directory.read(fileNames.serverKey);
  return certificatePem === null || keyPem === null ? null : { certificatePem, keyPem };
}

async function makeServer(
  directory: CertificateFiles,
  root: Root,
  names: readonly string[],
  now: number,
): Promise<Issued> {
  if (root.keyPem === null) {
    throw new BootError(
      `A new server certificate is due and ${directory.file(fileNames.rootKey)} is missing.`,
      `Restore it from a backup, or delete ${fileNames.rootCertificate} too: then devices need the new one.`,
    );
  }
  const { issueServer } = await loadIssuer();
  const server = await issueServer({ certificatePem: root.certificatePem, keyPem: root.keyPem }, names, now);
  // A crash between the two leaves files that do not fit together, for which the next start makes both anew.
  directory.write(fileNames.serverKey, server.keyPem);
  directory.write(fileNames.serverCertificate, server.certificatePem);
  return server;
}

function isStillGood(server: Issued, root: X509Certificate, names: readonly string[], now: number): boolean {
  try {
    const certificate = new X509Certificate(server.certificatePem);
    const found = namesOf(certificate);
    return (
      lifeOf(certificate).notBefore <= now &&
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
