/**
 * Does memory stay where it is? `bun bench/soak.ts [--minutes 21] [--connections 2000] [--churn 50] [--seed 1]` keeps TLS
 * connections open with traffic of all QoS, lets others come and go (in order, with resets, with nonsense), keeps slow readers and
 * sessions without a client, and samples the resident memory of the service. Result: bench/results/soak.json, with the
 * samples. The exit code is 1 where the last three minutes are more than 10 % above the three after minute five, or where a connection was lost that
 * nobody has ended.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../testkit/random.ts';
import { Service } from '../testkit/service.ts';
import { writeResults } from './results-file.ts';
import { Soak } from './soak/soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '21' },
    connections: { type: 'string', default: '2000' },
    churn: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
  },
});
const bounded = (text: string, max: number) => Math.min(max, Math.max(1, Number(text)));
const minutes = bounded(values.minutes, 240);
const connections = bounded(values.connections, 10_000);
const churnPerSecond = bounded(values.churn, 200);
const sampleMs = 5_000;
const printEveryMs = 30_000;
/** The minutes that the last ones are compared with begin here. */
const referenceAfterMinutes = Math.min(5, minutes / 4);
/** A mean over some minutes: what slow readers and the collector of garbage do within one is no growth. */
const windowMinutes = Math.min(3, minutes / 5);
const growthMax = 1.1;

await using service = await Service.start();
const { deployment, mqtts: port, username } = service.ready;
// Queues are full before the minute that the last one is compared with: what waits in them is no leak.
const limits = ['sessions=20000', 'queuedMessages=100'].flatMap((limit) => ['--limit', limit]);
await service.berthJson('deployment', 'set', deployment.id, ...limits);
const soak = new Soak({ port, username, password: service.password }, new Random(Number(values.seed)), {
  connections,
  churnPerSecond,
});
const samples: {
  seconds: number;
  residentMb: number;
  connections: number;
  sessions: number;
  queuedMessages: number;
}[] = [];
const begun = performance.now();
const elapsedSeconds = () => (performance.now() - begun) / 1000;

console.log(`opening ${connections} connections`);
await soak.open();
const cpuAtStart = process.cpuUsage();
let printedAt = -Infinity;
for (let next = performance.now(); elapsedSeconds() < minutes * 60; next += sampleMs) {
  await soak.run(next + sampleMs);
  const metrics = await service.metrics();
  const metric = (name: string) => {
    let total = 0;
    for (const [key, value] of metrics) if (key.startsWith(`${name}{`)) total += value;
    return total;
  };
  const sample = {
    seconds: Math.round(elapsedSeconds()),
    residentMb: Number((service.residentBytes() / 1024 / 1024).toFixed(1)),
    connections: metric('berth_connections'),
    sessions: metric('berth_sessions'),
    queuedMessages: metric('berth_queued_messages'),
  };
  samples.push(sample);
  if (performance.now() - printedAt < printEveryMs) continue;
  printedAt = performance.now();
  console.log(
    `${(sample.seconds / 60).toFixed(1)} min: ${sample.residentMb} MB; ${sample.connections} connections, ${sample.sessions} sessions, ${sample.queuedMessages} queued; ${JSON.stringify(soak.counts)}`,
  );
}
const counts = soak.counts;
await soak.close();

const meanOf = (fromMinute: number) => {
  const within = samples.filter(
    ({ seconds }) => seconds >= fromMinute * 60 && seconds < (fromMinute + windowMinutes) * 60,
  );
  return Number((within.reduce((sum, { residentMb }) => sum + residentMb, 0) / within.length).toFixed(1));
};
const referenceMb = meanOf(referenceAfterMinutes);
const lastMb = meanOf(((samples.at(-1)?.seconds ?? 0) + 1) / 60 - windowMinutes);
const growth = Number((lastMb / referenceMb).toFixed(3));
const generatorCpu = process.cpuUsage(cpuAtStart);
console.log(
  `${referenceMb} MB after ${referenceAfterMinutes} minutes, ${lastMb} MB in the last ${windowMinutes}: ${growth}x`,
);
await writeResults(join(import.meta.dirname, 'results/soak.json'), {
  command: `bun bench/soak.ts --minutes ${minutes} --connections ${connections} --churn ${churnPerSecond} --seed ${values.seed}`,
  minutes,
  openConnections: connections,
  churnPerSecond,
  referenceAfterMinutes,
  windowMinutes,
  referenceMb,
  lastMb,
  growth,
  growthMax,
  counts,
  generatorCpuSeconds: Math.round((generatorCpu.user + generatorCpu.system) / 1e6),
  samples,
});
process.exitCode = growth <= growthMax && counts.lost === 0 ? 0 : 1;
