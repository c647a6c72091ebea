import type { Kysely, Transaction } from 'kysely';
import {
  checkTopicFilter,
  checkTopicName,
  type AccessAnswer,
  type AccessRule,
  type AccessRuleList,
  type ChangeAccessRule,
  type CreateAccessRule,
  type Imported,
  type RuleDefault,
  type RulePermission,
  type TryAccess,
} from '../../../packages/api/mod.ts';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { explain, isServerTopic } from './access-answer.ts';
import { readRules, writeRules, type RuleFields } from './access-rule-csv.ts';
import { checkSubject, entryOf, numbered, placed, presentRule, type RuleRow } from './access-rule-rows.ts';
import { ControlError } from './control-error.ts';
import type { Tables } from './database/tables.ts';
import type { DeploymentService } from './deployment-service.ts';
import type { AccessRuleIndex, LiveDeployments } from './ports.ts';
import { newRuleId } from './random-text.ts';
import type { Serial } from './serial.ts';

export interface AccessRuleServiceOptions {
  readonly database: Kysely<Tables>;
  readonly deployments: DeploymentService;
  readonly live: LiveDeployments;
  readonly index: AccessRuleIndex;
  /** Shared with the other services of the same database. */
  readonly changes: Serial;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A statement has at most 32,766 parameters in SQLite: so many rows fit by far. */
const rowsPerInsert = 1000;

/**
 * The access rules of deployments. Takes a deployment by id or name; throws `ControlError`.
 * Every change is in force when it returns: for connected clients and kept sessions too.
 */
export class AccessRuleService {
  readonly #options: AccessRuleServiceOptions;

  constructor(options: AccessRuleServiceOptions) {
    this.#options = options;
  }

  /** Fills the index from the database. Once, before anything listens. */
  async load(): Promise<void> {
    const { database } = this.#options;
    const some = await database.selectFrom('access_rules').select('deployment_id').distinct().execute();
    const defaults = await database.selectFrom('access_defaults').select('deployment_id').execute();
    const ids = new Set([...some, ...defaults].map((row) => row.deployment_id as DeploymentId));
    for (const id of ids) this.#index(id, await this.#rows(id), await this.#default(id));
  }

  async list(deployment: string): Promise<AccessRuleList> {
    const id = await this.#options.deployments.idOf(deployment);
    return { default: await this.#default(id), rules: (await this.#rows(id)).map(presentRule) };
  }

  /** Adds a rule behind those of its kind, or at a position among them. */
  create(deployment: string, input: CreateAccessRule): Promise<AccessRule> {
    const { kind, subject = null, action = 'all', permission, topicFilter } = input;
    return this.#edit(deployment, (rows, id) => {
      requireSubject(kind, subject);
      const made = this.#newRow(id, { kind, subject, action, permission, topic_filter: topicFilter }, idsOf(rows));
      const place = input.position === undefined ? {} : { position: input.position };
      return { rows: placed(rows, made, place), answer: (after) => presentRule(findRow(after, made.id)) };
    });
  }

