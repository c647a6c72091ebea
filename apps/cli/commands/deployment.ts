import { Option, type Command } from 'commander';
import type { ApiClient, CreateDeployment, Deployment, LimitChanges } from '../../../packages/api/mod.ts';
import { limitDefinitions } from '../../../packages/engine/limits.ts';
import { addAdminOptions, connectAdmin, request, type AdminFlags } from '../admin/connect.ts';
import { collectLimit } from '../admin/limit-option.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodesHelp, usageError } from '../exit.ts';
import { parsePort } from '../mqtt/parse-values.ts';
import { printable, renderTable } from '../table.ts';

interface CreateFlags extends AdminFlags {
  type: 'serverless' | 'dedicated';
  mqttPort?: number;
  wsPort?: number;
}

interface SetFlags extends AdminFlags {
  name?: string;
  limit?: LimitChanges;
}

/** Adds `berth deployment ...`. */
export function addDeployment(program: Command, context: Context): void {
  const group = program
    .command('deployment')
    .description('deployments: create, list, show, set, start, stop, delete')
    .addHelpText('after', `\n${examples(context.command)}\n\n${exitCodesHelp}`);

  admin(
    group,
    'create <name>',
    'make a deployment and start it',
    `${context.command} deployment create plant-7 --type dedicated --mqtt-port 1883 --ws-port 8083`,
  )
    .addOption(
      new Option('--type <type>', 'serverless (TLS only) or dedicated')
        .choices(['serverless', 'dedicated'])
        .default('serverless'),
    )
    .option('--mqtt-port <port>', 'port for MQTT over TCP; dedicated only', parsePort)
    .option('--ws-port <port>', 'port for MQTT over WebSocket; dedicated only', parsePort)
    .action((name: string, flags: CreateFlags) => create(name, flags, context));
  admin(group, 'list', 'list all deployments', `${context.command} deployment list --json`).action(
    (flags: AdminFlags) => list(flags, context),
  );
  admin(
    group,
    'show <id>',
    'show address, ports, limits and counters',
    `${context.command} deployment show default`,
  ).action((id: string, flags: AdminFlags) => show(id, flags, context, (api) => api.getDeployment(id)));
  admin(
    group,
    'set <id>',
    'change the name or limits while it runs',
    `${context.command} deployment set plant-7 --limit sessions=5000 --limit messagesPerSecond=none`,
  )
    .option('--name <name>', 'new name')
    .option('--limit <name=value|none>', 'a limit (repeatable); "show" lists them', collectLimit)
    .action((id: string, flags: SetFlags) => set(id, flags, context));
  admin(group, 'start <id>', 'start a stopped deployment', `${context.command} deployment start plant-7`).action(
    (id: string, flags: AdminFlags) => changeState(flags, context, (api) => api.startDeployment(id)),
  );
  admin(
    group,
    'stop <id>',
    'stop a deployment: its connections are closed',
    `${context.command} deployment stop plant-7`,
  ).action((id: string, flags: AdminFlags) => changeState(flags, context, (api) => api.stopDeployment(id)));
  admin(
    group,
    'delete <id>',
    'delete a deployment with everything in it',
    `${context.command} deployment delete plant-7 --yes`,
  )
    .option('-y, --yes', 'do not ask')
    .action((id: string, flags: AdminFlags & { yes?: boolean }) => remove(id, flags, context));
}

function examples(berth: string): string {
  return `Examples:
  ${berth} deployment list
  ${berth} deployment create plant-7 --type dedicated --mqtt-port 1883 --ws-port 8083
  ${berth} deployment set plant-7 --limit sessions=5000 --limit messagesPerSecond=none
A deployment is named by its id or its name.`;
}

function admin(group: Command, nameAndArguments: string, description: string, example: string): Command {
  const command = group.command(nameAndArguments).description(description);
  return addAdminOptions(command).addHelpText('after', `\nExample:\n  ${example}\n\n${exitCodesHelp}`);
}

async function create(name: string, flags: CreateFlags, context: Context): Promise<void> {
  if (flags.type === 'serverless' && (flags.mqttPort ?? flags.wsPort) !== undefined) {
    throw usageError('A serverless deployment is reached over TLS only. Add --type dedicated for ports without TLS.');
  }
  const input: CreateDeployment = {
    name,
    type: flags.type,
    ...(flags.mqttPort === undefined ? {} : { mqttPort: flags.mqttPort }),
    ...(flags.wsPort === undefined ? {} : { wsPort: flags.wsPort }),
  };
  const deployment = await request(context, connectAdmin(flags, context).createDeployment(input));
  await context.write(
    flags.json
      ? toJson(deployment)
      : `${renderDeployment(deployment)}\nNobody can connect yet. Add a user name: ${context.command} credential add ${deployment.id} NAME\n`,
  );
}

