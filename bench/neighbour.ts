/**
 * Does a noisy deployment at its limits slow a quiet one down? `bun bench/neighbour.ts [--rounds 5] [--seconds 3] [--only NOISE]
 * [--service-core 0] [--generator-core 1]` measures the latency of the quiet deployment alone and beside each noise
 * (bench/neighbour/noise.ts) and prints the ratio of the 99th percentiles, the median of the rounds.
 *
 * So that only the service is compared: it has a core of its own; the generators share the other one, and the noise gives way to the
 * measurement there, as all other programs do. Alone and beside take turns: the noise is stopped (SIGSTOP) for the first half of each round.
 * Result: bench/results/neighbour.json, where all noises were run. The exit code is 1 where a ratio is above 2.
 */
import { mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Service } from '../testkit/service.ts';
import { median } from './compare/report.ts';
import { giveCore } from './neighbour/own-core.ts';
import { Quiet, type Latencies } from './neighbour/quiet.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string' },
    'service-core': { type: 'string', default: '0' },
    'generator-core': { type: 'string', default: '1' },
  },
});
const rounds = Math.min(50, Math.max(1, Number(options.rounds)));
const seconds = Math.min(60, Math.max(1, Number(options.seconds)));
const kinds = ['fanOut', 'connects', 'impatient', 'retained', 'churn'].filter(
  (kind) => options.only === undefined || options.only === kind,
);
const ratePerSecond = 500;
const ratioMax = 2;
/** A noise says when it has begun; the retained one has to publish its messages first, at the rate that it is allowed. */
const noiseStartMs = 40_000;
/** Between the halves of a round: what the noise has left behind is worked off. */
const settleMs = 500;

await using service = await Service.start();
const first = [
  giveCore(service.pid, Number(options['service-core'])),
  giveCore(process.pid, Number(options['generator-core'])),
];
if (first.includes(false)) console.error('Other programs disturb the measurement: only root may go before them.');
await using quiet = await Quiet.open(service, ratePerSecond);
await quiet.measure(1_000);

interface Row {
  readonly noise: string;
  readonly aloneP50Ms: number;
  readonly aloneP99Ms: number;
  readonly besideP50Ms: number;
  readonly besideP99Ms: number;
  /** Share of the service's core while the noise was on. */
  readonly serviceCpu: number;
  readonly roundRatiosP99: readonly number[];
  readonly ratioP99: number;
}

const rows: Row[] = [];
for (const kind of kinds) {
  const row = await runNoise(kind);
  rows.push(row);
  console.log(
    `${kind}: p99 ${row.besideP99Ms} ms beside, ${row.aloneP99Ms} ms alone, ratio ${row.ratioP99} (${row.roundRatiosP99.join(', ')}; p50 ${row.besideP50Ms} / ${row.aloneP50Ms}; service CPU ${row.serviceCpu})`,
  );
}
if (options.only === undefined) await record();
process.exitCode = rows.every(({ ratioP99 }) => ratioP99 <= ratioMax) ? 0 : 1;

async function runNoise(kind: string): Promise<Row> {
  const { address, username, password } = await quiet.neighbour(`noisy ${kind}`);
  const noise = Bun.spawn(
    [
      ...['chrt', '-o', '0', process.execPath, join(import.meta.dirname, 'neighbour/noise.ts')],
      ...[kind, String(service.ready.mqtts), address, username, password],
    ],
    { stdout: 'pipe', stderr: 'inherit' },
  );
  try {
    const begun = noise.stdout.getReader().read();
    if ((await Promise.race([begun, Bun.sleep(noiseStartMs)])) === undefined) throw new Error(`${kind} has not begun`);
    const alone: Latencies[] = [];
    const beside: Latencies[] = [];
    const shares: number[] = [];
    for (let round = 0; round < rounds; round++) {
      noise.kill('SIGSTOP');
      await Bun.sleep(settleMs);
      alone.push(await quiet.measure(seconds * 1000));
      noise.kill('SIGCONT');
      await Bun.sleep(settleMs);
      const before = await cpuSeconds();
      beside.push(await quiet.measure(seconds * 1000));
      shares.push(((await cpuSeconds()) - before) / seconds);
    }
    return rowOf(kind, alone, beside, shares);
  } finally {
    noise.kill('SIGKILL');
    await noise.exited;
    await Bun.sleep(settleMs);
  }
}

function rowOf(
  noise: string,
  alone: readonly Latencies[],
  beside: readonly Latencies[],
  shares: readonly number[],
): Row {
  const ratios = beside.map(({ p99 }, index) => p99 / (alone[index]?.p99 ?? Number.NaN));
  const middle = (values: readonly number[]): number => Number(median(values).toFixed(2));
  return {
    noise,
    aloneP50Ms: middle(alone.map(({ p50 }) => p50)),
    aloneP99Ms: middle(alone.map(({ p99 }) => p99)),
    besideP50Ms: middle(beside.map(({ p50 }) => p50)),
    besideP99Ms: middle(beside.map(({ p99 }) => p99)),
    serviceCpu: middle(shares),
    roundRatiosP99: ratios.map((ratio) => Number(ratio.toFixed(2))),
    ratioP99: middle(ratios),
  };
}

async function cpuSeconds(): Promise<number> {
  return (await service.metrics()).get('process_cpu_seconds_total') ?? Number.NaN;
}

async function record(): Promise<void> {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? '' };
  const result = {
    date: new Date().toISOString(),
    command: 'bun bench/neighbour.ts',
    machine,
    bun: Bun.version,
    rounds,
    seconds,
    ratePerSecond,
    rows,
  };
  await Bun.write(join(folder, 'neighbour.json'), `${JSON.stringify(result, null, 2)}\n`);
}
