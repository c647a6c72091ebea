import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { routes } from '../../../../packages/api/mod.ts';
import type { CredentialService } from '../credential-service.ts';
import { csvBody, csvHeaders } from './csv-body.ts';

export function mountCredentials(app: OpenAPIHono, service: CredentialService): void {
  app.openapi(createRoute(routes.createCredential), async (context) =>
    context.json(await service.create(context.req.valid('param').deployment, context.req.valid('json')), 201),
  );
  app.openapi(createRoute(routes.listCredentials), async (context) =>
    context.json({ credentials: await service.list(context.req.valid('param').deployment) }, 200),
  );
  app.openapi(createRoute(routes.setPassword), async (context) => {
    const { deployment, username } = context.req.valid('param');
    return context.json(await service.setPassword(deployment, username, context.req.valid('json').password), 200);
  });
  app.openapi(createRoute(routes.disableCredential), async (context) => {
    const { deployment, username } = context.req.valid('param');
    return context.json(await service.disable(deployment, username), 200);
  });
  app.openapi(createRoute(routes.enableCredential), async (context) => {
    const { deployment, username } = context.req.valid('param');
    return context.json(await service.enable(deployment, username), 200);
  });
  app.openapi(createRoute(routes.deleteCredential), async (context) => {
    const { deployment, username } = context.req.valid('param');
    await service.delete(deployment, username);
    return context.body(null, 204);
  });
  app.openapi(createRoute(routes.exportCredentials), async (context) =>
    context.body(await service.exportCsv(context.req.valid('param').deployment), 200, csvHeaders('credentials.csv')),
  );
  app.openapi(createRoute(routes.importCredentials), async (context) => {
    const { deployment } = context.req.valid('param');
    return context.json(await service.importCsv(deployment, await csvBody(context)), 200);
  });
}
