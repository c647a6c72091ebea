/**
 * Does folding hold up traffic? `bun bench/folding.ts [--seconds 20]` writes changes to the journal at steady rates, long enough
 * that batches are folded and the write-ahead log is written back many times, and measures how long an acknowledgement waits
 * from the end of its turn to its batch being durable, and how long the main thread does not come round. Beside it a rate so low
 * that hardly anything is folded: what sync and machine cost by themselves. Result: bench/results/folding.json. The
 * exit code is 1 where either pause is above 20 ms more often than once in a thousand.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openJournal } from '../apps/server/journal/open.ts';
import type { DeploymentId } from '../packages/engine/ids.ts';
import { writeResults } from './results-file.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' } } });
const seconds = Math.min(60, Math.max(2, Number(values.seconds)));
const deployment = 'bench' as DeploymentId;
const pauseMsMax = 20;
/** Changes live as long as so many others: so most of them are folded, and taken back in the snapshot. */
const livingChanges = 50_000;
const valueBytes = 150;

const root = mkdtempSync(join(tmpdir(), 'berth-folding-'));

async function run(changesPerSecond: number) {
  const journal = await openJournal(join(root, `${changesPerSecond}.db`), 'fsync');
  const value = new Uint8Array(valueBytes);
  const sent: { readonly batch: number; readonly at: number }[] = [];
  const waits: number[] = [];
  const stalls: number[] = [];
  const failed = Promise.withResolvers<never>();
  journal.onFailure = failed.reject;
  journal.onDurable = (batch) => {
    const now = performance.now();
    while (sent[0] !== undefined && sent[0].batch <= batch) waits.push(now - (sent.shift()?.at ?? now));
  };
  const keyOf = (number: number) => `m\0client-${number % 5000}\0${number}`;
  const begun = performance.now();
  let [next, last] = [0, begun];
  const finished = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    const now = performance.now();
    stalls.push(now - last);
    last = now;
    const due = Math.floor(((now - begun) / 1000) * changesPerSecond);
    for (; next < due; next++) {
      journal.put(deployment, keyOf(next), value);
      if (next >= livingChanges) journal.delete(deployment, keyOf(next - livingChanges));
    }
    sent.push({ batch: journal.openBatch, at: performance.now() });
    journal.flush();
    if (now - begun > seconds * 1000) finished.resolve();
  }, 2);
  await Promise.race([finished.promise, failed.promise]);
  clearInterval(timer);
  await journal.close();
  const row = { changesPerSecond, acknowledgementMs: spread(waits), mainThreadMs: spread(stalls) };
  console.log(JSON.stringify(row));
  return row;
}

function spread(list: readonly number[]) {
  const sorted = list.toSorted((one, other) => one - other);
  const at = (share: number) =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1));
  return {
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
    max: at(1),
    over20: list.filter((one) => one > pauseMsMax).length,
  };
}

try {
  const rows = [];
  for (const rate of [500, 5_000, 20_000, 60_000]) rows.push(await run(rate));
  await writeResults(join(import.meta.dirname, 'results/folding.json'), {
    command: `bun bench/folding.ts --seconds ${seconds}`,
    seconds,
    valueBytes,
    pauseMsMax,
    rows,
  });
  process.exitCode = rows.every(
    ({ acknowledgementMs, mainThreadMs }) => acknowledgementMs.p999 <= pauseMsMax && mainThreadMs.p999 <= pauseMsMax,
  )
    ? 0
    : 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}
