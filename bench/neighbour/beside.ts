import type { Service } from '../../testkit/service.ts';
import { median } from '../compare/report.ts';
import { latenciesOf, type Latencies } from './latencies.ts';

/** A noise says when it has begun; one that publishes retained messages first does so at the rate that it is allowed. */
const noiseStartMs = 40_000;
/** Between the halves of a round: what the noise has left behind is worked off. */
const settleMs = 500;

/** What was measured alone and beside a noise: medians of the rounds, and what the messages of all rounds together give. */
export interface Beside {
  readonly aloneP50Ms: number;
  readonly aloneP99Ms: number;
  readonly besideP50Ms: number;
  readonly besideP99Ms: number;
  /** Share of the service's core while the noise was on. */
  readonly serviceCpu: number;
  readonly roundRatiosP99: readonly number[];
  readonly ratioP99: number;
  readonly pooledAloneP99Ms: number;
  readonly pooledBesideP99Ms: number;
  readonly pooledRatioP99: number;
}

/**
 * Measures alone and beside a noise in turn: the noise, a process of its own that gives way to all others and writes a line when it has
 * begun, is stopped (SIGSTOP) for the first half of each round. @throws Error where it does not begin.
 */
export async function measureBeside(
  service: Service,
  command: readonly string[],
  measure: () => Promise<Latencies>,
  rounds: number,
): Promise<Beside> {
  const noise = Bun.spawn(['chrt', '-o', '0', ...command], { stdout: 'pipe', stderr: 'inherit' });
  try {
    const begun = noise.stdout.getReader().read();
    const first = await Promise.race([begun, Bun.sleep(noiseStartMs)]);
    if (first === undefined || first.done) throw new Error(`${command.join(' ')} has not begun`);
    const alone: Latencies[] = [];
    const beside: Latencies[] = [];
    const shares: number[] = [];
    for (let round = 0; round < rounds; round++) {
      noise.kill('SIGSTOP');
      await Bun.sleep(settleMs);
      alone.push(await measure());
      noise.kill('SIGCONT');
      await Bun.sleep(settleMs);
      const [before, at] = [await cpuSeconds(service), performance.now()];
      beside.push(await measure());
      shares.push(((await cpuSeconds(service)) - before) / ((performance.now() - at) / 1000));
    }
    return summary(alone, beside, shares);
  } finally {
    noise.kill('SIGKILL');
    await noise.exited;
    await Bun.sleep(settleMs);
  }
}

function summary(alone: readonly Latencies[], beside: readonly Latencies[], shares: readonly number[]): Beside {
  const ratios = beside.map(({ p99 }, index) => p99 / (alone[index]?.p99 ?? Number.NaN));
  const rounded = (value: number): number => Number(value.toFixed(2));
  const middle = (values: readonly number[]): number => rounded(median(values));
  const pooledP99 = (of: readonly Latencies[]): number => latenciesOf(of.flatMap(({ sorted }) => sorted)).p99;
  const [pooledAlone, pooledBeside] = [pooledP99(alone), pooledP99(beside)];
  return {
    aloneP50Ms: middle(alone.map(({ p50 }) => p50)),
    aloneP99Ms: middle(alone.map(({ p99 }) => p99)),
    besideP50Ms: middle(beside.map(({ p50 }) => p50)),
    besideP99Ms: middle(beside.map(({ p99 }) => p99)),
    serviceCpu: middle(shares),
    roundRatiosP99: ratios.map(rounded),
    ratioP99: middle(ratios),
    pooledAloneP99Ms: rounded(pooledAlone),
    pooledBesideP99Ms: rounded(pooledBeside),
    pooledRatioP99: rounded(pooledBeside / pooledAlone),
  };
}

async function cpuSeconds(service: Service): Promise<number> {
  return (await service.metrics()).get('process_cpu_seconds_total') ?? Number.NaN;
}
