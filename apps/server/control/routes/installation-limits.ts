import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { routes } from '../../../../packages/api/mod.ts';
import type { InstallationLimitService } from '../installation-limit-service.ts';

export function mountInstallationLimits(app: OpenAPIHono, service: InstallationLimitService): void {
  app.openapi(createRoute(routes.getInstallationLimits), (context) => context.json({ ...service.limits }, 200));
  app.openapi(createRoute(routes.changeInstallationLimits), async (context) =>
    context.json({ ...(await service.change(context.req.valid('json'))) }, 200),
  );
}
