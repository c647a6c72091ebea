import type { Database } from 'bun:sqlite';
import { SqliteDialect, type SqliteDatabase } from 'kysely';

/** Kysely's SQLite dialect on `bun:sqlite`. */
export function bunSqliteDialect(database: Database): SqliteDialect {
  const adapter: SqliteDatabase = {
    close: () => database.close(),
    prepare(sql) {
      const statement = database.query<unknown, never[]>(sql);
      // Kysely binds text, numbers and null only.
      return {
        reader: statement.columnNames.length > 0,
        all: (parameters) => statement.all(...(parameters as never[])),
        run: (parameters) => statement.run(...(parameters as never[])),
        iterate: (parameters) => statement.iterate(...(parameters as never[])),
      };
    },
  };
  return new SqliteDialect({ database: adapter });
}
