/**
 * Does `berth bench` say the same as another load generator? `bun bench/agreement.ts --mqttload PATH [--rounds 5] [--seconds 3] [--add]
 * [--broker berth|mosquitto] [--only LOAD] [--broker-core 0] [--generator-core 1]` loads Berth and Debian's Mosquitto with both, in turn, by
 * the loads of bench/compare/rows.ts, and compares deliveries per broker CPU-second, and messages a second. PATH is a generator with the options and the
 * output of `mqttload`. Each broker is loaded twice: with a third of its core, which two programs share with it, and with all of it. A row counts where
 * both generators saturate the broker (it uses what it is given, and hardly ever sleeps), with the smallest part of its core where they do. The two programs measure how fast
 * the core is meanwhile, and figures are compared at the same speed. Ratios are medians of the rounds. A run during which other programs took more than
 * a tenth of a core is repeated, and in the end left out. Result: bench/results/bench-agreement.json, where everything was run, or with `--add`, which
 * puts the rounds to those that the file has of the same version. The exit code is 1 where the two differ by more than 10 % in a row that counts, or
 * where none counts.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { renderTable } from '../apps/cli/table.ts';
import { coreSpeed, startRivals, type Rivals } from './agreement/rivals.ts';
import { isAgreed, joinRounds, perCpuSecond, type Row, type Sample, type Samples } from './agreement/row.ts';
import { countWaits } from './agreement/waits.ts';
import { startBerth, startMosquitto, type Running } from './compare/brokers.ts';
import { Disturbance } from './compare/disturbance.ts';
import { runMqttload, runOwn } from './compare/generators.ts';
import { describeMachine, describeVersions } from './compare/machine.ts';
import { loads, type Load } from './compare/rows.ts';
import { countSegments } from './compare/segments.ts';

/** What a generator says, and what was published and delivered a second. */
type Figures = Omit<Sample, 'segments' | 'waits' | 'disturbance' | 'coreSpeed'> & {
  readonly publishedPerSecond: number;
};

/** What other programs may take of a core while it is measured. */
const disturbanceMax = 0.1;
const attempts = 5;
const pauseMs = 2000;
/** Segments, and waits of the broker, are counted between these times after the start of a generator, when both run. */
const countFromMs = 2000;
const countForMs = 2000;
const warmUpSeconds = 2;
/** How many programs want the broker's core beside it, in each of the two ways to load it. */
const rivalCounts = [2, 0];

