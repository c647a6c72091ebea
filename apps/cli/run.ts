import { CommanderError } from 'commander';
import type { Context } from './context.ts';
import { diagnose } from './diagnose.ts';
import { CliError, exitCodeOfFault, exitCodes } from './exit.ts';
import { makeProgram } from './program.ts';
import { renderSymptom } from './report.ts';
import { ConnectionError } from './symptom.ts';

/**
 * Runs one command line.
 * @param args without the program itself.
 * @returns the exit code. Every message for people has been written.
 */
export async function run(args: readonly string[], context: Context): Promise<number> {
  try {
    await makeProgram(context).parseAsync([...args], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    return explain(error, context);
  }
}

function explain(error: unknown, context: Context): number {
  if (error instanceof CommanderError) {
    // Help and version are no mistakes; commander has printed everything.
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  if (error instanceof ConnectionError) {
    context.error(`berth: ${renderSymptom(error.symptom, context.language)}`);
    const name = diagnose(error.symptom);
    return name === null ? exitCodes.failure : exitCodeOfFault(name);
  }
  if (error instanceof CliError) {
    if (error.message !== '') context.error(`berth: ${error.message}`);
    return error.exitCode;
  }
  context.error(`berth: ${error instanceof Error ? error.message : String(error)}`);
  return exitCodes.failure;
}
