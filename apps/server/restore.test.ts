import { expect, test } from 'bun:test';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../packages/engine/engine.ts';
import type { DeploymentId } from '../../packages/engine/ids.ts';
import type { Outbox } from '../../packages/engine/ports.ts';
import { decodeSession } from '../../packages/engine/session/records.ts';
import { DEPLOYMENT, EngineBench } from '../../testkit/engine-bench.ts';
import { ScriptedPolicy } from '../../testkit/engine-policy.ts';
import { durable } from './journal/contract.ts';
import { SqliteJournal } from './journal/sqlite.ts';
import { restoreDeployments } from './restore.ts';

const gone = 'gone' as DeploymentId;

test('what a start puts right is written without anything else happening: it is killed, and nothing is counted anew', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-restore-'));
  try {
    const open = (name: string) =>
      SqliteJournal.open({ path: join(folder, name, 'journal.sqlite'), durability: 'fsync' });
    // A client that is connected, in a deployment that is there, and in one that is not.
    const bench = new EngineBench({ durable: true });
    bench.connect({ clientId: 'a', cleanStart: false, sessionExpiryInterval: 100 });
    mkdirSync(join(folder, 'data'));
    const before = await open('data');
    for (const deployment of [DEPLOYMENT, gone])
      for (const { key, value } of bench.journal.records(DEPLOYMENT)) before.put(deployment, key, value);
    await before.close();

    const journal = await open('data');
    const batch = journal.openBatch;
    const isDurable = durable(journal, batch);
    const engine = new Engine({
      outbox: {} as Outbox,
      journal,
      policy: new ScriptedPolicy(),
      events: { emit: () => {} },
    });
    const stoppedAt = bench.now + 5_000;
    await restoreDeployments(engine, journal, (deployment) => deployment === DEPLOYMENT, {
      graceMs: 0,
      stoppedAt,
      now: bench.now + 60_000,
    });
    expect(journal.openBatch).toBe(batch + 1);
    await isDurable;
    // As the files are when the process is killed now.
    cpSync(join(folder, 'data'), join(folder, 'killed'), { recursive: true });
    await journal.close();
    const killed = await open('killed');
    const records = await Array.fromAsync(killed.restore());
    await killed.close();
    expect(records.map(({ deployment, key }) => [deployment, key])).toEqual([[DEPLOYMENT, 's\0a']]);
    expect(decodeSession(records[0]?.value ?? new Uint8Array()).awaySince).toBe(stoppedAt);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
