import { Option, type Command } from 'commander';
import type { AccessRule, AccessRuleList, ChangeAccessRule, TryAccess } from '../../../packages/api/mod.ts';
import { addAdminOptions, connectAdmin, request, type AdminFlags } from '../admin/connect.ts';
import { readCsvFile, renderImported, writeCsvFile } from '../admin/csv-file.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes, exitCodesHelp, usageError } from '../exit.ts';
import { printable, renderTable } from '../table.ts';
import { toJson } from './deployment.ts';

interface SubjectFlags extends AdminFlags {
  clientId?: string;
  username?: string;
}

interface AddFlags extends SubjectFlags {
  position?: number;
}

interface MoveFlags extends AdminFlags {
  to?: number;
  before?: string;
  after?: string;
}

/** Adds `berth rule ...`. */
export function addRule(program: Command, context: Context): void {
  const berth = context.command;
  const group = program
    .command('rule')
    .description('access rules, who may publish and subscribe: add, list, move, delete, default, try, import, export')
    .addHelpText('after', `\n${orderHelp}\n\n${examples(berth)}\n\n${exitCodesHelp}`);
  addChanging(group, context);
  addTry(group, context);
  addFiles(group, context);
}

const orderHelp = `The first rule that matches decides: rules of a client id come first, then those
of a user name, then those for everybody, each in the order of their positions.
Where none matches the default holds, "allow" until it is changed.
The levels \${clientid} and \${username} of a topic filter stand for those of the
client; quote them in a shell.`;

function examples(berth: string): string {
  return `Examples:
  ${berth} rule add default deny all 'plant/#'
  ${berth} rule add default allow all 'plant/\${clientid}/#' --position 1
  ${berth} rule add default allow subscribe 'plant/#' --username dashboard
  ${berth} rule try default publish plant/7/state --client-id 7 --username device
A deployment is named by its id or its name.`;
}

function addChanging(group: Command, context: Context): void {
  const berth = context.command;
  const add = admin(
    group,
    'add <deployment> <permission> <action> <topicFilter>',
    'add a rule: allow or deny; publish, subscribe or all',
    `${berth} rule add default deny publish 'commands/#' --username sensor-1`,
  );
  addSubjectOptions(add, 'the rule is about this client id', 'the rule is about this user name')
    .option('--position <n>', 'place among the rules of the same kind (default: the end)', parsePosition)
    .action((deployment: string, permission: string, action: string, topicFilter: string, flags: AddFlags) =>
      addOne(deployment, [permission, action, topicFilter], flags, context),
    );
  admin(group, 'list <deployment>', 'list the rules in the order of trial', `${berth} rule list default`).action(
    (deployment: string, flags: AdminFlags) => list(deployment, flags, context),
  );
  admin(
    group,
    'move <deployment> <rule>',
    'move a rule among those of its kind',
    `${berth} rule move default k3x9ab22 --to 1`,
  )
    .option('--to <n>', 'position from 1', parsePosition)
    .option('--before <rule>', 'in front of this rule')
    .option('--after <rule>', 'behind this rule')
    .action((deployment: string, rule: string, flags: MoveFlags) => move(deployment, rule, flags, context));
  admin(group, 'delete <deployment> <rule>', 'delete a rule', `${berth} rule delete default k3x9ab22 --yes`)
    .option('-y, --yes', 'do not ask')
    .action((deployment: string, rule: string, flags: AdminFlags & { yes?: boolean }) =>
      remove(deployment, rule, flags, context),
    );
  admin(
    group,
    'default <deployment> <permission>',
    'set what holds where no rule matches: allow or deny',
    `${berth} rule default default deny`,
  ).action((deployment: string, permission: string, flags: AdminFlags) =>
    setDefault(deployment, permission, flags, context),
  );
}

function addTry(group: Command, context: Context): void {
  const command = admin(
    group,
    'try <deployment> <action> <topic>',
    'say whether a client may publish or subscribe, and which rule says so',
    `${context.command} rule try default publish plant/7/state --client-id 7 --username device`,
  ).addHelpText('after', '\nThe exit code is 0 where it is allowed, also in part, and 1 where it is denied.');
  addSubjectOptions(command, 'the client id to ask about (required)', 'the user name to ask about').action(
    (deployment: string, action: string, topic: string, flags: SubjectFlags) =>
      tryOne(deployment, action, topic, flags, context),
  );
}

function addFiles(group: Command, context: Context): void {
  const berth = context.command;
  admin(
    group,
    'import <deployment> <file>',
    'take rules from a CSV file (- is standard input): all of them or none',
    `${berth} rule import default rules.csv --replace`,
  )
    .option('--replace', 'in the place of the rules that there are (default: behind them)')
    .action(async (deployment: string, file: string, flags: AdminFlags & { replace?: boolean }) => {
      const api = connectAdmin(flags, context);
      const csv = await readCsvFile(file, context);
      const imported = await request(context, api.importRules(deployment, csv, flags.replace ? 'replace' : 'add'));
      await context.write(flags.json ? toJson(imported) : renderImported(imported, 'rules', context));
    });
  admin(
    group,
    'export <deployment> [file]',
    'write the rules as CSV, to standard output where no file is given',
    `${berth} rule export default rules.csv`,
  ).action(async (deployment: string, file: string | undefined, flags: AdminFlags) =>
    writeCsvFile(await request(context, connectAdmin(flags, context).exportRules(deployment)), file, context),
  );
}

