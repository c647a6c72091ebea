/**
 * Does `berth bench` say the same as another load generator? `bun bench/agreement.ts --mqttload PATH [--rounds 3] [--seconds 3]
 * [--broker berth|mosquitto] [--only LOAD] [--broker-core 0] [--generator-core 1]` loads Berth and Debian's Mosquitto with both, in turn, by the loads of
 * bench/compare/rows.ts, and compares deliveries per broker CPU-second, and messages a second. PATH is a generator with the options and the
 * output of `mqttload`. Ratios are medians of the rounds, in each of which both had the same machine. Result: bench/results/bench-agreement.json,
 * where everything was run. The exit code is 1 where the two differ by more than 10 % on a broker that both keep busy.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { renderTable } from '../apps/cli/table.ts';
import { startBerth, startMosquitto, type Running } from './compare/brokers.ts';
import { runMqttload, runOwn } from './compare/generators.ts';
import { describeMachine, describeVersions } from './compare/machine.ts';
import { median } from './compare/report.ts';
import { loads, type Load } from './compare/rows.ts';

/** What one run of one generator has measured. */
interface Sample {
  readonly deliveriesPerSecond: number;
  /** Share of the broker's core. */
  readonly brokerCpu: number;
  /** Share of the generator's core. */
  readonly generatorCpu: number;
}

/** The medians of both. Ratios are `berth bench` over the other one. */
interface Row {
  readonly load: string;
  readonly broker: string;
  readonly own: Sample;
  readonly other: Sample;
  readonly perCpuSecondRatio: number;
  readonly throughputRatio: number;
  /** Null where one of the two did not keep the broker busy: then there is nothing to agree on. */
  readonly agrees: boolean | null;
}

/** A broker busier than this shows what a delivery costs it. */
const busyShare = 0.7;
/** One busier than this is what bounds the throughput. */
const saturatedShare = 0.9;
const differenceMax = 0.1;

const { values: options } = parseArgs({
  options: {
    mqttload: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    broker: { type: 'string' },
    only: { type: 'string' },
    'broker-core': { type: 'string', default: '0' },
    'generator-core': { type: 'string', default: '1' },
  },
});
if (options.mqttload === undefined)
  throw new Error('--mqttload PATH: the other generator is not part of this project.');
const program = resolve(options.mqttload);
const rounds = Math.min(20, Math.max(1, Number(options.rounds)));
const seconds = Math.min(60, Math.max(1, Number(options.seconds)));
const generatorCore = Number(options['generator-core']);
const checkout = resolve(import.meta.dirname, '..');
const messageLoads = loads.filter(
  ({ figures: [first] }) =>
    first?.kind === 'deliveries' && (options.only === undefined || first.row.name.startsWith(options.only)),
);
/** By broker and load, what each generator has measured in each round. */
const measured = new Map<string, { own: Sample[]; other: Sample[] }>();

for (let round = 1; round <= rounds; round++) {
  console.error(`round ${round} of ${rounds}`);
  await runRound();
}
const rows = messageLoads.flatMap((load) => ['berth', 'mosquitto'].flatMap((broker) => rowOf(load, broker)));
report();

