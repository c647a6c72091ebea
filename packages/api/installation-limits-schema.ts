/** The limits of the installation, their schemas and routes. */
import { z } from 'zod';
import {
  checkInstallationLimit,
  installationLimitDefinitions,
  type InstallationLimitDefinition,
  type InstallationLimitName,
} from '../engine/installation-limits.ts';
import { errorSchema } from './errors.ts';

function describe(definition: InstallationLimitDefinition): string {
  const standard = definition.default === null ? 'none' : String(definition.default);
  return `Unit: ${definition.unit}. Default: ${standard}. At the limit: ${definition.atLimit.en}`;
}

function settable(definition: InstallationLimitDefinition): z.ZodType<number | null> {
  const sentence = checkInstallationLimit(definition, Number.NaN) ?? definition.name;
  const number = z
    .int({ error: sentence })
    .min(definition.min, { error: sentence })
    .max(definition.max, { error: sentence });
  return (definition.mayBeNone ? number.nullable() : number).describe(describe(definition));
}

export const installationLimitsSchema = z
  .object(
    Object.fromEntries(
      installationLimitDefinitions.map((entry) => [entry.name, z.int().min(0).nullable().describe(describe(entry))]),
    ) as Record<InstallationLimitName, z.ZodNullable<z.ZodInt>>,
  )
  .meta({
    id: 'InstallationLimits',
    description: 'Every limit of the installation with the value in force; null is none.',
  });

export const installationLimitChangesSchema = z
  .strictObject(
    Object.fromEntries(installationLimitDefinitions.map((entry) => [entry.name, settable(entry).optional()])) as Record<
      InstallationLimitName,
      z.ZodOptional<z.ZodType<number | null>>
    >,
  )
  .meta({
    id: 'InstallationLimitChanges',
    description: 'Limits to set; null is none. A limit that is left out keeps its value.',
  });

export type InstallationLimitChanges = { [Name in InstallationLimitName]?: number | null | undefined };

function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

const common = { security: [{ adminToken: [] }], tags: ['installation'], path: '/api/v1/limits' };
const answers = {
  200: json(installationLimitsSchema, 'The limits in force.'),
  401: json(errorSchema, 'The token is missing or wrong.'),
} as const;

export const installationLimitRoutes = {
  getInstallationLimits: {
    ...common,
    operationId: 'getInstallationLimits',
    summary: 'Shows the limits of the installation',
    method: 'get',
    request: {},
    responses: answers,
  },
  changeInstallationLimits: {
    ...common,
    operationId: 'changeInstallationLimits',
    summary: 'Changes limits of the installation, while it runs',
    method: 'patch',
    request: { body: { required: true, content: { 'application/json': { schema: installationLimitChangesSchema } } } },
    responses: { ...answers, 400: json(errorSchema, 'The request is not valid; "field" names what is wrong.') },
  },
} as const;