  /** Changes what is given, and moves the rule where a place is given; a rule of another kind goes to its end. */
  change(deployment: string, rule: string, changes: ChangeAccessRule): Promise<AccessRule> {
    return this.#edit(deployment, (rows) => {
      const before = findRow(rows, rule);
      const kind = changes.kind ?? before.kind;
      const kept = kind === 'all' ? null : before.subject;
      const subject = changes.subject === undefined ? kept : changes.subject;
      requireSubject(kind, subject);
      const changed: RuleRow = {
        ...before,
        kind,
        subject,
        action: changes.action ?? before.action,
        permission: changes.permission ?? before.permission,
        topic_filter: changes.topicFilter ?? before.topic_filter,
        changed_at: this.#options.now(),
      };
      const { position, before: ahead, after: behind } = changes;
      const stays = [position, ahead, behind].every((value) => value === undefined) && kind === before.kind;
      const place = stays ? { position: before.position } : { position, before: ahead, after: behind };
      const others = rows.filter((row) => row.id !== rule);
      return { rows: placed(others, changed, place), answer: (after) => presentRule(findRow(after, rule)) };
    });
  }

  delete(deployment: string, rule: string): Promise<void> {
    return this.#edit(deployment, (rows) => {
      const { id } = findRow(rows, rule);
      return { rows: numbered(rows.filter((row) => row.id !== id)), answer: () => undefined };
    });
  }

  /** Sets what holds where no rule matches. */
  setDefault(deployment: string, permission: RulePermission): Promise<RuleDefault> {
    const { database, deployments, changes } = this.#options;
    return changes.run(async () => {
      const id = await deployments.idOf(deployment);
      await database
        .insertInto('access_defaults')
        .values({ deployment_id: id, permission })
        .onConflict((conflict) => conflict.column('deployment_id').doUpdateSet({ permission }))
        .execute();
      this.#apply(id, await this.#rows(id), permission);
      return { permission };
    });
  }

  /** Says whether a client may do something and which rule says so, whether it is connected or not. */
  async try(deployment: string, question: TryAccess): Promise<AccessAnswer> {
    const { deployments, index } = this.#options;
    const id = await deployments.idOf(deployment);
    const { clientId, username = null, action, topic } = question;
    const problem = action === 'publish' ? checkTopicName(topic) : checkTopicFilter(topic);
    if (problem !== null) {
      const message = `${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`;
      throw new ControlError(400, 'request.invalid', message, 'Give a topic as a client would send it.', 'topic');
    }
    const decided = index.answer(id, { clientId, username, action, topic });
    const rows = await this.#rows(id);
    const ruleOf = (ruleId: string | null): AccessRule | null => {
      const row = rows.find((candidate) => candidate.id === ruleId);
      return row === undefined ? null : presentRule(row);
    };
    return explain(question, {
      allowed: decided.allowed && !(action === 'publish' && isServerTopic(topic)),
      rule: ruleOf(decided.rule),
      cutBy: decided.cutBy === null ? null : { rule: ruleOf(decided.cutBy.rule) },
    });
  }

  /** All rules as CSV. What holds where none matches is no part of it. */
  async exportCsv(deployment: string): Promise<string> {
    return writeRules((await this.list(deployment)).rules);
  }

  /** Takes all rules of a CSV file, behind those that there are or in their place; or none where a line is wrong. */
  async importCsv(deployment: string, bytes: Uint8Array, mode: 'add' | 'replace'): Promise<Imported> {
    const read = readRules(bytes);
    return this.#edit(deployment, (rows, id) => {
      const ids = idsOf(rows);
      const made = read.map((fields) => this.#newRow(id, fields, ids));
      return {
        rows: numbered(mode === 'add' ? [...rows, ...made] : made),
        answer: () => ({ imported: made.length, warnings: [] }),
      };
    });
  }

  /** Changes the list of rules in the database, then in memory, then for the running sessions. */
  #edit<Answer>(
    deployment: string,
    edit: (
      rows: readonly RuleRow[],
      id: DeploymentId,
    ) => { readonly rows: readonly RuleRow[]; readonly answer: (after: readonly RuleRow[]) => Answer },
  ): Promise<Answer> {
    const { database, deployments, changes } = this.#options;
    return changes.run(async () => {
      const id = await deployments.idOf(deployment);
      const before = await this.#rows(id);
      const { rows, answer } = edit(before, id);
      await this.#requireRoom(id, before, rows);
      await database.transaction().execute((transaction) => store(transaction, id, before, rows));
      this.#apply(id, rows, await this.#default(id));
      return answer(rows);
    });
  }

  #apply(deployment: DeploymentId, rows: readonly RuleRow[], permission: RulePermission): void {
    this.#index(deployment, rows, permission);
    this.#options.live.policyChanged(deployment);
  }

  #index(deployment: DeploymentId, rows: readonly RuleRow[], permission: RulePermission): void {
    this.#options.index.put(deployment, { default: permission, rules: rows.map(entryOf) });
  }

  async #rows(deployment: DeploymentId): Promise<RuleRow[]> {
    const rows = await this.#options.database
      .selectFrom('access_rules')
      .selectAll()
      .where('deployment_id', '=', deployment)
      .orderBy('position')
      .orderBy('id')
      .execute();
    return numbered(rows);
  }

  async #default(deployment: DeploymentId): Promise<RulePermission> {
    const row = await this.#options.database
      .selectFrom('access_defaults')
      .select('permission')
      .where('deployment_id', '=', deployment)
      .executeTakeFirst();
    return row?.permission ?? 'allow';
  }

  #newRow(deployment: DeploymentId, fields: RuleFields, taken: Set<string>): RuleRow {
    let id = newRuleId();
    while (taken.has(id)) id = newRuleId();
    taken.add(id);
    const at = this.#options.now();
    return { deployment_id: deployment, id, ...fields, position: 0, created_at: at, changed_at: at };
  }

  /** A list that has grown stays within the limits; one that was over a lowered limit may shrink. */
  async #requireRoom(deployment: DeploymentId, before: readonly RuleRow[], after: readonly RuleRow[]): Promise<void> {
    const { accessRules, accessRulesPerSubject } = await this.#options.deployments.limitsOf(deployment);
    if (accessRules !== null && after.length > accessRules && after.length > before.length)
      throw limitReached('accessRules', 'limit.access-rules', accessRules, 'The deployment');
    if (accessRulesPerSubject === null) return;
    const counts = countBySubject(before);
    for (const [subject, count] of countBySubject(after)) {
      if (count <= accessRulesPerSubject || count <= (counts.get(subject) ?? 0)) continue;
      const whom = 'This client id or user name';
      throw limitReached('accessRulesPerSubject', 'limit.access-rules-per-subject', accessRulesPerSubject, whom);
    }
  }
}

