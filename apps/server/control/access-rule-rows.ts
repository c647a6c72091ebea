/** Access rules as they stand in the database, and lists of them in the order in which they are tried. */
import type { Selectable } from 'kysely';
import type { AccessRule, ChangeAccessRule } from '../../../packages/api/mod.ts';
import { ControlError } from './control-error.ts';
import type { AccessRulesTable } from './database/tables.ts';
import type { AccessRuleEntry } from './ports.ts';

export type RuleRow = Selectable<AccessRulesTable>;

const kinds = ['clientId', 'username', 'all'] as const;

/** The rules kind by kind, in their order, with positions from 1 in each kind. */
export function numbered(rows: readonly RuleRow[]): RuleRow[] {
  return kinds.flatMap((kind) =>
    rows.filter((row) => row.kind === kind).map((row, index) => ({ ...row, position: index + 1 })),
  );
}

/** Where a rule goes among the rules of its kind. */
export type Place = Pick<ChangeAccessRule, 'position' | 'before' | 'after'>;

/**
 * Puts a rule among the others (which do not hold it); behind all of its kind where no place is given.
 * @throws ControlError where there is no such place.
 */
export function placed(others: readonly RuleRow[], row: RuleRow, place: Place): RuleRow[] {
  const { position, before, after } = place;
  const given = [position, before, after].filter((value) => value !== undefined);
  if (given.length > 1) throw invalid('Only one of position, before and after can be given.', 'position');
  const same = others.filter((other) => other.kind === row.kind);
  let at = Math.min((position ?? Infinity) - 1, same.length);
  if (before !== undefined) at = indexOf(same, before, 'before');
  if (after !== undefined) at = indexOf(same, after, 'after') + 1;
  return numbered([...others.filter((other) => other.kind !== row.kind), ...same.toSpliced(at, 0, row)]);
}

function indexOf(rows: readonly RuleRow[], id: string, field: string): number {
  const index = rows.findIndex((row) => row.id === id);
  if (index === -1) throw invalid('There is no other rule with this id among the rules of the same kind.', field);
  return index;
}

function invalid(message: string, field: string): ControlError {
  return new ControlError(
    400,
    'request.invalid',
    message,
    'List the rules to see their ids, kinds and positions.',
    field,
  );
}

/**
 * Checks that a rule names a subject exactly where its kind needs one.
 * @returns null, or one sentence without a full stop.
 */
export function checkSubject(kind: RuleRow['kind'], subject: string | null): string | null {
  if (kind === 'all') return subject === null ? null : 'a rule for all has no client id or user name';
  return subject === null ? 'a rule of this kind needs a client id or user name' : null;
}

export function entryOf(row: RuleRow): AccessRuleEntry {
  const { id, kind, subject, action, permission } = row;
  return { id, kind, subject, action, permission, topicFilter: row.topic_filter };
}

export function presentRule(row: RuleRow): AccessRule {
  return {
    ...entryOf(row),
    position: row.position,
    createdAt: new Date(row.created_at).toISOString(),
    changedAt: new Date(row.changed_at).toISOString(),
  };
}
