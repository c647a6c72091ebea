import type { OpenAPIHono } from '@hono/zod-openapi';
import { etag } from 'hono/etag';

/** Who has the connection guide. */
export interface GuidePort {
  answer(request: {
    readonly path: string;
    readonly deployment: string | null;
    readonly origin: string;
    readonly acceptLanguage: string | null;
  }): Promise<
    | { readonly kind: 'redirect'; readonly location: string }
    | {
        readonly kind: 'content';
        readonly status: 200 | 404;
        readonly body: string;
        readonly headers: Readonly<Record<string, string>>;
      }
  >;
}

/** The connection guide under `/guide`, where `/` leads too. Needs no token: it shows what a client is told anyway, and no credential. */
export function mountGuide(app: OpenAPIHono, guide: GuidePort): void {
  app.use('/guide/*', etag());
  app.get('/', (context) => context.redirect('/guide', 302));
  for (const path of ['/guide', '/guide/*']) {
    app.get(path, async (context) => {
      const { protocol, host } = new URL(context.req.url);
      const answer = await guide.answer({
        path: context.req.path.slice('/guide'.length),
        deployment: context.req.query('deployment') ?? null,
        origin: `${protocol}//${context.req.header('host') ?? host}`,
        acceptLanguage: context.req.header('accept-language') ?? null,
      });
      if (answer.kind === 'redirect') {
        context.header('Vary', 'Accept-Language');
        return context.redirect(answer.location, 302);
      }
      return context.body(answer.body, answer.status, { ...answer.headers });
    });
  }
}
