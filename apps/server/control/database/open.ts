import { Database } from 'bun:sqlite';
import { chmodSync, closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_MIGRATION_TABLE, Kysely, Migrator } from 'kysely';
import { bunSqliteDialect } from './bun-sqlite.ts';
import { migrations } from './migrations.ts';
import type { Tables } from './tables.ts';

export const databaseFileName = 'berth.sqlite';

/** A database that cannot be used. `message` says why and `remedy` what to do: one sentence each. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}

/**
 * Opens the database of the control plane in the data directory, makes it on the first start and brings its tables up to date.
 * @throws DatabaseError where the file cannot be read, is no database, or was written by a newer version: it is then left as it is.
 */
export async function openDatabase(dataDirectory: string): Promise<Kysely<Tables>> {
  const path = join(dataDirectory, databaseFileName);
  const sqlite = openFile(path);
  try {
    refuseNewer(sqlite, path);
    sqlite.run('PRAGMA journal_mode = WAL');
    sqlite.run('PRAGMA synchronous = FULL');
    sqlite.run('PRAGMA foreign_keys = ON');
    sqlite.run('PRAGMA busy_timeout = 5000');
    const database = new Kysely<Tables>({ dialect: bunSqliteDialect(sqlite) });
    await migrate(database);
    return database;
  } catch (error) {
    sqlite.close();
    throw error instanceof DatabaseError ? error : unusable(path, error);
  }
}

function openFile(path: string): Database {
  let sqlite: Database | null = null;
  try {
    // SQLite gives its side files the mode of the database file.
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
    sqlite = new Database(path, { readwrite: true });
    // Reads the header, so that a file that is no database is found here.
    sqlite.query('PRAGMA schema_version').get();
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw unusable(path, error);
  }
}

function refuseNewer(sqlite: Database, path: string): void {
  const table = sqlite.query(`SELECT name FROM sqlite_master WHERE name = '${DEFAULT_MIGRATION_TABLE}'`).get();
  if (table === null) return;
  const done = sqlite.query<{ name: string }, []>(`SELECT name FROM ${DEFAULT_MIGRATION_TABLE} ORDER BY name`).all();
  const unknown = done.map((row) => row.name).filter((name) => migrations[name] === undefined);
  const newest = unknown.at(-1);
  if (newest === undefined) return;
  throw new DatabaseError(
    `The database ${path} was written by a newer version of Berth (schema ${newest}; this version knows ${Object.keys(migrations).at(-1)}).`,
    'Start the newer version, or restore the copy of the data directory that was made before it ran.',
  );
}

async function migrate(database: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error instanceof Error ? error : new Error('a migration failed', { cause: error });
}

function unusable(path: string, cause: unknown): DatabaseError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DatabaseError(
    `The database ${path} cannot be used: ${reason}.`,
    'Check that the file belongs to the user that runs Berth and is intact, or restore it from a backup.',
    { cause },
  );
}
