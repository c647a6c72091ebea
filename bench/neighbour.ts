/**
 * Does a noisy deployment at its limits slow a quiet one down? `bun bench/neighbour.ts [--rounds 5] [--seconds 3] [--only NOISE]
 * [--service-core 0] [--generator-core 1]` measures the latency of the quiet deployment alone and beside each noise
 * (bench/neighbour/noise.ts) and prints the ratio of the 99th percentiles: the median of the rounds, and that of the messages of all rounds
 * together, which one long stall in a round moves less.
 *
 * So that only the service is compared: it has a core of its own; the generators share the other one, and the noise gives way to the
 * measurement there, as all other programs do. Alone and beside take turns: the noise is stopped (SIGSTOP) for the first half of each round.
 * Result: bench/results/neighbour.json, where all noises were run. The exit code is 1 where one of the ratios is above 2.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Service } from '../testkit/service.ts';
import { type Beside, measureBeside } from './neighbour/beside.ts';
import { goBeforeOthers, keepOnCore } from './neighbour/own-core.ts';
import { Quiet } from './neighbour/quiet.ts';
import { writeResults } from './results-file.ts';

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

await using service = await Service.start();
keepOnCore(service.pid, Number(options['service-core']));
keepOnCore(process.pid, Number(options['generator-core']));
if (!goBeforeOthers(process.pid)) {
  console.error('Other programs disturb the measurement: only root may go before them.');
}
await using quiet = await Quiet.open(service, ratePerSecond);
await quiet.measure(1_000);

const rows: (Beside & { readonly noise: string })[] = [];
for (const kind of kinds) {
  const row = { noise: kind, ...(await runNoise(kind)) };
  rows.push(row);
  console.log(
    `${kind}: p99 ${row.besideP99Ms} ms beside, ${row.aloneP99Ms} ms alone, ratio ${row.ratioP99} (${row.roundRatiosP99.join(', ')}); all rounds together ${row.pooledBesideP99Ms} and ${row.pooledAloneP99Ms} ms, ratio ${row.pooledRatioP99} (p50 ${row.besideP50Ms} / ${row.aloneP50Ms}; service CPU ${row.serviceCpu})`,
  );
}
if (options.only === undefined) await record();
process.exitCode = rows.every(({ ratioP99, pooledRatioP99 }) => Math.max(ratioP99, pooledRatioP99) <= ratioMax) ? 0 : 1;

async function runNoise(kind: string): Promise<Beside> {
  const { address, username, password } = await quiet.neighbour(`noisy ${kind}`);
  const program = join(import.meta.dirname, 'neighbour/noise.ts');
  const command = [process.execPath, program, kind, String(service.ready.mqtts), address, username, password];
  return measureBeside(service, command, () => quiet.measure(seconds * 1000), rounds);
}

async function record(): Promise<void> {
  await writeResults(join(import.meta.dirname, 'results/neighbour.json'), {
    command: `bun bench/neighbour.ts ${process.argv.slice(2).join(' ')}`.trim(),
    rounds,
    seconds,
    ratePerSecond,
    rows,
  });
}
