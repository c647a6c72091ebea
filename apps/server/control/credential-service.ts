import type { Kysely, Selectable } from 'kysely';
import {
  characterCount,
  passwordCharactersAdvised,
  passwordSchema,
  usernameSchema,
  type CreateCredential,
  type Credential,
  type CredentialSecret,
  type Imported,
  type Warning,
} from '../../../packages/api/mod.ts';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import type { FaultName } from '../../../packages/faults/mod.ts';
import { ControlError } from './control-error.ts';
import { readCredentials, writeCredentials } from './credential-csv.ts';
import { csvInvalid } from './csv.ts';
import type { CredentialsTable, Tables } from './database/tables.ts';
import type { DeploymentService } from './deployment-service.ts';
import type { CredentialIndex, CredentialRecord, LiveDeployments, PasswordHashing, PasswordRecord } from './ports.ts';
import { newPassword } from './random-text.ts';
import type { Serial } from './serial.ts';

type Row = Selectable<CredentialsTable>;

/** A statement has at most 32,766 parameters in SQLite: so many rows fit by far. */
const rowsPerInsert = 1000;

export interface CredentialServiceOptions {
  readonly database: Kysely<Tables>;
  readonly deployments: DeploymentService;
  readonly live: LiveDeployments;
  readonly index: CredentialIndex;
  readonly hashing: PasswordHashing;
  /** Shared with the other services of the same database. */
  readonly changes: Serial;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The user names and passwords of deployments. Takes a deployment by id or name; throws `ControlError`. */
export class CredentialService {
  readonly #options: CredentialServiceOptions;

  constructor(options: CredentialServiceOptions) {
    this.#options = options;
  }

  /**
   * Fills the index from the database. Once, before anything listens.
   * @returns how many there are, and how many of them nobody can log in with because their pepper is gone.
   */
  async load(): Promise<{ credentials: number; withoutPepper: number }> {
    const { database, index, hashing } = this.#options;
    const rows = await database.selectFrom('credentials').selectAll().execute();
    for (const row of rows) index.put(row.deployment_id as DeploymentId, recordOf(row));
    return { credentials: rows.length, withoutPepper: rows.filter((row) => !hashing.knows(row.pepper_key_id)).length };
  }

  /** Adds a user name. Without a password one is generated; it stands in the answer and nowhere else. */
  async create(deployment: string, input: CreateCredential): Promise<CredentialSecret> {
    const { database, deployments, index, changes } = this.#options;
    checkUsername(input.username);
    const chosen = choosePassword(input.password);
    return changes.run(async () => {
      const id = await deployments.idOf(deployment);
      await this.#requireNew(id, input.username);
      await this.#requireRoom(id, 1);
      const row = this.#newRow(id, input.username, chosen.password);
      await database.insertInto('credentials').values(row).execute();
      index.put(id, recordOf(row));
      return withSecret(row, chosen);
    });
  }

  /**
   * Adds the first user name of a deployment that is being made, in the transaction that makes it.
   * @returns it, and what is to be called once the transaction is committed: nobody can log in before.
   */
  async createWith(
    transaction: Kysely<Tables>,
    deployment: DeploymentId,
    input: CreateCredential,
  ): Promise<{ secret: CredentialSecret; committed: () => void }> {
    checkUsername(input.username);
    const chosen = choosePassword(input.password);
    const row = this.#newRow(deployment, input.username, chosen.password);
    await transaction.insertInto('credentials').values(row).execute();
    return {
      secret: withSecret(row, chosen),
      committed: () => this.#options.index.put(deployment, recordOf(row)),
    };
  }

  /** All user names as CSV, without passwords and without anything made from them. */
  async exportCsv(deployment: string): Promise<string> {
    return writeCredentials(await this.list(deployment));
  }

