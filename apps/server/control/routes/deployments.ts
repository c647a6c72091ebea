import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { routes } from '../../../../packages/api/mod.ts';
import type { DeploymentService } from '../deployment-service.ts';

export function mountDeployments(app: OpenAPIHono, service: DeploymentService): void {
  app.openapi(createRoute(routes.createDeployment), async (context) =>
    context.json(await service.create(context.req.valid('json')), 201),
  );
  app.openapi(createRoute(routes.listDeployments), async (context) =>
    context.json({ deployments: await service.list() }, 200),
  );
  app.openapi(createRoute(routes.getDeployment), async (context) =>
    context.json(await service.get(context.req.valid('param').deployment), 200),
  );
  app.openapi(createRoute(routes.changeDeployment), async (context) =>
    context.json(await service.change(context.req.valid('param').deployment, context.req.valid('json')), 200),
  );
  app.openapi(createRoute(routes.startDeployment), async (context) =>
    context.json(await service.start(context.req.valid('param').deployment), 200),
  );
  app.openapi(createRoute(routes.stopDeployment), async (context) =>
    context.json(await service.stop(context.req.valid('param').deployment), 200),
  );
  app.openapi(createRoute(routes.deleteDeployment), async (context) => {
    await service.delete(context.req.valid('param').deployment);
    return context.body(null, 204);
  });
}
