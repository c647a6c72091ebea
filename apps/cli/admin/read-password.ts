import type { Context } from '../context.ts';
import { usageError } from '../exit.ts';
import { firstLineOf } from '../mqtt/connection-options.ts';

/** The ways to give a password without showing it in the process list. */
export interface PasswordFlags {
  passwordStdin?: boolean;
  passwordFile?: string;
}

/** @returns the password that was given, or undefined: the service makes one. */
export async function readPassword(flags: PasswordFlags, context: Context): Promise<string | undefined> {
  if (flags.passwordStdin && flags.passwordFile !== undefined) {
    throw usageError('Give either --password-stdin or --password-file, not both.');
  }
  if (flags.passwordFile !== undefined) return notEmpty(firstLineOf(flags.passwordFile, '--password-file'));
  if (!flags.passwordStdin) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of context.input) chunks.push(chunk);
  return notEmpty(Buffer.concat(chunks).toString('utf8').split(/\r?\n/, 1)[0] ?? '');
}

function notEmpty(password: string): string {
  if (password === '') throw usageError('The password is empty.');
  return password;
}
