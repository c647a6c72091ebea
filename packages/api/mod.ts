/** REST schemas, routes, OpenAPI document and typed client of Berth. No server code. */
export * from './certificate-schemas.ts';
export * from './client.ts';
export * from './errors.ts';
export * from './installation-limits-schema.ts';
export * from './limits-schema.ts';
export * from './openapi.ts';
export * from './routes.ts';
export * from './rule-schemas.ts';
export * from './schemas.ts';
export * from './topic-filter.ts';
