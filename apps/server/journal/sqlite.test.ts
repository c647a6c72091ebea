import { Database } from 'bun:sqlite';
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { contentOf, describeJournal, durable } from './contract.ts';
import { SqliteJournal } from './sqlite.ts';

const root = mkdtempSync(join(tmpdir(), 'berth-journal-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
const newPath = () => join(root, `${++count}.db`);
const a = 'a' as DeploymentId;
const bytes = (text: string) => new TextEncoder().encode(text);

for (const durability of ['fsync', 'os'] as const) {
  let path: string;
  describeJournal(
    `sqlite (${durability})`,
    () => (path = newPath()),
    () => SqliteJournal.open({ path, durability }),
  );
}

/** A journal with as many batches, one row each, all of them in the log. @returns its path. */
async function journalWith(batches: number): Promise<string> {
  const path = newPath();
  const journal = await SqliteJournal.open({ path, durability: 'os' });
  for (let batch = 1; batch <= batches; batch++) {
    journal.put(a, `key ${batch}`, bytes(String(batch)));
    journal.flush();
  }
  await journal.close();
  return path;
}

/** Changes the file as no Berth would. */
function tamper(path: string, sql: string): void {
  const database = new Database(path);
  database.run(sql);
  database.close();
}

async function openAndRead(path: string): Promise<{ content: Record<string, string>; warnings: readonly string[] }> {
  const journal = await SqliteJournal.open({ path, durability: 'os' });
  try {
    return { content: await contentOf(journal), warnings: journal.warnings };
  } finally {
    await journal.close().catch(() => {});
  }
}

describe('sqlite: a damaged file', () => {
  test.each([
    ['a flipped bit', "UPDATE log SET changes = CAST(x'ff' || substr(changes, 2) AS BLOB) WHERE seq = 3"],
    ['a missing end', 'UPDATE log SET last = 0 WHERE seq = 3'],
  ])('%s in the last batch: it is cut off, the others stay, and it is said', async (_what, sql) => {
    const path = await journalWith(3);
    tamper(path, sql);
    const { content, warnings } = await openAndRead(path);
    expect(content).toEqual({ 'a/key 1': '1', 'a/key 2': '2' });
    expect(warnings).toHaveLength(1);
    expect((await openAndRead(path)).warnings).toEqual([]);
  });

  test('after a cut, new batches follow the whole ones', async () => {
    const path = await journalWith(3);
    tamper(path, 'UPDATE log SET checksum = checksum + 1 WHERE seq = 3');
    const journal = await SqliteJournal.open({ path, durability: 'os' });
    journal.put(a, 'new', bytes('4'));
    await journal.close();
    expect((await openAndRead(path)).content).toEqual({ 'a/key 1': '1', 'a/key 2': '2', 'a/new': '4' });
  });

  test.each([
    ['a flipped bit', "UPDATE log SET changes = CAST(x'ff' || substr(changes, 2) AS BLOB) WHERE seq = 2"],
    ['a missing row', 'DELETE FROM log WHERE seq = 2'],
    ['a missing first row', 'DELETE FROM log WHERE seq = 1'],
  ])('%s before the last batch is reported, and nothing changes', async (_what, sql) => {
    const path = await journalWith(4);
    tamper(path, sql);
    const before = readFileSync(path);
    await expect(openAndRead(path)).rejects.toThrow('is damaged');
    await openAndRead(path).catch(() => {});
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('a damaged record of the snapshot is reported', async () => {
    const path = await journalWith(3);
    await openAndRead(path);
    tamper(path, "UPDATE snapshot SET value = x'00' WHERE key = 'key 2'");
    await expect(openAndRead(path)).rejects.toThrow('is damaged');
  });

  test('a newer format is refused', async () => {
    const path = await journalWith(1);
    tamper(path, 'PRAGMA user_version = 5');
    await expect(SqliteJournal.open({ path, durability: 'os' })).rejects.toThrow(
      'newer Berth (format 5; this one knows 4)',
    );
  });

  test('a file that is no journal is refused', async () => {
    const [text, other] = [newPath(), newPath()];
    writeFileSync(text, 'x'.repeat(5000));
    tamper(other, 'CREATE TABLE theirs (x)');
    await expect(SqliteJournal.open({ path: text, durability: 'os' })).rejects.toThrow('cannot be opened');
    await expect(SqliteJournal.open({ path: other, durability: 'os' })).rejects.toThrow('is not a journal of Berth');
  });

  test('an empty file of mode 0600, as the data directory reserves it, keeps its mode', async () => {
    const path = newPath();
    writeFileSync(path, '', { mode: 0o600 });
    await openAndRead(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe('sqlite: folding', () => {
  test('the log stays short under a load that goes on, and nothing is lost', async () => {
    const path = newPath();
    const journal = await SqliteJournal.open({ path, durability: 'os' });
    const value = new Uint8Array(4000);
    let batch = 0;
    // 160 MB of changes to 200 keys: more than twice what the log may grow to.
    for (let round = 0; round < 200; round++) {
      for (let key = 0; key < 200; key++) {
        value.fill(round);
        journal.put(a, `key ${key}`, value);
        if (key % 10 === 0) journal.flush();
      }
      batch = journal.openBatch;
      const isDurable = durable(journal, batch);
      journal.put(a, 'round', bytes(String(round)));
      journal.flush();
      await isDurable;
    }
    await journal.close();
    const database = new Database(path, { readonly: true });
    const { size } = database.query('SELECT coalesce(sum(length(changes)), 0) AS size FROM log').get() as {
      size: number;
    };
    database.close();
    expect(size).toBeLessThan(68 * 1024 * 1024);
    const { content } = await openAndRead(path);
    expect(Object.keys(content)).toHaveLength(201);
    expect(content['a/round']).toBe('199');
    expect(Object.values(content).filter((text) => text.charCodeAt(0) === 0xfffd)).toHaveLength(200);
  }, 60_000);
});

describe('sqlite: after kill -9 in the middle of writes', () => {
  test.each(['fsync', 'os'] as const)(
    'every batch that was reported is there, whole (%s)',
    async (durability) => {
      const path = newPath();
      for (const lines of [1, 20, 100]) {
        await using child = Bun.spawn(
          [process.execPath, join(import.meta.dir, 'fixtures/write-until-killed.ts'), path, durability],
          {
            stdout: 'pipe',
          },
        );
        let text = '';
        const decoder = new TextDecoder();
        for await (const chunk of child.stdout) {
          text += decoder.decode(chunk);
          if (text.split('\n').length > lines && !child.killed) child.kill('SIGKILL');
        }
        await child.exited;
        const reported = Number(text.split('\n').at(-2));
        const { content, warnings } = await openAndRead(path);
        expect(warnings).toEqual([]);
        const last = Number(content['a/counter']);
        expect(last).toBeGreaterThanOrEqual(reported);
        const keys = Array.from({ length: Math.min(50, last) }, (_, back) => last - back).toReversed();
        for (const batch of keys) expect(content[`a/key ${batch}`]).toHaveLength(batch % 2000);
        // Nothing of a batch that came after, nothing that was deleted.
        expect(Object.keys(content).filter((name) => name.startsWith('a/key')).length).toBe(keys.length);
        rmSync(path);
        rmSync(`${path}-wal`, { force: true });
        rmSync(`${path}-shm`, { force: true });
      }
    },
    60_000,
  );
});
