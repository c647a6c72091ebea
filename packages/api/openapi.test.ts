import { describe, expect, test } from 'bun:test';
import { openApiDocument } from './openapi.ts';
import { routes } from './routes.ts';

type Json = { [key: string]: Json } & { $ref?: string };

const document = JSON.parse(JSON.stringify(openApiDocument())) as Json;

/** Every object inside of a value. */
function* objects(value: unknown): Generator<Json> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Json;
  for (const inner of Object.values(value)) yield* objects(inner);
}

describe('the OpenAPI document', () => {
  test('has every route with its own operation id', () => {
    const operations = Object.values(routes);
    expect(new Set(operations.map((operation) => operation.operationId)).size).toBe(operations.length);
    for (const { method, path, operationId } of operations) {
      expect(document['paths']?.[path]?.[method]?.['operationId']).toEqual(operationId as never);
    }
  });

  test('every reference leads somewhere, and every component is referred to', () => {
    const references = [...objects(document)].flatMap((object) =>
      typeof object.$ref === 'string' ? [object.$ref] : [],
    );
    const components = ['schemas', 'responses'].flatMap((kind) =>
      Object.keys(document['components']?.[kind] ?? {}).map((name) => `#/components/${kind}/${name}`),
    );
    expect([...new Set(references)].toSorted()).toEqual(components.toSorted());
  });

  test('every parameter of a path is described, and no other', () => {
    for (const [path, item] of Object.entries(document['paths'] ?? {})) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      for (const operation of Object.values(item) as Json[]) {
        const parameters = (operation['parameters'] ?? []) as unknown as {
          name: string;
          in: string;
          required: boolean;
        }[];
        expect(parameters.map((parameter) => parameter.name)).toEqual(named as string[]);
        expect(parameters.every((parameter) => parameter.in === 'path' && parameter.required)).toBe(true);
      }
    }
  });

  test('every operation has a summary, a success and, behind the token, the 401 of every route', () => {
    for (const operation of Object.values(routes)) {
      const statuses = Object.keys(operation.responses).map(Number);
      expect(operation.summary).not.toBe('');
      expect(statuses.some((status) => status >= 200 && status < 300)).toBe(true);
      expect(statuses).toContain(401);
    }
  });

  test('every operation has what any request may be answered with, and 413 where it takes a body', () => {
    const shared = document['components']?.['responses'];
    expect(shared?.['TooManyRequests']?.['headers']).toHaveProperty('Retry-After');
    for (const { method, path, request } of Object.values(routes)) {
      const responses = document['paths']?.[path]?.[method]?.['responses'] ?? {};
      const added = ['403', '413', '429', '500'].filter((status) => status in responses);
      expect(added).toEqual('body' in request ? ['403', '413', '429', '500'] : ['403', '429', '500']);
      for (const status of added) expect(Object.keys(responses[status] ?? {})).toEqual(['$ref']);
    }
  });

  test('limits are described with their unit, range and behaviour', () => {
    const changes = document['components']?.['schemas']?.['LimitChanges'];
    expect(JSON.stringify(changes?.['properties']?.['topicBytes'])).toContain('65535');
    expect(changes?.['properties']?.['topicBytes']).toMatchObject({
      description: expect.stringMatching(/^Unit: bytes\. Default: 1024\./),
    });
    expect(changes?.['additionalProperties']).toEqual(false as never);
  });
});