  /** Adds all user names of a CSV file with their passwords; or none, where a line is wrong or there is no room. */
  async importCsv(deployment: string, bytes: Uint8Array): Promise<Imported> {
    const { database, deployments, index, changes } = this.#options;
    const read = readCredentials(bytes);
    return changes.run(async () => {
      const id = await deployments.idOf(deployment);
      const known = new Set((await this.list(id)).map((credential) => credential.username));
      const taken = read.filter(({ username }) => known.has(username));
      if (taken.length > 0)
        throw csvInvalid(taken.map(({ line }) => ({ line, message: 'the deployment has this user name already' })));
      await this.#requireRoom(id, read.length);
      const rows = read.map(({ username, password }) => this.#newRow(id, username, password));
      await database.transaction().execute(async (transaction) => {
        for (let start = 0; start < rows.length; start += rowsPerInsert)
          await transaction
            .insertInto('credentials')
            .values(rows.slice(start, start + rowsPerInsert))
            .execute();
      });
      for (const row of rows) index.put(id, recordOf(row));
      const short = read.filter(({ password }) => characterCount(password) < passwordCharactersAdvised);
      return { imported: rows.length, warnings: short.map(({ line }) => `Line ${line}: ${shortPassword.message}`) };
    });
  }

  async list(deployment: string): Promise<Credential[]> {
    const id = await this.#options.deployments.idOf(deployment);
    const rows = await this.#options.database
      .selectFrom('credentials')
      .selectAll()
      .where('deployment_id', '=', id)
      .orderBy('username')
      .execute();
    return rows.map(present);
  }

  /** Sets a new password (a generated one where none is given) and closes the connections that used the old one. */
  async setPassword(deployment: string, username: string, password?: string): Promise<CredentialSecret> {
    const chosen = choosePassword(password);
    const row = await this.#change(deployment, username, this.#hash(username, chosen.password), 'credentials.changed');
    return withSecret(row, chosen);
  }

  async disable(deployment: string, username: string): Promise<Credential> {
    return present(await this.#change(deployment, username, { disabled: 1 }, 'credentials.disabled'));
  }

  async enable(deployment: string, username: string): Promise<Credential> {
    return present(await this.#change(deployment, username, { disabled: 0 }, null));
  }

  async delete(deployment: string, username: string): Promise<void> {
    const { database, deployments, index, live, changes } = this.#options;
    await changes.run(async () => {
      const id = await deployments.idOf(deployment);
      await this.#find(id, username);
      await database
        .deleteFrom('credentials')
        .where('deployment_id', '=', id)
        .where('username', '=', username)
        .execute();
      index.remove(id, username);
      live.closeUsername(id, username, 'credentials.deleted');
    });
  }

  /** Stores a record that was made anew under the current pepper, unless the password has changed meanwhile. */
  async rehashed(deployment: DeploymentId, before: CredentialRecord, after: CredentialRecord): Promise<void> {
    const { database, changes } = this.#options;
    await changes.run(async () => {
      await database
        .updateTable('credentials')
        .set(stored(after))
        .where('deployment_id', '=', deployment)
        .where('username', '=', before.username)
        .where('mac', '=', encode(before.mac))
        .execute();
    });
  }

  /** Changes one credential in the database, then in memory, then closes its connections where a fault says so. */
  #change(
    deployment: string,
    username: string,
    values: Partial<Pick<Row, 'salt' | 'mac' | 'pepper_key_id' | 'disabled'>>,
    fault: FaultName | null,
  ): Promise<Row> {
    const { database, deployments, index, live, changes, now } = this.#options;
    return changes.run(async () => {
      const id = await deployments.idOf(deployment);
      const before = await this.#find(id, username);
      const row: Row = { ...before, ...values, changed_at: now() };
      await database
        .updateTable('credentials')
        .set({ ...values, changed_at: row.changed_at })
        .where('deployment_id', '=', id)
        .where('username', '=', username)
        .execute();
      index.put(id, recordOf(row));
      if (fault !== null) live.closeUsername(id, username, fault);
      return row;
    });
  }

  #newRow(deployment: DeploymentId, username: string, password: string): Row {
    const at = this.#options.now();
    return {
      deployment_id: deployment,
      username,
      ...this.#hash(username, password),
      disabled: 0,
      created_at: at,
      changed_at: at,
    };
  }

  #hash(username: string, password: string) {
    return stored(this.#options.hashing.hash(username, new TextEncoder().encode(password)));
  }

  async #find(deployment: DeploymentId, username: string): Promise<Row> {
    const row = await this.#row(deployment, username);
    if (row !== undefined) return row;
    throw new ControlError(
      404,
      'credential.not-found',
      'The deployment has no such user name.',
      'List the credentials of the deployment to see its user names.',
    );
  }

