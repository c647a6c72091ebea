import type { CertificateStatus } from './status.ts';

/** Why a request to change certificates cannot be done now. */
export interface Refusal {
  readonly ok: false;
  /** Stable, for example `rollover.none`. */
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** Outcome of a request to change certificates: the state after it, or a refusal. */
export type CertificateAnswer = { readonly ok: true; readonly status: CertificateStatus } | Refusal;

/** A refusal. */
export function refusal(code: string, message: string, remedy: string): Refusal {
  return { ok: false, code, message, remedy };
}
