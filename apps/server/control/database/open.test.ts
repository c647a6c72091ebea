import { afterEach, beforeEach, expect, test } from 'bun:test';
import { Database } from 'bun:sqlite';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseFileName, DatabaseError, openDatabase } from './open.ts';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-database-'));
  path = join(directory, databaseFileName);
});

afterEach(() => rm(directory, { recursive: true }));

async function problem(): Promise<DatabaseError> {
  try {
    await (await openDatabase(directory)).destroy();
  } catch (error) {
    if (error instanceof DatabaseError) return error;
    throw error;
  }
  throw new Error('the database was opened');
}

test('the files are for their owner only', async () => {
  const database = await openDatabase(directory);
  await database.selectFrom('deployments').selectAll().execute();
  for (const file of [path, `${path}-wal`, `${path}-shm`]) expect((await stat(file)).mode & 0o777).toBe(0o600);
  await database.destroy();
});

test('opening again keeps what is there', async () => {
  const first = await openDatabase(directory);
  const row = {
    id: 'a',
    name: 'north',
    type: 'serverless',
    state: 'running',
    is_first: 0,
    mqtt_port: null,
    ws_port: null,
    limits: '{}',
    created_at: 1_790_000_000_000,
    deleted_at: null,
  } as const;
  await first.insertInto('deployments').values(row).execute();
  await first.destroy();
  const second = await openDatabase(directory);
  expect(await second.selectFrom('deployments').selectAll().execute()).toEqual([row]);
  await second.destroy();
});

test('a database of a newer version is refused with its schema named, and left as it is', async () => {
  await (await openDatabase(directory)).destroy();
  const sqlite = new Database(path);
  sqlite.run("INSERT INTO kysely_migration VALUES ('0099-later', '2030-01-01')");
  sqlite.close();
  const before = await readFile(path);
  const error = await problem();
  expect(error.message).toContain('newer version');
  expect(error.message).toContain('0099-later');
  expect(error.remedy).not.toBe('');
  expect(await readFile(path)).toEqual(before);
});

test('a file that is no database is refused and left as it is', async () => {
  const text = 'this is not a database\n'.repeat(100);
  await writeFile(path, text);
  expect((await problem()).message).toContain(path);
  expect(await readFile(path, 'utf8')).toBe(text);
});

test('a directory in the place of the file is refused', async () => {
  await mkdir(path);
  expect((await problem()).message).toContain('cannot be used');
});
