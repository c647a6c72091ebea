import { InvalidArgumentError, type Command } from 'commander';
import type { InstallationLimitChanges } from '../../../packages/api/mod.ts';
import {
  checkInstallationLimit,
  installationLimitDefinitions,
  type InstallationLimits,
} from '../../../packages/engine/installation-limits.ts';
import { addAdminOptions, connectAdmin, request, type AdminFlags } from '../admin/connect.ts';
import { parseLimitValue } from '../admin/limit-option.ts';
import type { Context } from '../context.ts';
import { exitCodesHelp } from '../exit.ts';
import { renderTable } from '../table.ts';
import { toJson } from './deployment.ts';

/** Adds `berth limits ...`. */
export function addLimits(program: Command, context: Context): void {
  const group = program
    .command('limits')
    .description('limits of the installation: show, set')
    .addHelpText('after', `\nExample:\n  ${context.command} limits set connections=5000\n\n${exitCodesHelp}`);
  const help = (example: string) => `\nExample:\n  ${context.command} ${example}\n\n${exitCodesHelp}`;
  addAdminOptions(group.command('show').description('show all limits of the installation'))
    .addHelpText('after', help('limits show'))
    .action(async (flags: AdminFlags) => {
      const limits = await request(context, connectAdmin(flags, context).getInstallationLimits());
      await context.write(flags.json ? toJson(limits) : renderInstallationLimits(limits));
    });
  addAdminOptions(
    group
      .command('set')
      .description('change limits of the installation while it runs')
      .argument('<name=value|none...>', 'limits; "show" lists them', collect),
  )
    .addHelpText('after', help('limits set connections=5000 memoryHighWaterPercent=80'))
    .action(async (changes: InstallationLimitChanges, flags: AdminFlags) => {
      const limits = await request(context, connectAdmin(flags, context).changeInstallationLimits(changes));
      await context.write(flags.json ? toJson(limits) : renderInstallationLimits(limits));
    });
}

function collect(text: string, previous: InstallationLimitChanges | undefined): InstallationLimitChanges {
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(0, at));
  const definition = installationLimitDefinitions.find((entry) => entry.name === name);
  if (definition === undefined) {
    const names = installationLimitDefinitions.map((entry) => entry.name).join(', ');
    throw new InvalidArgumentError(`It takes NAME=VALUE or NAME=none. The limits: ${names}.`);
  }
  const value = parseLimitValue(text.slice(at + 1), definition.unit === 'bytes');
  const problem = checkInstallationLimit(definition, value);
  if (problem !== null) throw new InvalidArgumentError(`${problem}.`);
  return { ...previous, [definition.name]: value };
}

/** All limits of the installation with their values; a star marks those that differ from the default. */
function renderInstallationLimits(limits: InstallationLimits): string {
  const rows = installationLimitDefinitions.map((entry) => {
    const value = limits[entry.name];
    return [
      value === entry.default ? '' : '*',
      entry.name,
      value === null ? 'none' : String(value),
      entry.unit,
      entry.default === null ? 'none' : String(entry.default),
    ];
  });
  return `${renderTable(['', 'LIMIT', 'VALUE', 'UNIT', 'DEFAULT'], rows)}* differs from the default\n`;
}
