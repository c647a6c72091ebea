import type { Database } from 'bun:sqlite';
import { changesChecksum, recordChecksum } from './sqlite-checksums.ts';

/**
 * Brings a file of an older format to format 4. Call in a transaction.
 *
 * In format 3 the state did not say who has written last, and each record of a message had all of it, which is good as it is. Format 2 counted in the place of transactions how often it was written anew. Format 1 had checksums over values only, and one
 * number in the place of the state. A row that does not fit its checksum keeps it, and so is found damaged afterwards as it would have
 * been before.
 */
export function upgrade(database: Database, from: number): void {
  if (from === 1) upgradeFrom1(database);
  else if (from === 2) database.run('ALTER TABLE state RENAME COLUMN renewals TO transactions');
  if (!hasWriter(database)) database.run('ALTER TABLE state ADD COLUMN writer TEXT');
  // As in each transaction.
  database.run('UPDATE state SET transactions = transactions + 1');
  database.run('PRAGMA user_version = 4');
}

/** Whether the state says who has written last. */
function hasWriter(database: Database): boolean {
  return database.query("SELECT 1 FROM pragma_table_info('state') WHERE name = 'writer'").get() !== null;
}

function upgradeFrom1(database: Database): void {
  const record = database.query('SELECT deployment, key, checksum, value FROM snapshot WHERE rowid = ?');
  const setRecord = database.query('UPDATE snapshot SET checksum = ? WHERE rowid = ?');
  for (const { id } of database.query('SELECT rowid AS id FROM snapshot').all() as { id: number }[]) {
    const row = record.get(id) as { deployment: string; key: string; checksum: number; value: Uint8Array };
    if (Bun.hash.crc32(row.value) === row.checksum)
      setRecord.run(recordChecksum(row.deployment, row.key, row.value), id);
  }
  const batch = database.query('SELECT last, checksum, changes FROM log WHERE seq = ?');
  const setBatch = database.query('UPDATE log SET checksum = ? WHERE seq = ?');
  for (const { seq } of database.query('SELECT seq FROM log').all() as { seq: number }[]) {
    const row = batch.get(seq) as { last: number; checksum: number; changes: Uint8Array };
    if (Bun.hash.crc32(row.changes) === row.checksum) setBatch.run(changesChecksum(seq, row.last, row.changes), seq);
  }
  database.run(`
    CREATE TABLE state (folded INTEGER NOT NULL, synced INTEGER NOT NULL, transactions INTEGER NOT NULL) STRICT;
    INSERT INTO state SELECT seq, 1, 0 FROM folded;
    DROP TABLE folded;
  `);
}
