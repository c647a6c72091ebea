import type { Command } from 'commander';
import type { ApiClient, Credential, CredentialSecret } from '../../../packages/api/mod.ts';
import { addAdminOptions, connectAdmin, request, type AdminFlags } from '../admin/connect.ts';
import { readPassword, type PasswordFlags } from '../admin/read-password.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodesHelp, usageError } from '../exit.ts';
import { printable, renderTable } from '../table.ts';
import { addCredentialCsv } from './credential-csv.ts';
import { toJson } from './deployment.ts';

/** Adds `berth credential ...`. */
export function addCredential(program: Command, context: Context): void {
  const berth = context.command;
  const group = program
    .command('credential')
    .description(
      'user names and passwords of devices: add, list, set-password, disable, enable, delete, import, export',
    )
    .addHelpText('after', `\n${examples(berth)}\n\n${exitCodesHelp}`);

  const add = admin(
    group,
    'add <deployment> <username>',
    'add a user name',
    `${berth} credential add default sensor-1`,
  );
  addPasswordOptions(add).action((deployment: string, username: string, flags: AdminFlags & PasswordFlags) =>
    change(flags, context, (api, password) =>
      api.createCredential(deployment, { username, ...(password === undefined ? {} : { password }) }),
    ),
  );
  admin(group, 'list <deployment>', 'list the user names', `${berth} credential list default`).action(
    (deployment: string, flags: AdminFlags) => list(deployment, flags, context),
  );
  const setPassword = admin(
    group,
    'set-password <deployment> <username>',
    'set a new password: connections with the old one are closed',
    `${berth} credential set-password default sensor-1 --password-stdin < secret`,
  );
  addPasswordOptions(setPassword).action((deployment: string, username: string, flags: AdminFlags & PasswordFlags) =>
    change(flags, context, (api, password) => api.setPassword(deployment, username, password)),
  );
  admin(
    group,
    'disable <deployment> <username>',
    'disable a user name: its connections are closed',
    `${berth} credential disable default sensor-1`,
  ).action((deployment: string, username: string, flags: AdminFlags) =>
    changeState(flags, context, (api) => api.disableCredential(deployment, username)),
  );
  admin(
    group,
    'enable <deployment> <username>',
    'enable a user name again',
    `${berth} credential enable default sensor-1`,
  ).action((deployment: string, username: string, flags: AdminFlags) =>
    changeState(flags, context, (api) => api.enableCredential(deployment, username)),
  );
  admin(
    group,
    'delete <deployment> <username>',
    'delete a user name: its connections are closed',
    `${berth} credential delete default sensor-1 --yes`,
  )
    .option('-y, --yes', 'do not ask')
    .action((deployment: string, username: string, flags: AdminFlags & { yes?: boolean }) =>
      remove(deployment, username, flags, context),
    );
  addCredentialCsv(group, context);
}

function examples(berth: string): string {
  return `Examples:
  ${berth} credential add default sensor-1
  ${berth} credential set-password default sensor-1 --password-file secret
  ${berth} credential disable default sensor-1
A deployment is named by its id or its name.`;
}

function admin(group: Command, nameAndArguments: string, description: string, example: string): Command {
  const command = group.command(nameAndArguments).description(description);
  return addAdminOptions(command).addHelpText('after', `\nExample:\n  ${example}\n\n${exitCodesHelp}`);
}

function addPasswordOptions(command: Command): Command {
  return command
    .option(
      '--password-stdin',
      'read the password from standard input (one line); default: a strong one is made and printed once',
    )
    .option('--password-file <file>', 'read the password from a file (first line)');
}

async function change(
  flags: AdminFlags & PasswordFlags,
  context: Context,
  work: (api: ApiClient, password: string | undefined) => Promise<CredentialSecret>,
): Promise<void> {
  const api = connectAdmin(flags, context);
  const credential = await request(context, work(api, await readPassword(flags, context)));
  for (const warning of credential.warnings) context.error(`berth: warning: ${warning.message}`);
  await context.write(flags.json ? toJson(credential) : renderSecret(credential));
}

async function list(deployment: string, flags: AdminFlags, context: Context): Promise<void> {
  const credentials = await request(context, connectAdmin(flags, context).listCredentials(deployment));
  await context.write(flags.json ? toJson(credentials) : renderCredentials(credentials));
}

async function changeState(
  flags: AdminFlags,
  context: Context,
  work: (api: ApiClient) => Promise<Credential>,
): Promise<void> {
  const credential = await request(context, work(connectAdmin(flags, context)));
  await context.write(
    flags.json ? toJson(credential) : `${printable(credential.username)} is ${stateOf(credential)}.\n`,
  );
}

async function remove(
  deployment: string,
  username: string,
  flags: AdminFlags & { yes?: boolean },
  context: Context,
): Promise<void> {
  const title = `${printable(username)} of ${printable(deployment)}`;
  if (!flags.yes) {
    if (!context.interactive) throw usageError(`Deleting ${title} cannot be undone. Add --yes.`);
    const answer = await context.ask(`Delete ${title}? Its connections are closed. Type "yes": `);
    if (answer.trim().toLowerCase() !== 'yes') throw new CliError('Nothing was deleted.');
  }
  await request(context, connectAdmin(flags, context).deleteCredential(deployment, username));
  await context.write(flags.json ? toJson({ deleted: username }) : `${title} is deleted.\n`);
}

/** The table of `credential list`. */
export function renderCredentials(credentials: readonly Credential[]): string {
  return renderTable(
    ['USER NAME', 'STATE', 'CREATED', 'PASSWORD SET'],
    credentials.map((entry) => [entry.username, stateOf(entry), entry.createdAt, entry.changedAt]),
  );
}

/** What is printed after a password was set. */
export function renderSecret(credential: CredentialSecret): string {
  const user = `User name  ${printable(credential.username)}\n`;
  return credential.password === undefined
    ? user
    : `${user}Password   ${credential.password}   (shown this once: keep it)\n`;
}

function stateOf(credential: Credential): string {
  return credential.disabled ? 'disabled' : 'enabled';
}
