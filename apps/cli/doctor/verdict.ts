import { exitCodeOfFault, exitCodes } from '../exit.ts';
import type { Finding } from './finding.ts';

/** The sum of an examination. */
export interface Verdict {
  readonly ok: number;
  readonly warnings: number;
  readonly failed: number;
  readonly skipped: number;
  /** The first failure, which mostly is the reason of the others; null where nothing failed. */
  readonly first: Finding | null;
  /** 0 where nothing failed, 10 and the class of the first failure, 1 where it has no class. */
  readonly exitCode: number;
}

export function verdictOf(findings: readonly Finding[]): Verdict {
  const count = (status: Finding['status']): number => findings.filter((finding) => finding.status === status).length;
  const first = findings.find(({ status }) => status === 'failed') ?? null;
  return {
    ok: count('ok'),
    warnings: count('warning'),
    failed: count('failed'),
    skipped: count('skipped'),
    first,
    exitCode: first === null ? exitCodes.ok : first.fault === null ? exitCodes.failure : exitCodeOfFault(first.fault),
  };
}
