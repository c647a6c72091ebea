import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { routes, type CertificateStatus } from '../../../../packages/api/mod.ts';
import { ControlError } from '../control-error.ts';

/** The state after a change, or why it cannot be made now. */
export type CertificateAnswer =
  | { readonly ok: true; readonly status: CertificateStatus }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly remedy: string };

/** What the routes ask for. */
export interface CertificatePort {
  /** What devices are given, PEM; null where they use the trust store of their system. */
  readonly caFile: string | null;
  status(): CertificateStatus;
  renew(): Promise<CertificateAnswer>;
  /** @param at milliseconds since 1970, `now`, or null for the default. */
  planRollover(at: number | 'now' | null): Promise<CertificateAnswer>;
  cancelRollover(): Promise<CertificateAnswer>;
  finishRollover(): Promise<CertificateAnswer>;
}

export function mountCertificates(app: OpenAPIHono, certificates: CertificatePort): void {
  app.openapi(createRoute(routes.getCertificates), (context) => context.json(certificates.status(), 200));
  app.openapi(createRoute(routes.renewCertificate), async (context) =>
    context.json(statusOf(await certificates.renew()), 200),
  );
  app.openapi(createRoute(routes.planRollover), async (context) => {
    const { at } = context.req.valid('json');
    const time = at === undefined || at === 'now' ? (at ?? null) : Date.parse(at);
    return context.json(statusOf(await certificates.planRollover(time)), 200);
  });
  app.openapi(createRoute(routes.cancelRollover), async (context) =>
    context.json(statusOf(await certificates.cancelRollover()), 200),
  );
  app.openapi(createRoute(routes.finishRollover), async (context) =>
    context.json(statusOf(await certificates.finishRollover()), 200),
  );
}

/** Text of the CA file. @throws ControlError where devices need none. */
export function caFileOf(certificates: Pick<CertificatePort, 'caFile'>): string {
  if (certificates.caFile !== null) return certificates.caFile;
  throw new ControlError(
    404,
    'ca.public',
    'There is no CA file: the server certificate is one of the operator, and its root is not given with it.',
    'Let clients use the trust store of their system.',
  );
}

function statusOf(answer: CertificateAnswer): CertificateStatus {
  if (answer.ok) return answer.status;
  throw new ControlError(409, answer.code, answer.message, answer.remedy);
}
