/** Access rules as CSV: columns kind, subject, action, permission, topic_filter; one rule a line, in the order of trial. */
import { createAccessRuleSchema, type AccessRule } from '../../../packages/api/mod.ts';
import { checkSubject, type RuleRow } from './access-rule-rows.ts';
import { csvInvalid, guard, readCsv, unguard, writeCsv, type CsvProblem } from './csv.ts';

const columns = ['kind', 'subject', 'action', 'permission', 'topic_filter'] as const;

/** What a line says of a rule. */
export type RuleFields = Pick<RuleRow, 'kind' | 'subject' | 'action' | 'permission' | 'topic_filter'>;

/** Reads rules. @throws ControlError that names all lines that are wrong. */
export function readRules(bytes: Uint8Array): RuleFields[] {
  const problems: CsvProblem[] = [];
  const rules: RuleFields[] = [];
  for (const { line, cells } of readCsv(bytes, columns)) {
    const subject = unguard(cells.subject);
    const parsed = createAccessRuleSchema.safeParse({
      kind: cells.kind,
      subject: subject === '' ? null : subject,
      action: cells.action,
      permission: cells.permission,
      topicFilter: unguard(cells.topic_filter),
    });
    const problem = parsed.success
      ? checkSubject(parsed.data.kind, parsed.data.subject ?? null)
      : describeIssue(parsed.error.issues[0]);
    if (problem !== null) problems.push({ line, message: problem });
    else if (parsed.success) {
      const { kind, action, permission, topicFilter } = parsed.data;
      rules.push({ kind, subject: parsed.data.subject ?? null, action, permission, topic_filter: topicFilter });
    }
  }
  if (problems.length > 0) throw csvInvalid(problems);
  return rules;
}

/** Writes rules so that `readRules` reads the same ones, and no spreadsheet runs any of them. */
export function writeRules(rules: readonly AccessRule[]): string {
  return writeCsv(
    columns,
    rules.map((rule) => [rule.kind, guard(rule.subject ?? ''), rule.action, rule.permission, guard(rule.topicFilter)]),
  );
}

const choices: Readonly<Record<string, string>> = {
  kind: 'a kind is clientId, username or all',
  action: 'an action is publish, subscribe or all',
  permission: 'a permission is allow or deny',
};

function describeIssue(issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined): string {
  return choices[String(issue?.path[0])] ?? issue?.message ?? 'the line is no rule';
}
