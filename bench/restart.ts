/**
 * How long does a start take with sessions and messages in the journal? `bun bench/restart.ts [--runs 5]` starts the service
 * with 10,000 sessions and 100,000 queued messages, beside one with an empty journal, and counts what came back. Once after a
 * stop in order, and once as it was killed: nothing folded, everything in the write-ahead log and the log of batches.
 * Result: bench/results/restart.json. The exit code is 1 where a start takes more than 3 s or something is missing.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { DeploymentId } from '../packages/engine/ids.ts';
import { Service } from '../testkit/service.ts';
import { median } from './compare/report.ts';
import { fill, type Filling } from './restart/fill.ts';
import { writeResults } from './results-file.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
const runs = Math.min(20, Math.max(1, Number(values.runs)));
const secondsMax = 3;
const filling: Filling = {
  sessions: 10_000,
  subscriptionsPerSession: 3,
  messagesPerSession: 10,
  payloadBytes: 100,
  retained: 1_000,
};

const root = mkdtempSync(join(tmpdir(), 'berth-restart-'));

/** Seconds from the start of the process until a device can connect, and what came back. */
async function start(data: string, signal: 'SIGTERM' | 'SIGKILL') {
  const begun = performance.now();
  const service = await Service.start({ data });
  const seconds = (performance.now() - begun) / 1000;
  const metrics = await service.metrics();
  const of = (name: string) => metrics.get(`${name}{deployment="${service.ready.deployment.id}"}`) ?? 0;
  const restored = {
    sessions: of('berth_sessions'),
    subscriptions: of('berth_subscriptions'),
    queuedMessages: of('berth_queued_messages'),
    retainedMessages: of('berth_retained_messages'),
  };
  const residentMiB = Math.round(service.residentBytes() / 1024 / 1024);
  await service.stop(signal);
  return { seconds, restored, residentMiB, deployment: service.ready.deployment.id };
}

async function measure(name: string, make: () => string) {
  const starts = [];
  for (let run = 0; run < runs; run++) {
    const data = make();
    starts.push(await start(data, 'SIGTERM'));
    rmSync(data, { recursive: true, force: true });
  }
  const seconds = starts.map((one) => Number(one.seconds.toFixed(3)));
  const row = {
    name,
    medianSeconds: median(seconds),
    seconds,
    restored: starts[0]?.restored,
    residentMiB: median(starts.map((one) => one.residentMiB)),
  };
  console.log(`${name}: ${row.medianSeconds} s (${seconds.join(', ')}), ${JSON.stringify(row.restored)}`);
  return row;
}

const copies = { count: 0 };
const copyOf = (source: string) => () => {
  const copy = join(root, `copy-${++copies.count}`);
  cpSync(source, copy, { recursive: true });
  return copy;
};

try {
  const empty = join(root, 'empty');
  const { deployment } = await start(empty, 'SIGTERM');
  const killed = join(root, 'killed');
  cpSync(empty, killed, { recursive: true });
  await fill(killed, deployment as DeploymentId, filling);
  const stopped = join(root, 'stopped');
  cpSync(killed, stopped, { recursive: true });
  await start(stopped, 'SIGTERM');
  const rows = [
    await measure('an empty journal', copyOf(empty)),
    await measure('stopped in order', copyOf(stopped)),
    await measure('nothing folded', copyOf(killed)),
  ];
  await writeResults(join(import.meta.dirname, 'results/restart.json'), {
    command: `bun bench/restart.ts --runs ${runs}`,
    filling,
    secondsMax,
    rows,
  });
  const isGood = rows
    .slice(1)
    .every(
      ({ medianSeconds, restored }) =>
        medianSeconds <= secondsMax &&
        restored?.sessions === filling.sessions &&
        restored.queuedMessages === filling.sessions * filling.messagesPerSession,
    );
  process.exitCode = isGood ? 0 : 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}
