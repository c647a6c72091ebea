import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { routes } from '../../../../packages/api/mod.ts';
import type { AccessRuleService } from '../access-rule-service.ts';
import { csvBody, csvHeaders } from './csv-body.ts';

export function mountRules(app: OpenAPIHono, service: AccessRuleService): void {
  app.openapi(createRoute(routes.createRule), async (context) =>
    context.json(await service.create(context.req.valid('param').deployment, context.req.valid('json')), 201),
  );
  app.openapi(createRoute(routes.listRules), async (context) =>
    context.json(await service.list(context.req.valid('param').deployment), 200),
  );
  app.openapi(createRoute(routes.setRuleDefault), async (context) => {
    const { permission } = context.req.valid('json');
    return context.json(await service.setDefault(context.req.valid('param').deployment, permission), 200);
  });
  app.openapi(createRoute(routes.tryRules), async (context) =>
    context.json(await service.try(context.req.valid('param').deployment, context.req.valid('json')), 200),
  );
  app.openapi(createRoute(routes.changeRule), async (context) => {
    const { deployment, rule } = context.req.valid('param');
    return context.json(await service.change(deployment, rule, context.req.valid('json')), 200);
  });
  app.openapi(createRoute(routes.deleteRule), async (context) => {
    const { deployment, rule } = context.req.valid('param');
    await service.delete(deployment, rule);
    return context.body(null, 204);
  });
  app.openapi(createRoute(routes.exportRules), async (context) =>
    context.body(await service.exportCsv(context.req.valid('param').deployment), 200, csvHeaders('rules.csv')),
  );
  app.openapi(createRoute(routes.addRules), async (context) => {
    const { deployment } = context.req.valid('param');
    return context.json(await service.importCsv(deployment, await csvBody(context), 'add'), 200);
  });
  app.openapi(createRoute(routes.replaceRules), async (context) => {
    const { deployment } = context.req.valid('param');
    return context.json(await service.importCsv(deployment, await csvBody(context), 'replace'), 200);
  });
}
