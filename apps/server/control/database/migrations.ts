import type { Kysely, Migration } from 'kysely';

// Migrations see the tables of their time, not those of today.
type AnyDatabase = Kysely<unknown>;

async function createDeployments(database: AnyDatabase): Promise<void> {
  await database.schema
    .createTable('deployments')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('is_first', 'integer', (column) => column.notNull())
    .addColumn('mqtt_port', 'integer')
    .addColumn('ws_port', 'integer')
    .addColumn('limits', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('deleted_at', 'bigint')
    .execute();
  // A deleted deployment is remembered for a while, but its name and ports are free.
  for (const column of ['name', 'mqtt_port', 'ws_port']) {
    await database.schema
      .createIndex(`deployments_${column}_unique`)
      .on('deployments')
      .column(column)
      .unique()
      .where('deleted_at' as never, 'is', null)
      .execute();
  }
}

async function createCredentials(database: AnyDatabase): Promise<void> {
  await database.schema
    .createTable('credentials')
    .addColumn('deployment_id', 'text', (column) => column.notNull().references('deployments.id').onDelete('cascade'))
    .addColumn('username', 'text', (column) => column.notNull())
    .addColumn('salt', 'text', (column) => column.notNull())
    .addColumn('mac', 'text', (column) => column.notNull())
    .addColumn('pepper_key_id', 'text', (column) => column.notNull())
    .addColumn('disabled', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('credentials_key', ['deployment_id', 'username'])
    .execute();
}

async function createNames(database: AnyDatabase): Promise<void> {
  await database.schema
    .createTable('names')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('deployment_id', 'text', (column) => column.notNull().references('deployments.id').onDelete('cascade'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
}

async function createAccessRules(database: AnyDatabase): Promise<void> {
  await database.schema
    .createTable('access_rules')
    .addColumn('deployment_id', 'text', (column) => column.notNull().references('deployments.id').onDelete('cascade'))
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('subject', 'text')
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('permission', 'text', (column) => column.notNull())
    .addColumn('topic_filter', 'text', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('access_rules_key', ['deployment_id', 'id'])
    .execute();
  await database.schema
    .createTable('access_defaults')
    .addColumn('deployment_id', 'text', (column) =>
      column.primaryKey().references('deployments.id').onDelete('cascade'),
    )
    .addColumn('permission', 'text', (column) => column.notNull())
    .execute();
}

async function createInstallationLimits(database: AnyDatabase): Promise<void> {
  await database.schema
    .createTable('installation_limits')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'bigint')
    .execute();
}

/** All migrations by name; they run in the order of their names, and one that has been released never changes. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-deployments': {
    async up(database: AnyDatabase) {
      await createDeployments(database);
      await createCredentials(database);
      await createNames(database);
    },
  },
  '0002-access-rules': { up: createAccessRules },
  '0003-installation-limits': { up: createInstallationLimits },
};