function countBySubject(rows: readonly RuleRow[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, subject } of rows) {
    if (kind === 'all') continue;
    const key = `${kind} ${subject}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function limitReached(limit: string, code: string, value: number, whom: string): ControlError {
  const message = `${whom} has reached the limit "${limit}" (${value}).`;
  return new ControlError(409, code, message, 'Delete rules, use a placeholder, or have the operator raise the limit.');
}

/** Writes the difference between two lists of rules. */
async function store(
  transaction: Transaction<Tables>,
  deployment: DeploymentId,
  before: readonly RuleRow[],
  after: readonly RuleRow[],
): Promise<void> {
  const known = new Map(before.map((row) => [row.id, row]));
  const kept = idsOf(after);
  const inDeployment = (id: string) => ({ deployment_id: deployment, id });
  if (!before.some((row) => kept.has(row.id))) {
    await transaction.deleteFrom('access_rules').where('deployment_id', '=', deployment).execute();
  } else {
    for (const { id } of before.filter((row) => !kept.has(row.id)))
      await transaction
        .deleteFrom('access_rules')
        .where((where) => where.and(inDeployment(id)))
        .execute();
  }
  for (const row of after) {
    const old = known.get(row.id);
    if (old === undefined || Bun.deepEquals(old, row)) continue;
    const { id, deployment_id: _, ...values } = row;
    await transaction
      .updateTable('access_rules')
      .set(values)
      .where((where) => where.and(inDeployment(id)))
      .execute();
  }
  const made = after.filter((row) => !known.has(row.id));
  for (let at = 0; at < made.length; at += rowsPerInsert)
    await transaction
      .insertInto('access_rules')
      .values(made.slice(at, at + rowsPerInsert))
      .execute();
}

function idsOf(rows: readonly RuleRow[]): Set<string> {
  return new Set(rows.map((row) => row.id));
}

function findRow(rows: readonly RuleRow[], id: string): RuleRow {
  const row = rows.find((candidate) => candidate.id === id);
  if (row !== undefined) return row;
  const remedy = 'List the rules of the deployment to see their ids.';
  throw new ControlError(404, 'rule.not-found', 'The deployment has no such rule.', remedy);
}

function requireSubject(kind: RuleRow['kind'], subject: string | null): void {
  const problem = checkSubject(kind, subject);
  if (problem === null) return;
  const message = `${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`;
  throw new ControlError(400, 'request.invalid', message, 'Give the subject that fits the kind.', 'subject');
}
