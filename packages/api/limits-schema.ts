import { z } from 'zod';
import { checkLimit, limitDefinitions, type LimitDefinition, type LimitName } from '../engine/limits.ts';

type LimitValue = z.ZodNullable<z.ZodInt>;
type LimitShape = Record<LimitName, LimitValue>;

function describe(definition: LimitDefinition): string {
  const standard = definition.default === null ? 'none' : String(definition.default);
  return `Unit: ${definition.unit}. Default: ${standard}. At the limit: ${definition.atLimit.en}`;
}

/** A value as it may be set: the range of the definition, and `null` (none) only where that is possible. */
function settable(definition: LimitDefinition): z.ZodType<number | null> {
  const sentence = checkLimit(definition, Number.NaN) ?? definition.name;
  const number = z
    .int({ error: sentence })
    .min(definition.min, { error: sentence })
    .max(definition.max, { error: sentence });
  return (definition.mayBeNone ? number.nullable() : number).describe(describe(definition));
}

/** All limits with the values in force. Names that a newer server knows in addition are dropped. */
export const limitsSchema = z
  .object(
    Object.fromEntries(
      limitDefinitions.map((entry) => [entry.name, z.int().min(0).nullable().describe(describe(entry))]),
    ) as LimitShape,
  )
  .meta({ id: 'Limits', description: 'Every limit of a deployment with the value in force; null is none.' });

/** Those limits that differ from the defaults. */
export const limitOverridesSchema = z
  .object(Object.fromEntries(limitDefinitions.map((entry) => [entry.name, z.int().min(0).nullable()])) as LimitShape)
  .partial()
  .meta({ id: 'LimitOverrides', description: 'The limits that differ from the defaults; null is none.' });

type LimitChangeShape = Record<LimitName, z.ZodOptional<z.ZodType<number | null>>>;

/** Limits to set; one that is not named keeps its value. An unknown name is an error. */
export const limitChangesSchema = z
  .strictObject(
    Object.fromEntries(limitDefinitions.map((entry) => [entry.name, settable(entry).optional()])) as LimitChangeShape,
  )
  .meta({ id: 'LimitChanges', description: 'Limits to set; null is none. A limit that is left out keeps its value.' });

export type LimitChanges = { [Name in LimitName]?: number | null | undefined };
