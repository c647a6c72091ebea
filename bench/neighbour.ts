/**
 * Does a noisy deployment at its limits slow a quiet one down? `bun bench/neighbour.ts [seconds]` measures the latency of the
 * quiet deployment alone and then beside each noise (bench/neighbour/noise.ts), and prints the ratio of the 99th
 * percentiles. Alone and beside take turns, so that the noise of the machine meets both. Result:
 * bench/results/neighbour.json. The exit code is 1 where a ratio is above 2.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { connectPacket, publishPacket, subscribePacket } from '../testkit/packets.ts';
import { RawClient } from '../testkit/raw-client.ts';
import { Service } from '../testkit/service.ts';

const seconds = Math.min(60, Math.max(2, Number(process.argv[2] ?? 10)));
const kinds = ['fanOut', 'connects', 'retained', 'churn'] as const;
const ratePerSecond = 200;
const ratioMax = 2;

await using service = await Service.start();
const ca = readFileSync(service.ready.ca, 'utf8');
const password = 'a password that is long enough';

interface Place {
  readonly id: string;
  readonly address: string;
}

async function deployment(name: string): Promise<Place> {
  const made = await service.berthJson<Place>('deployment', 'create', name);
  const token = readFileSync(`${service.dataDirectory}/admin-token`, 'utf8').trim();
  await fetch(`http://127.0.0.1:${service.ready.http}/api/v1/deployments/${made.id}/credentials`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'user', password }),
  });
  return made;
}

const quiet = await deployment('quiet');

async function member(clientId: string): Promise<RawClient> {
  const client = await RawClient.connect({
    transport: 'tls',
    port: service.ready.mqtts,
    serverName: quiet.address,
    ca,
  });
  client.send(connectPacket({ version: 4, clientId, username: 'user', password, keepAlive: 0 }));
  await client.expect('20 02 00 00');
  return client;
}

await using listener = await member('listener');
listener.send(subscribePacket(4, 1, 'quiet', 0));
await listener.expect('90 03 00 01 00');
const talkers = await Promise.all([1, 2, 3, 4].map((index) => member(`talker-${index}`)));

/** Latencies in milliseconds from when a message was due, so that a stall counts for every message that it delays. */
async function measure(milliseconds: number): Promise<number[]> {
  const count = Math.floor((milliseconds / 1000) * ratePerSecond);
  const latencies: number[] = [];
  const begun = performance.now();
  const dueAt = (index: number) => begun + (index / ratePerSecond) * 1000;
  const hearing = (async () => {
    for (let heard = 0; heard < count; heard++) {
      const packet = await listener.nextPacket(20_000);
      const index = Number(Buffer.from(packet.subarray(9)).toString());
      latencies.push(performance.now() - dueAt(index));
    }
  })();
  for (let index = 0; index < count; index++) {
    for (let wait = dueAt(index) - performance.now(); wait > 0; wait = dueAt(index) - performance.now())
      await Bun.sleep(wait);
    talkers[index % talkers.length]?.send(publishPacket(4, { topic: 'quiet', payload: String(index) }));
  }
  await hearing;
  return latencies.toSorted((a, b) => a - b);
}

const percentile = (sorted: readonly number[], share: number) =>
  Number((sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN).toFixed(2));

interface Row {
  readonly noise: string;
  readonly aloneP50Ms: number;
  readonly aloneP99Ms: number;
  readonly besideP50Ms: number;
  readonly besideP99Ms: number;
  readonly ratioP99: number;
}

const rows: Row[] = [];
await measure(1_000);
for (const kind of kinds) {
  const noisy = await deployment(`noisy ${kind}`);
  const before = await measure((seconds * 1000) / 2);
  const args = [kind, String(service.ready.mqtts), noisy.address, 'user', password];
  const child = Bun.spawn([process.execPath, join(import.meta.dirname, 'neighbour/noise.ts'), ...args], {
    stdout: 'pipe',
    stderr: 'inherit',
  });
  // The storm of connects says nothing: it never ends.
  await Promise.race([child.stdout.getReader().read(), Bun.sleep(kind === 'retained' ? 15_000 : 4_000)]);
  const beside = await measure(seconds * 1000);
  child.kill('SIGKILL');
  await child.exited;
  await Bun.sleep(1_000);
  const after = await measure((seconds * 1000) / 2);
  const alone = [...before, ...after].toSorted((a, b) => a - b);
  const row = {
    noise: kind,
    aloneP50Ms: percentile(alone, 0.5),
    aloneP99Ms: percentile(alone, 0.99),
    besideP50Ms: percentile(beside, 0.5),
    besideP99Ms: percentile(beside, 0.99),
    ratioP99: Number((percentile(beside, 0.99) / percentile(alone, 0.99)).toFixed(2)),
  };
  rows.push(row);
  console.log(
    `${kind}: p99 ${row.besideP99Ms} ms beside, ${row.aloneP99Ms} ms alone, ratio ${row.ratioP99} (p50 ${row.besideP50Ms} / ${row.aloneP50Ms})`,
  );
}
for (const talker of talkers) talker.end();
const folder = join(import.meta.dirname, 'results');
mkdirSync(folder, { recursive: true });
const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? '' };
await Bun.write(
  join(folder, 'neighbour.json'),
  `${JSON.stringify({ date: new Date().toISOString(), machine, bun: Bun.version, seconds, ratePerSecond, rows }, null, 2)}\n`,
);
process.exitCode = rows.every(({ ratioP99 }) => ratioP99 <= ratioMax) ? 0 : 1;
