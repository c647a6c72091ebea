import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiClient, CertificateStatus } from '../../../packages/api/mod.ts';
import { BootError } from '../../server/config/boot-error.ts';
import type { OfflineChange } from '../../server/certificates/offline.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit.ts';
import { type AdminFlags, connectAdmin, dataDirectoryOf, request, serviceRuns } from './connect.ts';

/** A change of the certificates, as it is typed. */
export type CertificateChange =
  | { readonly kind: 'renew' | 'cancel' | 'finish' }
  /** ISO 8601, `now`, or null for the default. */
  | { readonly kind: 'plan'; readonly at: string | null };

/** Whether the change has to be made by a service; without one it is made in the data directory. */
function isOnline(flags: AdminFlags, context: Context): boolean {
  return flags.api !== undefined || serviceRuns(dataDirectoryOf(flags, context));
}

/**
 * The certificates now: from the running service, or from the data directory.
 * @throws CliError where neither is to be had.
 */
export async function readCertificates(flags: AdminFlags, context: Context): Promise<CertificateStatus> {
  if (isOnline(flags, context)) return request(context, connectAdmin(flags, context).getCertificates());
  const status = await storedCertificates(dataDirectoryOf(flags, context));
  if (status !== null) return status;
  // Says that no service runs, and how to start one.
  return request(context, connectAdmin(flags, context).getCertificates());
}

/** The certificates as the files of the data directory say, whether a service runs or not; null where they do not. */
export async function storedCertificates(data: string): Promise<CertificateStatus | null> {
  const { readStatus } = await import('../../server/certificates/offline.ts');
  return readStatus(data);
}

/** Makes a change. @returns the certificates after it. @throws CliError in one sentence with the remedy. */
export async function changeCertificates(
  change: CertificateChange,
  flags: AdminFlags,
  context: Context,
): Promise<CertificateStatus> {
  if (isOnline(flags, context)) return request(context, ask(connectAdmin(flags, context), change));
  const data = dataDirectoryOf(flags, context);
  // Not for a directory that no service has made: opening it would make one.
  if (!existsSync(join(data, 'format.json'))) return request(context, ask(connectAdmin(flags, context), change));
  const { changeOffline } = await import('../../server/certificates/offline.ts');
  try {
    const answer = await changeOffline(data, offline(change), Date.now());
    if (answer.ok) return answer.status;
    throw new CliError(`${answer.message} ${answer.remedy}`);
  } catch (error) {
    if (error instanceof BootError) throw new CliError(error.toSentence(), exitCodes.failure, { cause: error });
    throw error;
  }
}

function ask(api: ApiClient, change: CertificateChange): Promise<CertificateStatus> {
  switch (change.kind) {
    case 'renew':
      return api.renewCertificate();
    case 'cancel':
      return api.cancelRollover();
    case 'finish':
      return api.finishRollover();
    case 'plan':
      return api.planRollover(change.at === null ? {} : { at: change.at });
  }
}

function offline(change: CertificateChange): OfflineChange {
  if (change.kind !== 'plan') return change;
  return { kind: 'plan', at: change.at === null || change.at === 'now' ? change.at : Date.parse(change.at) };
}