async function runRound(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-agreement-'));
  const brokers: Running[] = [];
  try {
    const { running, common } = await startBerth(checkout, folder, Number(options['broker-core']));
    brokers.push(running, await startMosquitto(common));
    for (const load of messageLoads) {
      for (const broker of brokers) {
        if (options.broker === undefined || options.broker === broker.name) await measure(load, broker);
      }
    }
  } finally {
    await Promise.all(brokers.map((broker) => broker.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(load: Load, broker: Running): Promise<void> {
  const key = `${nameOf(load)}, ${broker.name}`;
  const both = measured.get(key) ?? { own: [], other: [] };
  measured.set(key, both);
  const other = await runMqttload(program, load, broker, seconds, generatorCore);
  both.other.push({
    deliveriesPerSecond: other['recv_per_s'] ?? Number.NaN,
    brokerCpu: other['broker_cpu'] ?? Number.NaN,
    // Of the whole run, so with the warm-up.
    generatorCpu: (other['gen_cpu_s'] ?? Number.NaN) / (seconds + 1),
  });
  const own = await runOwn(load, broker, seconds, generatorCore);
  if (!('receivedPerSecond' in own) || own.broker === null) throw new Error('not a load of messages');
  both.own.push({
    deliveriesPerSecond: own.receivedPerSecond,
    brokerCpu: own.broker.cpuShare,
    generatorCpu: own.generatorCpuShare,
  });
  console.error(`  ${key}: ${[both.own.at(-1), both.other.at(-1)].map((sample) => tell(sample)).join(' / ')}`);
}

function tell(sample: Sample | undefined): string {
  if (sample === undefined) return '';
  const { deliveriesPerSecond: rate, brokerCpu, generatorCpu } = sample;
  return `${kilo(rate / brokerCpu)} k per CPU-second, ${kilo(rate)} k/s, broker ${percent(brokerCpu)}, generator ${percent(generatorCpu)}`;
}

function rowOf(load: Load, broker: string): Row[] {
  const both = measured.get(`${nameOf(load)}, ${broker}`);
  if (both === undefined) return [];
  const own = middle(both.own);
  const other = middle(both.other);
  const ratio = (figure: (sample: Sample) => number): number =>
    median(both.own.map((sample, index) => figure(sample) / figure(both.other[index] ?? sample)));
  const perCpuSecondRatio = ratio(({ deliveriesPerSecond, brokerCpu }) => deliveriesPerSecond / brokerCpu);
  const throughputRatio = ratio(({ deliveriesPerSecond }) => deliveriesPerSecond);
  const brokerCpu = Math.min(own.brokerCpu, other.brokerCpu);
  const isNear = (value: number): boolean => Math.abs(value - 1) <= differenceMax;
  const agrees = isNear(perCpuSecondRatio) && (brokerCpu < saturatedShare || isNear(throughputRatio));
  return [
    {
      load: nameOf(load),
      broker,
      own,
      other,
      perCpuSecondRatio,
      throughputRatio,
      agrees: brokerCpu < busyShare ? null : agrees,
    },
  ];
}

function middle(samples: readonly Sample[]): Sample {
  const of = (figure: (sample: Sample) => number): number => median(samples.map(figure));
  return {
    deliveriesPerSecond: of((sample) => sample.deliveriesPerSecond),
    brokerCpu: of((sample) => sample.brokerCpu),
    generatorCpu: of((sample) => sample.generatorCpu),
  };
}

function report(): void {
  console.log(
    renderTable(
      ['load', 'broker', 'k per CPU-second', 'the other', 'ratio', 'k/s ratio', 'broker CPU', ''],
      rows.map(({ load, broker, own, other, perCpuSecondRatio, throughputRatio, agrees }) => [
        load,
        broker,
        kilo(own.deliveriesPerSecond / own.brokerCpu),
        kilo(other.deliveriesPerSecond / other.brokerCpu),
        perCpuSecondRatio.toFixed(2),
        throughputRatio.toFixed(2),
        `${percent(own.brokerCpu)} / ${percent(other.brokerCpu)}`,
        agrees === null ? 'not busy' : agrees ? 'agrees' : 'differs',
      ]),
    ),
  );
  process.exitCode = rows.every(({ agrees }) => agrees !== false) ? 0 : 1;
  if (options.only !== undefined || options.broker !== undefined) return;
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const record = {
    date: new Date().toISOString(),
    command: 'bun bench/agreement.ts --mqttload PATH',
    machine: describeMachine(),
    versions: describeVersions(checkout),
    ...{ rounds, seconds, rows },
  };
  writeFileSync(join(folder, 'bench-agreement.json'), `${JSON.stringify(record, null, 2)}\n`);
}

function nameOf({ figures: [first] }: Load): string {
  return first?.row.name ?? '';
}

function kilo(value: number): string {
  return (value / 1000).toFixed(1);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
