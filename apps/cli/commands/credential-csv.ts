import type { Command } from 'commander';
import { addAdminOptions, connectAdmin, request, type AdminFlags } from '../admin/connect.ts';
import { readCsvFile, renderImported, writeCsvFile } from '../admin/csv-file.ts';
import type { Context } from '../context.ts';
import { exitCodesHelp } from '../exit.ts';
import { toJson } from './deployment.ts';

/** Adds `berth credential import` and `berth credential export`. */
export function addCredentialCsv(group: Command, context: Context): void {
  const berth = context.command;
  admin(
    group,
    'import <deployment> <file>',
    'add user names with passwords from a CSV file (- is standard input): all of them or none',
    `The columns are username and password.\n\nExample:\n  ${berth} credential import default devices.csv`,
  ).action(async (deployment: string, file: string, flags: AdminFlags) => {
    const api = connectAdmin(flags, context);
    const imported = await request(context, api.importCredentials(deployment, await readCsvFile(file, context)));
    await context.write(flags.json ? toJson(imported) : renderImported(imported, 'user names', context));
  });
  admin(
    group,
    'export <deployment> [file]',
    'write the user names as CSV, to standard output where no file is given',
    `Passwords are stored so that nobody can read them: they are not in the file.\n\nExample:\n  ${berth} credential export default devices.csv`,
  ).action(async (deployment: string, file: string | undefined, flags: AdminFlags) =>
    writeCsvFile(await request(context, connectAdmin(flags, context).exportCredentials(deployment)), file, context),
  );
}

function admin(group: Command, nameAndArguments: string, description: string, help: string): Command {
  const command = group.command(nameAndArguments).description(description);
  return addAdminOptions(command).addHelpText('after', `\n${help}\n\n${exitCodesHelp}`);
}
