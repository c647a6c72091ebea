import type { ErrorBody } from '../../../packages/api/mod.ts';

/** HTTP statuses of errors. */
export type ErrorStatus = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 429 | 500 | 503;

/** A request that cannot be done, said so that the caller can act on it. Never holds a secret. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly status: ErrorStatus;
  /** Stable, for example `limit.credentials`. */
  readonly code: string;
  readonly remedy: string;
  /** Path of the wrong field in the request. */
  readonly field: string | null;

  constructor(status: ErrorStatus, code: string, message: string, remedy: string, field: string | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.remedy = remedy;
    this.field = field;
  }

  toBody(): ErrorBody {
    const { code, message, remedy, field } = this;
    return { error: field === null ? { code, message, remedy } : { code, message, remedy, field } };
  }
}
