import type { Command } from 'commander';
import { BootError } from '../../server/config/boot-error.ts';
import { dataDirectoryOf } from '../admin/connect.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes, exitCodesHelp } from '../exit.ts';
import { toJson } from './deployment.ts';
import { renderJournalReport } from './journal-report.ts';

interface CheckFlags {
  data?: string;
  json?: boolean;
}

/** Adds `berth journal check`. */
export function addJournal(program: Command, context: Context): void {
  const group = program
    .command('journal')
    .description('what is kept of sessions and messages: check')
    .addHelpText('after', `\nExample:\n  ${context.command} journal check\n\n${exitCodesHelp}`);
  group
    .command('check')
    .description('look through the journal of a stopped service for damage; changes nothing')
    .option('--data <dir>', 'data directory of the service (BERTH_DATA, default berth-data)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\nExits with 1 where anything is damaged.\n\nExamples:\n  ${context.command} journal check\n  ${context.command} journal check --data /var/lib/berth --json\n\n${exitCodesHelp}`,
    )
    .action((flags: CheckFlags) => check(flags, context));
}

async function check(flags: CheckFlags, context: Context): Promise<void> {
  // Loaded here only: no other command reads files of the server's.
  const { checkJournal } = await import('../../server/journal/check.ts');
  try {
    const report = checkJournal(dataDirectoryOf(flags, context));
    await context.write(flags.json ? toJson(report) : renderJournalReport(report, context.language));
    if (report.damage.length > 0) throw new CliError('', exitCodes.failure);
  } catch (error) {
    if (error instanceof BootError) throw new CliError(error.toSentence(), exitCodes.failure, { cause: error });
    throw error;
  }
}
