import { InvalidArgumentError } from 'commander';
import type { LimitChanges } from '../../../packages/api/mod.ts';
import { checkLimit, findLimit, limitDefinitions } from '../../../packages/engine/limits.ts';
import { nearest } from '../../server/config/names.ts';

/**
 * Collects `--limit NAME=VALUE|none`.
 * @throws InvalidArgumentError where the name is unknown (with the nearest one) or the value is out of range.
 */
export function collectLimit(text: string, previous: LimitChanges | undefined): LimitChanges {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It takes NAME=VALUE or NAME=none.');
  const name = text.slice(0, at);
  const definition = findLimit(name);
  if (definition === undefined) throw new InvalidArgumentError(unknownLimit(name));
  const value = parseLimitValue(text.slice(at + 1), definition.unit === 'bytes');
  const problem = checkLimit(definition, value);
  if (problem !== null) throw new InvalidArgumentError(`${problem}.`);
  return { ...previous, [definition.name]: value };
}

function unknownLimit(name: string): string {
  const names = limitDefinitions.map((entry) => entry.name);
  const near = nearest(name, names);
  return near === null
    ? `There is no limit "${name}". The limits: ${names.join(', ')}.`
    : `There is no limit "${name}". Did you mean ${near}?`;
}

/** A whole number, `none`, or for bytes also `64KiB`, `8MiB`. NaN is neither, which `checkLimit` refuses. */
export function parseLimitValue(text: string, isBytes: boolean): number | null {
  if (text.toLowerCase() === 'none') return null;
  const match = (isBytes ? /^(\d+)(KiB|MiB|GiB)?$/i : /^(\d+)()$/).exec(text);
  if (match === null) return Number.NaN;
  const exponents: Readonly<Record<string, number>> = { kib: 1, mib: 2, gib: 3 };
  return Number(match[1]) * 1024 ** (exponents[match[2]?.toLowerCase() ?? ''] ?? 0);
}
