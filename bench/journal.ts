/**
 * Durable changes per second of the journal alone, with 100 and 1,000 in flight, and what it takes to hand a batch to its thread:
 * `bun bench/journal.ts [fsync|os]`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchMemory } from '../apps/server/journal/batch-memory.ts';
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

/** A thread that answers what it is asked, and does nothing with batches. */
const listening = 'self.onmessage = ({ data }) => { if (data === null) postMessage(null); };';

/** @returns microseconds of the main thread for a batch of so many bytes, the mean of many. */
async function handOver(worker: Worker, byteCount: number, rounds: number): Promise<number> {
  const memory = new BatchMemory({ shared: () => undefined, unshared: () => undefined });
  const batch = new Uint8Array(byteCount).fill(1);
  let spentMs = 0;
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now();
    const place = memory.store(batch);
    worker.postMessage({ kind: 'append', number: round, isLast: true, ...place });
    spentMs += performance.now() - begin;
    memory.release(place);
    if (round % 50 !== 0) continue;
    // So that no more than a few lie in its queue.
    const answered = Promise.withResolvers<void>();
    worker.addEventListener('message', () => answered.resolve(), { once: true });
    worker.postMessage(null);
    await answered.promise;
  }
  return (spentMs / rounds) * 1000;
}

async function measureHandOver(): Promise<void> {
  const url = URL.createObjectURL(new Blob([listening]));
  const worker = new Worker(url);
  try {
    for (const size of [200, 16_000, 130_000, 1_000_000]) {
      await handOver(worker, size, 500);
      const microseconds = await handOver(worker, size, 5_000);
      console.log(`a batch of ${size.toLocaleString('en')} bytes to the thread: ${microseconds.toFixed(1)} µs`);
    }
  } finally {
    worker.terminate();
    URL.revokeObjectURL(url);
  }
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
  await measureHandOver();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
