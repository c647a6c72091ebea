/** Durable changes per second of the journal alone, with 100 and 1,000 in flight: `bun bench/journal.ts [fsync|os]`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '../apps/server/journal/open.ts';
import type { DeploymentId } from '../packages/engine/ids.ts';

const deployment = 'bench' as DeploymentId;
const seconds = 3;
const valueBytes = 100;

interface Result {
  readonly changesPerSecond: number;
  /** Longest time in which the main thread did not come round. */
  readonly stallMs: number;
}

/** Keeps `inFlight` changes waiting: whatever has become durable is followed by as many new ones in the same turn. */
async function run(path: string, durability: 'fsync' | 'os', inFlight: number): Promise<Result> {
  const journal = await openJournal(path, durability);
  const value = new Uint8Array(valueBytes);
  const sent: { batch: number; changes: number }[] = [];
  const finished = Promise.withResolvers<void>();
  journal.onFailure = finished.reject;
  let [next, done] = [0, 0];
  const send = (changes: number) => {
    // As a message does in a queue: put, and deleted a while later.
    for (let change = 0; change < changes; change++, next++) {
      if (next % 2 === 0) journal.put(deployment, `m client ${next}`, value);
      else journal.delete(deployment, `m client ${next - 2001}`);
    }
    sent.push({ batch: journal.openBatch, changes });
    journal.flush();
  };
  const begin = performance.now();
  journal.onDurable = (batch) => {
    let changes = 0;
    while (sent[0] !== undefined && sent[0].batch <= batch) changes += sent.shift()?.changes ?? 0;
    done += changes;
    if (performance.now() - begin < seconds * 1000) send(changes);
    else if (sent.length === 0) finished.resolve();
  };
  let [last, stallMs] = [begin, 0];
  const timer = setInterval(() => {
    const now = performance.now();
    [stallMs, last] = [Math.max(stallMs, now - last), now];
  }, 1);
  // In tenths, so that a transaction can be under way while the next is filled.
  for (let part = 0; part < 10; part++) send(inFlight / 10);
  await finished.promise;
  const elapsedMs = performance.now() - begin;
  clearInterval(timer);
  await journal.close();
  return { changesPerSecond: Math.round((done / elapsedMs) * 1000), stallMs: Math.round(stallMs) };
}

const durability = process.argv[2] === 'os' ? 'os' : 'fsync';
const directory = mkdtempSync(join(tmpdir(), 'berth-bench-'));
try {
  for (const inFlight of [100, 1000]) {
    const { changesPerSecond, stallMs } = await run(join(directory, `${inFlight}.db`), durability, inFlight);
    console.log(
      `${durability}, ${inFlight} in flight: ${changesPerSecond.toLocaleString('en')} changes/s of ${valueBytes} bytes; main thread away for ${stallMs} ms at most`,
    );
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
