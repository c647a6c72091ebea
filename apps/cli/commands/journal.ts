import type { Command } from 'commander';
import { BootError } from '../../server/config/boot-error.ts';
import type { JournalReport } from '../../server/journal/check.ts';
import { dataDirectoryOf } from '../admin/connect.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit.ts';
import { toJson } from './deployment.ts';
import { renderJournalReport } from './journal-report.ts';

interface CheckFlags {
  data?: string;
  json?: boolean;
}

/** "Damaged" has a code of its own, so that a script can tell it from "not looked at". */
const exitCodesOfCheck = `Exit codes:
  0       no damage
  1       damage, which the report names
  2       wrong usage: an unknown command or option, a value that cannot be
  4       not checked: there is no journal, a service uses it, or it cannot be read`;

const copied = `Where nothing can be written, as in a snapshot that is mounted read-only, a copy of the journal is checked. It is made in
the directory for temporary files (TMPDIR) and goes away again.`;

/** Adds `berth journal check`. */
export function addJournal(program: Command, context: Context): void {
  const group = program
    .command('journal')
    .description('what is kept of sessions and messages: check')
    .addHelpText('after', `\nExample:\n  ${context.command} journal check\n\n${exitCodesOfCheck}`);
  group
    .command('check')
    .description('look through the journal of a stopped service for damage; changes nothing')
    .option('--data <dir>', 'data directory of the service (BERTH_DATA, default berth-data)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\n${copied}\n\nExamples:\n  ${context.command} journal check\n  ${context.command} journal check --data /var/lib/berth --json\n\n${exitCodesOfCheck}`,
    )
    .action((flags: CheckFlags) => check(flags, context));
}

async function check(flags: CheckFlags, context: Context): Promise<void> {
  const report = await reportOn(dataDirectoryOf(flags, context));
  await context.write(flags.json ? toJson(report) : renderJournalReport(report, context.language));
  if (report.damage.length > 0) throw new CliError('', exitCodes.failure);
}

/** @throws CliError where there is nothing to check, or it cannot be done. */
async function reportOn(directory: string): Promise<JournalReport> {
  // Loaded when it is asked for, so that no other command waits for SQLite.
  const { checkJournal } = await import('../../server/journal/check.ts');
  try {
    return checkJournal(directory);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const sentence = error instanceof BootError ? error.toSentence() : `The journal cannot be read: ${error.message}.`;
    throw new CliError(sentence, exitCodes.notChecked, { cause: error });
  }
}
