/**
 * Berth and Debian's Mosquitto side by side: `bun bench/compare.ts [--rounds 3] [--seconds 3] [--name NAME] [--peer NAME=COMMAND]...
 * [--mqttload PATH] [--checkout DIR] [--broker-core 0] [--generator-core 1] [--only TEXT]...`: `--only` takes the rows whose name has the text in it, and writes no file. In each round every broker is started anew, pinned to one core, and every load
 * runs on one after the other from another core. Prints the table and writes it to bench/results/.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startBerth, startMosquitto, startPeer, type Running } from './compare/brokers.ts';
import { mqttload, ownGenerator, type Generator } from './compare/generators.ts';
import { describeMachine, describeVersions } from './compare/machine.ts';
import { judge, renderComparison } from './compare/report.ts';
import { loads } from './compare/rows.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    name: { type: 'string', default: hostname() },
    peer: { type: 'string', multiple: true, default: [] },
    mqttload: { type: 'string' },
    checkout: { type: 'string', default: resolve(import.meta.dirname, '..') },
    'broker-core': { type: 'string', default: '0' },
    'generator-core': { type: 'string', default: '1' },
    only: { type: 'string', multiple: true, default: [] },
  },
});
const brokerCore = wholeNumber('--broker-core', options['broker-core'], 0);
const generatorCore = wholeNumber('--generator-core', options['generator-core'], 0);
const rounds = wholeNumber('--rounds', options.rounds, 1);
const seconds = wholeNumber('--seconds', options.seconds, 1);
const peers = options.peer.map(parsePeer);
const generate: Generator =
  options.mqttload === undefined ? ownGenerator(generatorCore) : mqttload(resolve(options.mqttload), generatorCore);
const chosen = loads.filter(
  ({ figures }) =>
    options.only.length === 0 || figures.some(({ row }) => options.only.some((text) => row.name.includes(text))),
);
if (chosen.length === 0) throw new Error('--only: no row has that in its name.');
/** By row, by broker: a value for each round. */
const measured = new Map<string, Map<string, number[]>>();
const warnings = new Set<string>();

for (let round = 1; round <= rounds; round++) {
  console.error(`round ${round} of ${rounds}`);
  await runRound();
}
report();

async function runRound(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-compare-'));
  const brokers: Running[] = [];
  try {
    const { running, common } = await startBerth(options.checkout, folder, brokerCore);
    brokers.push(running, await startMosquitto(common));
    for (const { name, command } of peers) brokers.push(await startPeer(name, command, common));
    for (const load of chosen) {
      for (let repeat = 0; repeat < (load.repeats ?? 1); repeat++) {
        // Who comes first changes, so that what lasts a while meets each as often.
        for (const broker of repeat % 2 === 0 ? brokers : brokers.toReversed()) await measure(load, broker);
      }
    }
  } finally {
    await Promise.all(brokers.map((broker) => broker.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(load: (typeof loads)[number], broker: Running): Promise<void> {
  const results = await generate(load, broker, seconds);
  for (const [at, { row }] of load.figures.entries()) {
    const result = results[at];
    if (result === undefined) continue;
    const byBroker = measured.get(row.name) ?? new Map<string, number[]>();
    measured.set(row.name, byBroker.set(broker.name, [...(byBroker.get(broker.name) ?? []), result.value]));
    for (const warning of result.warnings) warnings.add(`${row.name}, ${broker.name}: ${warning}`);
    console.error(`  ${row.name}, ${broker.name}: ${result.value.toFixed(2)} ${row.unit}`);
  }
}

function report(): void {
  const rows = chosen.flatMap(({ figures }) =>
    figures.map(({ row }) => judge(row, Object.fromEntries(measured.get(row.name) ?? []))),
  );
  const brokers = ['berth', 'mosquitto', ...peers.map(({ name }) => name)];
  console.log(renderComparison(rows, brokers));
  for (const warning of warnings) console.log(`Warning: ${warning}`);
  // Part of the rows is for a developer's eyes: the record stays whole.
  if (options.only.length > 0) return;
  const date = new Date().toISOString();
  const file = join(import.meta.dirname, 'results', `${date.slice(0, 10)}-${options.name}.json`);
  mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
  const record = {
    date,
    command: `bun bench/compare.ts ${describeArguments(process.argv.slice(2))}`.trim(),
    generator: options.mqttload === undefined ? 'berth bench' : 'mqttload',
    machine: describeMachine(),
    versions: describeVersions(options.checkout),
    rounds,
    seconds,
    rows,
    warnings: [...warnings],
  };
  writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
  console.log(`Written to ${file}`);
}

/** What was typed, without where things lie on this machine. */
function describeArguments(args: readonly string[]): string {
  return args.map((text) => (text.startsWith('/') ? 'PATH' : text.replace(/=\/\S+/, '=PATH'))).join(' ');
}

function wholeNumber(option: string, text: string, min: number): number {
  if (/^\d+$/.test(text) && Number(text) >= min) return Number(text);
  throw new Error(`${option} takes a whole number from ${min}.`);
}

function parsePeer(text: string): { name: string; command: string } {
  const at = text.indexOf('=');
  if (at < 1) throw new Error('--peer takes NAME=COMMAND.');
  return { name: text.slice(0, at), command: text.slice(at + 1) };
}
