import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { routes, type Info } from '../../../../packages/api/mod.ts';

export function mountInfo(app: OpenAPIHono, info: () => Info): void {
  app.openapi(createRoute(routes.info), (context) => context.json(info(), 200));
}
