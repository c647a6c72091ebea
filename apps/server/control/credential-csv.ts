/** Credentials as CSV. They come in with passwords and go out without. */
import { passwordSchema, usernameSchema, type Credential } from '../../../packages/api/mod.ts';
import { csvInvalid, guard, readCsv, unguard, writeCsv, type CsvProblem } from './csv.ts';

/** One line: a user name and its password. */
export interface ImportedCredential {
  readonly line: number;
  readonly username: string;
  readonly password: string;
}

/**
 * Reads user names and passwords. A password is taken letter by letter; a user name as an export wrote it.
 * @throws ControlError that names all lines that are wrong.
 */
export function readCredentials(bytes: Uint8Array): ImportedCredential[] {
  const problems: CsvProblem[] = [];
  const lines = new Map<string, number>();
  const read = readCsv(bytes, ['username', 'password']).map(({ line, cells }) => {
    const { password } = cells;
    const username = unguard(cells.username);
    const earlier = lines.get(username);
    const problem =
      usernameSchema.safeParse(username).error?.issues[0]?.message ??
      passwordSchema.safeParse(password).error?.issues[0]?.message ??
      (earlier === undefined ? null : `the user name stands on line ${earlier} already`);
    if (problem !== null) problems.push({ line, message: problem });
    lines.set(username, earlier ?? line);
    return { line, username, password };
  });
  if (problems.length > 0) throw csvInvalid(problems);
  return read;
}

export function writeCredentials(credentials: readonly Credential[]): string {
  return writeCsv(
    ['username', 'disabled', 'created_at', 'changed_at'],
    credentials.map((entry) => [guard(entry.username), String(entry.disabled), entry.createdAt, entry.changedAt]),
  );
}