const { values: options } = parseArgs({
  options: {
    mqttload: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    add: { type: 'boolean', default: false },
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
const seconds = Math.min(60, Math.max(2, Number(options.seconds)));
const brokerCore = Number(options['broker-core']);
const generatorCore = Number(options['generator-core']);
const checkout = resolve(import.meta.dirname, '..');
const file = join(import.meta.dirname, 'results/bench-agreement.json');
const versions = describeVersions(checkout);
const comparedLoads = loads.filter(({ figures: [first] }) => first?.kind === 'deliveries');
const chosen = comparedLoads.filter((load) => options.only === undefined || nameOf(load) === options.only);
if (chosen.length === 0) throw new Error(`--only takes one of: ${comparedLoads.map(nameOf).join('; ')}`);

const measured: Samples[] = options.add ? readEarlier() : [];
for (let round = 1; round <= rounds; round++) {
  console.error(`round ${round} of ${rounds}`);
  await runRound();
  save();
}
report();

async function runRound(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-agreement-'));
  const brokers: Running[] = [];
  try {
    const { running, common } = await startBerth(checkout, folder, brokerCore);
    brokers.push(running, await startMosquitto(common));
    for (const load of chosen) {
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
  // A broker that is compiled while it runs shall be as warm for the first as for the last.
  await runOwn(load, broker, warmUpSeconds, generatorCore);
  for (const count of rivalCounts) {
    const rivals = startRivals(brokerCore, count);
    try {
      await measureBeside(rivals, load, broker);
    } finally {
      await rivals.stop();
    }
  }
}

async function measureBeside(rivals: Rivals, load: Load, broker: Running): Promise<void> {
  const name = `${nameOf(load)}, ${broker.name}${rivals.pids.length > 0 ? ` beside ${rivals.pids.length}` : ''}`;
  const samples = samplesOf(nameOf(load), broker.name, rivals.pids.length);
  const runs = [
    { to: samples.own, run: () => own(load, broker) },
    { to: samples.other, run: () => other(load, broker) },
  ];
  const taken: { readonly to: Sample[]; readonly sample: Sample }[] = [];
  for (const { to, run } of samples.own.length % 2 === 0 ? runs : runs.toReversed()) {
    const sample = await undisturbed(broker, rivals, run);
    if (sample === null) {
      console.error(`  ${name}: left out, the machine has too much else to do`);
      return;
    }
    taken.push({ to, sample });
  }
  for (const { to, sample } of taken) to.push(sample);
  console.error(`  ${name}: ${[samples.own.at(-1), samples.other.at(-1)].map(tell).join(' / ')}`);
}

function samplesOf(load: string, broker: string, rivals: number): Samples {
  let samples = measured.find((one) => one.load === load && one.broker === broker && one.rivals === rivals);
  if (samples === undefined) {
    samples = { load, broker, rivals, own: [], other: [] };
    measured.push(samples);
  }
  return samples;
}

/** Repeats a run until nobody but these processes has used the machine. @returns null where that cannot be had. */
async function undisturbed(broker: Running, rivals: Rivals, run: () => Promise<Figures>): Promise<Sample | null> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const sample = await observed(broker, rivals, run);
    if (sample.disturbance <= disturbanceMax) return sample;
    console.error(`  once more: other programs took ${percent(sample.disturbance)} of a core`);
    await Bun.sleep(pauseMs);
  }
  return null;
}

async function observed(broker: Running, rivals: Rivals, run: () => Promise<Figures>): Promise<Sample> {
  const others = new Disturbance([broker.pid, ...rivals.pids]);
  const [figures, { segments, waits, speed }] = await Promise.all([run(), countMeanwhile(broker, rivals)]);
  const { publishedPerSecond, ...sample } = figures;
  return {
    ...sample,
    segments:
      segments === null
        ? null
        : { in: segments.toBroker / publishedPerSecond, out: segments.fromBroker / sample.deliveriesPerSecond },
    waits,
    disturbance: others.share(),
    coreSpeed: speed,
  };
}

/** Counts while a load runs. */
async function countMeanwhile(
  { pid, port }: Running,
  rivals: Rivals,
): Promise<{
  readonly segments: ReturnType<typeof countSegments>;
  readonly waits: number;
  readonly speed: number | null;
}> {
  await Bun.sleep(countFromMs);
  const [before, waitsBefore, workBefore, from] = [
    countSegments(port),
    countWaits(pid),
    rivals.work(),
    performance.now(),
  ];
  await Bun.sleep(countForMs);
  const seconds = (performance.now() - from) / 1000;
  const [after, waitsAfter, workAfter] = [countSegments(port), countWaits(pid), rivals.work()];
  const speed = coreSpeed(workBefore, workAfter);
  const waits = (waitsAfter - waitsBefore) / seconds;
  if (before === null || after === null) return { segments: null, waits, speed };
  const toBroker = (after.toBroker - before.toBroker) / seconds;
  return { segments: { toBroker, fromBroker: (after.fromBroker - before.fromBroker) / seconds }, waits, speed };
}

async function own(load: Load, broker: Running): Promise<Figures> {
  const result = await runOwn(load, broker, seconds, generatorCore);
  if (!('receivedPerSecond' in result) || result.broker === null) throw new Error('not a load of messages');
  return {
    publishedPerSecond: result.sentPerSecond,
    deliveriesPerSecond: result.receivedPerSecond,
    brokerCpu: result.broker.cpuShare,
    generatorCpu: result.generatorCpuShare,
  };
}

async function other(load: Load, broker: Running): Promise<Figures> {
  const from = performance.now();
  const result = await runMqttload(program, load, broker, seconds, generatorCore);
  const field = (name: string): number => result[name] ?? Number.NaN;
  return {
    publishedPerSecond: field('pub_per_s'),
    deliveriesPerSecond: field('recv_per_s'),
    brokerCpu: field('broker_cpu'),
    // From its start to its end.
    generatorCpu: field('gen_cpu_s') / ((performance.now() - from) / 1000),
  };
}

/** @throws Error where the file has rounds of another version. */
function readEarlier(): Samples[] {
  if (!existsSync(file)) return [];
  const earlier = JSON.parse(readFileSync(file, 'utf8')) as { versions: { berth: string }; samples?: Samples[] };
  if (earlier.versions.berth !== versions.berth)
    throw new Error(`${file} is of ${earlier.versions.berth} and this is ${versions.berth}: begin without --add`);
  return earlier.samples ?? [];
}

function rowsNow(): Row[] {
  return joinRounds(measured.filter((one) => one.own.length > 0));
}

/** Writes the file, unless only a part was asked for. */
function save(): void {
  if (!options.add && (options.only !== undefined || options.broker !== undefined)) return;
  mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
  const least = Math.min(...measured.map((one) => one.own.length));
  const record = {
    date: new Date().toISOString(),
    command: `bun bench/agreement.ts --mqttload PATH --rounds ${least}`,
    machine: describeMachine(),
    versions,
    ...{ rounds: least, seconds, rows: rowsNow(), samples: measured },
  };
  writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
}

function report(): void {
  const rows = rowsNow();
  console.log(
    renderTable(
      [
        'load',
        'broker',
        'core',
        'ratio per CPU-second',
        'uncorrected',
        'spread',
        'k/s ratio',
        'broker CPU',
        'generator CPU',
        'core speed',
        'segments',
        'waits/s',
        '',
      ],
      rows.map(({ load, broker, given, own: ours, other: theirs, perCpuSecondRatio, throughputRatio, ...row }) => [
        load,
        broker,
        percent(given),
        perCpuSecondRatio.toFixed(2),
        row.uncorrectedRatio.toFixed(2),
        `${ours.spread.toFixed(2)} / ${theirs.spread.toFixed(2)}`,
        throughputRatio.toFixed(2),
        `${percent(ours.brokerCpu)} / ${percent(theirs.brokerCpu)}`,
        `${percent(ours.generatorCpu)} / ${percent(theirs.generatorCpu)}`,
        `${mega(ours.coreSpeed)} / ${mega(theirs.coreSpeed)}`,
        `${segments(ours)} / ${segments(theirs)}`,
        `${Math.round(ours.waits)} / ${Math.round(theirs.waits)}`,
        !row.saturated ? 'not saturated' : !row.counts ? '-' : row.agrees ? 'agrees' : 'differs',
      ]),
    ),
  );
  process.exitCode = isAgreed(rows) ? 0 : 1;
}

function tell(sample: Sample | undefined): string {
  if (sample === undefined) return '';
  const { deliveriesPerSecond: rate, brokerCpu, generatorCpu } = sample;
  return `${kilo(perCpuSecond(sample))} k per CPU-second, ${kilo(rate)} k/s, broker ${percent(brokerCpu)}, generator ${percent(generatorCpu)}, core ${mega(sample.coreSpeed)} M/s, segments ${segments(sample)}, waits ${Math.round(sample.waits)}`;
}

function segments(sample: Sample): string {
  return sample.segments === null ? '?' : `${sample.segments.in.toFixed(2)}+${sample.segments.out.toFixed(2)}`;
}

function nameOf({ figures: [first] }: Load): string {
  return first?.row.name ?? '';
}

function kilo(value: number): string {
  return (value / 1000).toFixed(1);
}

function mega(value: number | null): string {
  return value === null ? '-' : (value / 1e6).toFixed(1);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
