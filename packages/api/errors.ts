import { z } from 'zod';

/** The one shape of every error that the REST API answers with. */
export const errorSchema = z
  .object({
    error: z.object({
      code: z.string().describe('Stable name of the error, for example "limit.credentials".'),
      message: z.string().describe('What is wrong, one sentence.'),
      remedy: z.string().describe('What to do about it, one sentence.'),
      field: z
        .string()
        .optional()
        .describe('Path of the field of the request that is wrong, for example "limits.sessions".'),
    }),
  })
  .meta({ id: 'Error', description: 'Every error has this shape.' });

/** Body of an error response. */
export type ErrorBody = z.infer<typeof errorSchema>;

/**
 * A request that failed. Thrown by every method of `ApiClient`.
 * `status` is the HTTP status, or 0 where there was no usable answer (`code` is then `server.unreachable`, `server.closed`,
 * `server.untrusted` or `response.invalid`).
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly remedy: string;
  readonly field: string | null;

  constructor(status: number, body: ErrorBody['error'], options?: ErrorOptions) {
    super(body.message, options);
    this.status = status;
    this.code = body.code;
    this.remedy = body.remedy;
    this.field = body.field ?? null;
  }
}
