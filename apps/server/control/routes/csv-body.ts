import type { Context } from 'hono';
import { ControlError } from '../control-error.ts';

/** The body of a request that is said to be CSV. @throws ControlError where it is not. */
export async function csvBody(context: Context): Promise<Uint8Array> {
  const type = context.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'text/csv') {
    const remedy = 'Send CSV with the header "Content-Type: text/csv".';
    throw new ControlError(415, 'body.not-csv', 'The body of the request is not said to be CSV.', remedy);
  }
  return new Uint8Array(await context.req.arrayBuffer());
}

/** Headers of an answer that is a file. */
export function csvHeaders(fileName: string): Record<string, string> {
  return {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': `attachment; filename="${fileName}"`,
  };
}
