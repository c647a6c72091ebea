import { z } from 'zod';
import { errorSchema } from './errors.ts';
import { routes } from './routes.ts';

type Json = Record<string, unknown>;

type Content =
  | { readonly 'application/json': { readonly schema: z.ZodType } }
  | { readonly 'text/csv': { readonly schema: z.ZodType } };

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly Record<string, readonly string[]>[];
  readonly method: string;
  readonly path: string;
  readonly request: {
    readonly params?: z.ZodObject;
    readonly body?: { readonly required: boolean; readonly content: Content };
  };
  readonly responses: Readonly<Record<number, { readonly description: string; readonly content?: Content }>>;
}

const componentPrefix = '#/components/schemas/';

/** What any request may be answered with, before or beside what its route does. */
const sharedResponses = {
  HostNotAllowed: { status: 403, description: 'The service does not answer to the host name of the request.' },
  BodyTooLarge: { status: 413, description: 'The body of the request is too large; the message names the most.' },
  TooManyRequests: { status: 429, description: 'The token has reached the limit "restRequestsPerSecond".' },
  ServerError: { status: 500, description: 'Something went wrong in the service; its log says what.' },
} as const;

type SharedResponse = keyof typeof sharedResponses;

const retryAfter = { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 1 } } };

function text(summary: string, mediaType: string): Json {
  const responses = {
    200: { description: 'Text.', content: { [mediaType]: {} } },
    ...references(['HostNotAllowed', 'ServerError']),
  };
  return { get: { summary, tags: ['public'], responses } };
}

/** The shared responses by status, as references. */
function references(names: readonly SharedResponse[]): Json {
  return Object.fromEntries(
    names.map((name) => [sharedResponses[name].status, { $ref: `#/components/responses/${name}` }]),
  );
}

function describeShared(components: Record<string, unknown>): Json {
  return Object.fromEntries(
    Object.entries(sharedResponses).map(([name, { status, description }]) => [
      name,
      {
        description,
        ...(status === 429 ? { headers: retryAfter } : {}),
        content: content({ 'application/json': { schema: errorSchema } }, components),
      },
    ]),
  );
}

/** The routes that need no token and speak no JSON of this API. */
const publicPaths = {
  '/healthz': text('200 while the service can do its work, else 503', 'text/plain'),
  '/metrics': text('Metrics for Prometheus', 'text/plain'),
  '/ca.crt': text('The certificate of the certificate authority, PEM', 'application/x-x509-ca-cert'),
  '/api/v1/openapi.json': text('This document', 'application/json'),
};

/** The OpenAPI 3.1 document of the REST API, made from `routes`. */
export function openApiDocument(): Json {
  const operations: readonly Operation[] = Object.values(routes);
  const paths: Record<string, Json> = {};
  const components: Record<string, unknown> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describeOperation(operation, components) };
  }
  const responses = describeShared(components);
  return {
    openapi: '3.1.0',
    info: { title: 'Berth', version: '1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths: { ...paths, ...publicPaths },
    components: {
      schemas: Object.fromEntries(Object.entries(components).toSorted(([a], [b]) => (a < b ? -1 : 1))),
      responses,
      securitySchemes: {
        adminToken: { type: 'http', scheme: 'bearer', description: 'The admin token of the data directory.' },
      },
    },
  };
}

function describeOperation(operation: Operation, components: Record<string, unknown>): Json {
  const { operationId, summary, tags, security, request, responses } = operation;
  const parameters = Object.entries(request.params?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: 'path',
    required: true,
    schema: jsonSchema(schema as z.ZodType, components),
  }));
  return {
    operationId,
    summary,
    tags,
    security,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(request.body === undefined
      ? {}
      : {
          requestBody: { required: request.body.required, content: content(request.body.content, components) },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(responses).map(([status, response]) => [
          status,
          response.content === undefined
            ? { description: response.description }
            : { description: response.description, content: content(response.content, components) },
        ]),
      ),
      ...references([
        'HostNotAllowed',
        ...(request.body === undefined ? [] : ['BodyTooLarge' as const]),
        'TooManyRequests',
        'ServerError',
      ]),
    },
  };
}

function content(of: Content, components: Record<string, unknown>): Json {
  return Object.fromEntries(
    Object.entries(of).map(([mediaType, { schema }]) => [mediaType, { schema: jsonSchema(schema, components) }]),
  );
}

/**
 * Schemas as they are read (`io: 'input'`): what has a default may be left out, and an answer may gain fields later.
 * Schemas with an id become components; what is left is a reference to one, or a small schema in place.
 */
function jsonSchema(schema: z.ZodType, components: Record<string, unknown>): unknown {
  const { $schema: _, $defs = {}, ...whole } = z.toJSONSchema(schema, { io: 'input', override: shorten });
  for (const [name, definition] of Object.entries($defs)) components[name] = rewrite(definition);
  return rewrite(whole);
}

/** Leaves out what says nothing: the safe range of integers, and the long pattern beside a format. */
function shorten({ jsonSchema: schema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.format === 'date-time') delete schema.pattern;
}

/** Lets references point to the components, and drops the ids, which only named them. */
function rewrite(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewrite);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key, inner]) => !(key === 'id' && typeof inner === 'string'));
  return Object.fromEntries(
    entries.map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string'
        ? [key, inner.replace('#/$defs/', componentPrefix)]
        : [key, rewrite(inner)],
    ),
  );
}