function admin(group: Command, nameAndArguments: string, description: string, example: string): Command {
  const command = group.command(nameAndArguments).description(description);
  return addAdminOptions(command).addHelpText('after', `\nExample:\n  ${example}\n\n${exitCodesHelp}`);
}

function addSubjectOptions(command: Command, clientId: string, username: string): Command {
  return command
    .addOption(new Option('--client-id <id>', clientId))
    .addOption(new Option('--username <name>', username));
}

function parsePosition(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw usageError(`A position is a whole number from 1, not "${text}".`);
}

function oneOf<Choice extends string>(text: string, choices: readonly Choice[], what: string): Choice {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw usageError(`${what} is ${choices.join(' or ')}, not "${text}".`);
  return found;
}

async function addOne(
  deployment: string,
  [permission, action, topicFilter]: readonly [string, string, string],
  flags: AddFlags,
  context: Context,
): Promise<void> {
  const { clientId, username, position } = flags;
  if (clientId !== undefined && username !== undefined)
    throw usageError('A rule is about a client id or a user name: give only one of --client-id and --username.');
  const about =
    clientId !== undefined
      ? { kind: 'clientId' as const, subject: clientId }
      : username !== undefined
        ? { kind: 'username' as const, subject: username }
        : { kind: 'all' as const };
  const rule = {
    ...about,
    permission: oneOf(permission, ['allow', 'deny'], 'The permission'),
    action: oneOf(action, ['publish', 'subscribe', 'all'], 'The action'),
    topicFilter,
    ...(position === undefined ? {} : { position }),
  };
  const made = await request(context, connectAdmin(flags, context).createRule(deployment, rule));
  await context.write(flags.json ? toJson(made) : renderRules([made]));
}

async function list(deployment: string, flags: AdminFlags, context: Context): Promise<void> {
  const rules = await request(context, connectAdmin(flags, context).listRules(deployment));
  await context.write(flags.json ? toJson(rules) : renderRuleList(rules));
}

async function move(deployment: string, rule: string, flags: MoveFlags, context: Context): Promise<void> {
  const { to, before, after } = flags;
  const place: ChangeAccessRule = {
    ...(to === undefined ? {} : { position: to }),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
  if (Object.keys(place).length !== 1) throw usageError('Give one of --to, --before and --after.');
  const moved = await request(context, connectAdmin(flags, context).changeRule(deployment, rule, place));
  await context.write(flags.json ? toJson(moved) : renderRules([moved]));
}

async function remove(
  deployment: string,
  rule: string,
  flags: AdminFlags & { yes?: boolean },
  context: Context,
): Promise<void> {
  const title = `Rule ${printable(rule)} of ${printable(deployment)}`;
  if (!flags.yes) {
    if (!context.interactive) throw usageError(`${title} would be deleted. Add --yes.`);
    const answer = await context.ask(`${title}: delete it? Type "yes": `);
    if (answer.trim().toLowerCase() !== 'yes') throw new CliError('Nothing was deleted.');
  }
  await request(context, connectAdmin(flags, context).deleteRule(deployment, rule));
  await context.write(flags.json ? toJson({ deleted: rule }) : `${title} is deleted.\n`);
}

async function setDefault(deployment: string, permission: string, flags: AdminFlags, context: Context): Promise<void> {
  const wanted = oneOf(permission, ['allow', 'deny'], 'The default');
  const set = await request(context, connectAdmin(flags, context).setRuleDefault(deployment, wanted));
  await context.write(flags.json ? toJson(set) : `${renderDefault(set.permission)}\n`);
}

async function tryOne(
  deployment: string,
  action: string,
  topic: string,
  flags: SubjectFlags,
  context: Context,
): Promise<void> {
  if (flags.clientId === undefined) throw usageError('Say which client: --client-id ID.');
  const question: TryAccess = {
    clientId: flags.clientId,
    username: flags.username ?? null,
    action: oneOf(action, ['publish', 'subscribe'], 'The action'),
    topic,
  };
  const answer = await request(context, connectAdmin(flags, context).tryRules(deployment, question));
  await context.write(flags.json ? toJson(answer) : `${printable(answer.explanation)}\n`);
  // Everything has been said.
  if (!answer.allowed) throw new CliError('', exitCodes.failure);
}

/** The table of `rule list`. */
export function renderRuleList({ rules, default: permission }: AccessRuleList): string {
  return `${rules.length === 0 ? '' : renderRules(rules)}${renderDefault(permission)}\n`;
}

function renderRules(rules: readonly AccessRule[]): string {
  const kinds = { clientId: 'client id', username: 'user name', all: 'all' };
  return renderTable(
    ['ID', 'KIND', 'SUBJECT', 'POSITION', 'PERMISSION', 'ACTION', 'TOPIC FILTER'],
    rules.map((rule) => [
      rule.id,
      kinds[rule.kind],
      rule.subject ?? '-',
      String(rule.position),
      rule.permission,
      rule.action,
      rule.topicFilter,
    ]),
  );
}

function renderDefault(permission: string): string {
  return `Where no rule matches: ${permission}`;
}