async function list(flags: AdminFlags, context: Context): Promise<void> {
  const deployments = await request(context, connectAdmin(flags, context).listDeployments());
  await context.write(flags.json ? toJson(deployments) : renderDeployments(deployments));
}

async function show(
  _id: string,
  flags: AdminFlags,
  context: Context,
  ask: (api: ApiClient) => Promise<Deployment>,
): Promise<void> {
  const deployment = await request(context, ask(connectAdmin(flags, context)));
  await context.write(flags.json ? toJson(deployment) : `${renderDeployment(deployment)}\n${renderLimits(deployment)}`);
}

async function set(id: string, flags: SetFlags, context: Context): Promise<void> {
  if (flags.name === undefined && flags.limit === undefined)
    throw usageError('Nothing to change: give --name or --limit.');
  const changes = {
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(flags.limit === undefined ? {} : { limits: flags.limit }),
  };
  await show(id, flags, context, (api) => api.changeDeployment(id, changes));
}

async function changeState(
  flags: AdminFlags,
  context: Context,
  change: (api: ApiClient) => Promise<Deployment>,
): Promise<void> {
  const deployment = await request(context, change(connectAdmin(flags, context)));
  await context.write(
    flags.json ? toJson(deployment) : `${printable(deployment.name)} (${deployment.id}) is ${deployment.state}.\n`,
  );
}

async function remove(id: string, flags: AdminFlags & { yes?: boolean }, context: Context): Promise<void> {
  const api = connectAdmin(flags, context);
  const deployment = await request(context, api.getDeployment(id));
  const title = `${printable(deployment.name)} (${deployment.id})`;
  if (!flags.yes) {
    if (!context.interactive) throw usageError(`Deleting ${title} cannot be undone. Add --yes.`);
    const answer = await context.ask(
      `Delete ${title} with its ${deployment.counters.sessions} sessions, its retained messages and credentials? It cannot be undone. Type "yes": `,
    );
    if (answer.trim().toLowerCase() !== 'yes') throw new CliError('Nothing was deleted.');
  }
  await request(context, api.deleteDeployment(deployment.id));
  await context.write(flags.json ? toJson({ deleted: deployment.id }) : `${title} is deleted.\n`);
}

/** The table of `deployment list`. */
export function renderDeployments(deployments: readonly Deployment[]): string {
  return renderTable(
    ['ID', 'NAME', 'TYPE', 'STATE', 'CONNECTIONS', 'ADDRESS'],
    deployments.map((entry) => [
      entry.id,
      entry.name,
      entry.type,
      entry.state,
      String(entry.counters.connections),
      entry.address,
    ]),
  );
}

/** The head of `deployment show`. */
export function renderDeployment(deployment: Deployment): string {
  const { ports, counters } = deployment;
  const rows: (readonly [string, string])[] = [
    ['Name', deployment.name],
    ['Id', deployment.id],
    ['Type', deployment.type],
    ['State', deployment.state],
    ['Address', deployment.address],
    ['Ports', [`${ports.mqtts} MQTT over TLS`, `${ports.wss} WebSocket over TLS`, ...plainPorts(ports)].join(', ')],
    ['Created', deployment.createdAt],
    [
      'Now',
      `${counters.connections} connections, ${counters.sessions} sessions, ${counters.subscriptions} subscriptions`,
    ],
  ];
  return rows.map(([label, value]) => `${label.padEnd(9)}${printable(value)}\n`).join('');
}

function plainPorts(ports: Deployment['ports']): string[] {
  return [
    ...(ports.mqtt === undefined ? [] : [`${ports.mqtt} MQTT without TLS`]),
    ...(ports.ws === undefined ? [] : [`${ports.ws} WebSocket without TLS`]),
  ];
}

/** All limits with their values; a star marks those that differ from the default. */
export function renderLimits(deployment: Deployment): string {
  const rows = limitDefinitions.map((entry) => {
    const value = deployment.effectiveLimits[entry.name];
    const differs = entry.name in deployment.limits && value !== entry.default;
    return [
      differs ? '*' : '',
      entry.name,
      value === null ? 'none' : String(value),
      entry.unit,
      entry.default === null ? 'none' : String(entry.default),
    ];
  });
  return `${renderTable(['', 'LIMIT', 'VALUE', 'UNIT', 'DEFAULT'], rows)}* differs from the default\n`;
}

/** A value as people and programs can read it. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
