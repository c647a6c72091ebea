import { faultNumber, type FaultName } from '../../packages/faults/mod.ts';

/** What the exit codes of every command mean. A connection fault has `faultBase` and the number of its class. */
export const exitCodes = { ok: 0, failure: 1, usage: 2, timedOut: 3, notChecked: 4, faultBase: 10 } as const;

/** The lines about exit codes in the help texts. */
export const exitCodesHelp = `Exit codes:
  0       done
  1       failed
  2       wrong usage: an unknown command or option, a value that cannot be
  3       the time of --timeout ran out before --count messages came
  11-25   a connection fault: 10 and the class, so error -5 (SNI) exits with 15`;

/** Exit code for a fault, 11 to 25 (error -1 to -15). */
export function exitCodeOfFault(name: FaultName): number {
  const number = faultNumber(name);
  return number === 0 ? exitCodes.failure : exitCodes.faultBase - number;
}

/** Ends the command with one message for people (none where it is empty) and an exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failure, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** A mistake in what was typed. */
export function usageError(message: string): CliError {
  return new CliError(message, exitCodes.usage);
}
