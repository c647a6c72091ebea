/** The certificates of a data directory on which no service runs, for the commands of its machine. */
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataDirectory } from '../config/data-directory.ts';
import { type CertificateAnswer, type Refusal, refusal } from './answer.ts';
import { ensureFor } from './ensure.ts';
import { type CertificateFiles, fileNames } from './files.ts';
import { namesOf } from './pem.ts';
import { peekRollover } from './rollover.ts';
import { cancelRollover, finishRollover, planRollover } from './rollover-requests.ts';
import { type CertificateStatus, statusOf, statusOfOwn } from './status.ts';

/** What can be asked for. */
export type OfflineChange =
  | { readonly kind: 'renew' | 'cancel' | 'finish' }
  /** Milliseconds since 1970, `now`, or null: in 30 days. */
  | { readonly kind: 'plan'; readonly at: number | 'now' | null };

/**
 * Reads the state of a data directory without its lock and without changing anything, so also while a service runs.
 * @returns null where there are no certificates, or they cannot be read.
 */
export function readStatus(path: string): CertificateStatus | null {
  const file = (name: string) => join(path, name);
  return readStatusOf({ file, read: (name) => (existsSync(file(name)) ? readFileSync(file(name), 'utf8') : null) });
}

/** The same for files that are at hand. */
export function readStatusOf(files: Pick<CertificateFiles, 'file' | 'read'>): CertificateStatus | null {
  try {
    const own = files.read(fileNames.ownChain);
    if (own !== null) return statusOfOwn(new X509Certificate(own), files.read(fileNames.ownRoot), null);
    const [ca, server] = [files.read(fileNames.rootCertificate), files.read(fileNames.serverCertificate)];
    return ca === null || server === null ? null : statusOf(ca, server, peekRollover(files));
  } catch {
    return null;
  }
}

/**
 * Changes the certificates under the lock of the directory. The next start finds them as they are.
 * @throws BootError where the directory is in use or damaged.
 */
export async function changeOffline(path: string, change: OfflineChange, now: number): Promise<CertificateAnswer> {
  using directory = DataDirectory.open(path);
  const existing = directory.read(fileNames.serverCertificate);
  if (existing === null) {
    const message = `${directory.path} holds no server certificate of Berth.`;
    return refusal('certificate.none', message, 'Start the service once without --cert and --key.');
  }
  const refused = await apply(directory, change, now);
  if (refused !== null) return refused;
  const names = namesOf(new X509Certificate(existing));
  const { ca, server, rollover } = await ensureFor(directory, names, now, change.kind === 'renew');
  return { ok: true, status: statusOf(ca.cert, server.cert, rollover) };
}

function apply(directory: DataDirectory, change: OfflineChange, now: number): Refusal | null | Promise<Refusal | null> {
  switch (change.kind) {
    case 'renew':
      return null;
    case 'plan':
      return planRollover(directory, change.at, now);
    case 'cancel':
      return cancelRollover(directory, now);
    case 'finish':
      return finishRollover(directory, now);
  }
}
