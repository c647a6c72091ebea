/**
 * The change to a second root. Its whole state is one file, replaced as a whole; every other file follows from it and
 * is put right by `settleRollover`, so a crash between any two writes leaves a state that works and goes on.
 */
import { X509Certificate } from 'node:crypto';
import { BootError } from '../config/boot-error.ts';
import { type CertificateFiles, fileNames } from './files.ts';
import { loadIssuer } from './load-issuer.ts';
import { isKeyOf, lifeOf } from './pem.ts';
import type { Root } from './root.ts';

/**
 * `planned`: the old root signs, and devices are given both. `switched`: the new root signs, and devices are still
 * given both. `finished` and `cancelled` only stand in the file while the others are put right.
 */
type Phase = 'planned' | 'switched' | 'finished' | 'cancelled';

/** What stands in the file. Times are milliseconds since 1970. */
interface Rollover {
  readonly phase: Phase;
  readonly switchAt: number;
  readonly switchedAt: number | null;
  /** PEM. */
  readonly oldRoot: string;
  readonly newRoot: string;
}

/** What can be told of a rollover. Times are milliseconds since 1970. */
export interface RolloverTimes {
  readonly phase: 'planned' | 'switched';
  readonly switchAt: number;
  readonly switchedAt: number | null;
  /** When the old root ends. */
  readonly endsAt: number;
}

/** A rollover that is under way. */
export interface ActiveRollover extends RolloverTimes {
  readonly oldRoot: Root;
  readonly newRoot: Root;
}

/** What is under way, without doing anything. @throws BootError when the file is damaged. */
export function peekRollover(directory: Pick<CertificateFiles, 'file' | 'read'>): RolloverTimes | null {
  const rollover = read(directory);
  if (rollover === null || rollover.phase === 'finished' || rollover.phase === 'cancelled') return null;
  const { phase, switchAt, switchedAt, oldRoot } = rollover;
  return { phase, switchAt, switchedAt, endsAt: lifeOf(new X509Certificate(oldRoot)).notAfter };
}

/**
 * Does what is due (the switch at its time, the end with the old root's), repairs what a crash has left, and says what
 * is under way: null where nothing is.
 * @throws BootError when a file of it is damaged or missing.
 */
export function settleRollover(directory: CertificateFiles, now: number): ActiveRollover | null {
  const rollover = advance(directory, read(directory), now);
  if (rollover === null) {
    // A crash right after the key of a second root was made, or right before it was taken away.
    directory.remove(fileNames.nextRootKey);
    return null;
  }
  const { phase } = rollover;
  if (phase === 'finished' || phase === 'cancelled') {
    conclude(directory, rollover, phase);
    return null;
  }
  const bundle = rollover.oldRoot + rollover.newRoot;
  if (directory.read(fileNames.rootCertificate) !== bundle) directory.write(fileNames.rootCertificate, bundle);
  const newRoot = rootOf(directory, rollover.newRoot, fileNames.nextRootKey);
  if (newRoot.keyPem === null) throw damaged(directory, fileNames.nextRootKey, 'missing');
  const oldRoot = rootOf(directory, rollover.oldRoot, fileNames.rootKey);
  const { switchAt, switchedAt } = rollover;
  return { phase, switchAt, switchedAt, endsAt: lifeOf(oldRoot.certificate).notAfter, oldRoot, newRoot };
}

/** Makes a second root beside the first and sets the time of the switch. Call `settleRollover` next. */
export async function beginRollover(
  directory: CertificateFiles,
  root: Root,
  switchAt: number,
  now: number,
): Promise<void> {
  const { issueRoot } = await loadIssuer();
  const next = await issueRoot(null, now);
  // The key first: without the other file it means nothing and is taken away.
  directory.write(fileNames.nextRootKey, next.keyPem);
  const oldRoot = root.certificate.toString();
  write(directory, { phase: 'planned', switchAt, switchedAt: null, oldRoot, newRoot: next.certificatePem });
}

/** Sets another time for the switch that is planned. */
export function moveRollover(directory: CertificateFiles, switchAt: number): void {
  const rollover = read(directory);
  if (rollover?.phase === 'planned') write(directory, { ...rollover, switchAt });
}

/** Goes back to the old root, or keeps only the new one, for which the switch has to be over. Call `settleRollover` next. */
export function endRollover(directory: CertificateFiles, phase: 'finished' | 'cancelled'): void {
  const rollover = read(directory);
  if (rollover !== null) write(directory, { ...rollover, phase });
}

function advance(directory: CertificateFiles, rollover: Rollover | null, now: number): Rollover | null {
  if (rollover === null) return null;
  let due = rollover;
  if (due.phase === 'planned' && now >= due.switchAt) due = { ...due, phase: 'switched', switchedAt: now };
  if (due.phase === 'switched' && now >= lifeOf(new X509Certificate(due.oldRoot)).notAfter) {
    due = { ...due, phase: 'finished' };
  }
  if (due !== rollover) write(directory, due);
  return due;
}

/** Each step may have been done before a crash; the file that says so goes last but for a key that means nothing without it. */
function conclude(directory: CertificateFiles, rollover: Rollover, phase: 'finished' | 'cancelled'): void {
  const nextKey = directory.read(fileNames.nextRootKey);
  if (phase === 'finished' && nextKey === null) throw damaged(directory, fileNames.nextRootKey, 'missing');
  if (phase === 'finished' && nextKey !== null) directory.write(fileNames.rootKey, nextKey);
  directory.write(fileNames.rootCertificate, phase === 'finished' ? rollover.newRoot : rollover.oldRoot);
  directory.remove(fileNames.rollover);
  directory.remove(fileNames.nextRootKey);
}

function rootOf(directory: CertificateFiles, certificatePem: string, keyName: string): Root {
  const certificate = new X509Certificate(certificatePem);
  const keyPem = directory.read(keyName);
  if (keyPem !== null && !isKeyOf(certificate, keyPem)) throw damaged(directory, keyName, 'damaged or of another root');
  return { certificate, certificatePem, keyPem };
}

function damaged(directory: Pick<CertificateFiles, 'file'>, name: string, what: string): BootError {
  return new BootError(
    `A second root is being introduced and ${directory.file(name)} is ${what}.`,
    `Restore it from a backup together with ${fileNames.rollover} and ${fileNames.rootKey}.`,
  );
}

function write(directory: CertificateFiles, rollover: Rollover): void {
  directory.write(fileNames.rollover, `${JSON.stringify(rollover, null, 2)}\n`);
}

function read(directory: Pick<CertificateFiles, 'file' | 'read'>): Rollover | null {
  const text = directory.read(fileNames.rollover);
  if (text === null) return null;
  try {
    const { phase, switchAt, switchedAt, oldRoot, newRoot } = JSON.parse(text) as Record<keyof Rollover, unknown>;
    if (
      (phase === 'planned' || phase === 'switched' || phase === 'finished' || phase === 'cancelled') &&
      typeof switchAt === 'number' &&
      (switchedAt === null || typeof switchedAt === 'number')
    ) {
      const [old, next] = [new X509Certificate(String(oldRoot)), new X509Certificate(String(newRoot))];
      return { phase, switchAt, switchedAt, oldRoot: ended(old.toString()), newRoot: ended(next.toString()) };
    }
  } catch {
    // Said below.
  }
  throw damaged(directory, fileNames.rollover, 'damaged');
}

function ended(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