  async #requireNew(deployment: DeploymentId, username: string): Promise<void> {
    if ((await this.#row(deployment, username)) === undefined) return;
    const remedy = 'Choose another user name, or set a new password for this one.';
    throw new ControlError(409, 'credential.exists', 'The deployment has this user name already.', remedy, 'username');
  }

  async #requireRoom(deployment: DeploymentId, more: number): Promise<void> {
    const { credentials: limit } = await this.#options.deployments.limitsOf(deployment);
    if (limit === null) return;
    const { count } = await this.#options.database
      .selectFrom('credentials')
      .select((select) => select.fn.countAll<number | string | bigint>().as('count'))
      .where('deployment_id', '=', deployment)
      .executeTakeFirstOrThrow();
    if (Number(count) + more <= limit) return;
    throw new ControlError(
      409,
      'limit.credentials',
      more === 1
        ? `The deployment has reached its limit "credentials" (${limit}).`
        : `With these the deployment would be over its limit "credentials" (${limit}).`,
      'Delete credentials that nobody uses, or have the operator raise the limit.',
    );
  }

  #row(deployment: DeploymentId, username: string): Promise<Row | undefined> {
    return this.#options.database
      .selectFrom('credentials')
      .selectAll()
      .where('deployment_id', '=', deployment)
      .where('username', '=', username)
      .executeTakeFirst();
  }
}

interface ChosenPassword {
  readonly password: string;
  readonly generated: boolean;
  readonly warnings: Warning[];
}

/** @throws ControlError where the password is refused. The password itself never stands in an error. */
function choosePassword(given: string | undefined): ChosenPassword {
  if (given === undefined) return { password: newPassword(), generated: true, warnings: [] };
  const parsed = passwordSchema.safeParse(given);
  if (!parsed.success) {
    const problem = parsed.error.issues[0]?.message ?? 'the password is not valid';
    const remedy = `Choose one with at least ${passwordCharactersAdvised} characters, or leave it out to have one generated.`;
    throw new ControlError(400, 'request.invalid', sentence(problem), remedy, 'password');
  }
  return {
    password: given,
    generated: false,
    warnings: characterCount(given) < passwordCharactersAdvised ? [shortPassword] : [],
  };
}

const shortPassword: Warning = {
  code: 'password.short',
  message: `The password is accepted, but ${passwordCharactersAdvised} or more characters are safer.`,
};

function checkUsername(username: string): void {
  const parsed = usernameSchema.safeParse(username);
  if (parsed.success) return;
  const problem = parsed.error.issues[0]?.message ?? 'the user name is not valid';
  throw new ControlError(400, 'request.invalid', sentence(problem), 'Choose another user name.', 'username');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function withSecret(row: Row, chosen: ChosenPassword): CredentialSecret {
  const { warnings, generated, password } = chosen;
  return { ...present(row), ...(generated ? { password } : {}), warnings };
}

function present(row: Row): Credential {
  return {
    username: row.username,
    disabled: row.disabled === 1,
    createdAt: new Date(row.created_at).toISOString(),
    changedAt: new Date(row.changed_at).toISOString(),
  };
}

function stored(record: PasswordRecord) {
  return { salt: encode(record.salt), mac: encode(record.mac), pepper_key_id: record.pepperKeyId };
}

function recordOf(row: Row): CredentialRecord {
  return {
    username: row.username,
    disabled: row.disabled === 1,
    salt: Buffer.from(row.salt, 'base64url'),
    mac: Buffer.from(row.mac, 'base64url'),
    pepperKeyId: row.pepper_key_id,
  };
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
