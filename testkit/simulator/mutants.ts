/** `bun testkit/simulator/mutants.ts`: seeds faults on purpose, one at a time, and sees whether the simulator finds them. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { mutations, type Mutation } from './mutations.ts';
import { writeReport } from './report.ts';
import type { Verdict } from './verdict.ts';

const usage = `Usage: bun testkit/simulator/mutants.ts [OPTIONS]

Seeds faults into a copy of the engine, one at a time, and runs the simulator on each. Every one has to be found.

  --seeds N     at most so many seeds for each (1000)
  --only NAME   this fault only; may be given more than once
  --all         does not stop at the first seed that finds it, and counts those that do
  --check       only looks whether the text that each changes is still there
  --report      the same, and writes docs/reference/simulation.md
  --help        this text`;

const root = resolve(import.meta.dirname, '../..');
/** What the simulator needs, and nothing else of the checkout. */
const needed = [
  'packages/codec',
  'packages/faults',
  'packages/engine',
  'testkit/simulator',
  'testkit/random.ts',
  'testkit/fuzz/chance.ts',
];
const secondsMax = 240;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    only: { type: 'string', multiple: true, default: [] },
    all: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(usage);
else if (values.check) {
  for (const { name, edits } of mutations) for (const edit of edits) edited(root, name, edit);
  console.log(`${mutations.length} faults can be seeded`);
} else process.exitCode = await main();

async function main(): Promise<number> {
  const chosen = mutations.filter(({ name }) => values.only.length === 0 || values.only.includes(name));
  const verdicts: Verdict[] = [];
  for (const [index, mutation] of chosen.entries()) {
    const verdict = await tryOut(mutation);
    verdicts.push(verdict);
    const found = verdict.first === null ? 'NOT FOUND' : `found by seed ${verdict.first}`;
    const count = values.all || values.report ? ` and ${verdict.caught} of ${verdict.seeds}` : '';
    console.log(`[${index + 1}/${chosen.length}] ${mutation.name}: ${found}${count}: ${verdict.rules.join('; ')}`);
  }
  const missed = verdicts.filter(({ first }) => first === null);
  if (values.report) writeReport(verdicts);
  console.log(`${verdicts.length - missed.length} of ${verdicts.length} faults found`);
  return missed.length === 0 && verdicts.length > 0 ? 0 : 1;
}

async function tryOut(mutation: Mutation): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-mutant-'));
  try {
    for (const path of needed) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      cpSync(join(root, path), join(folder, path), { recursive: true });
    }
    for (const edit of mutation.edits) writeFileSync(join(folder, edit.path), edited(folder, mutation.name, edit));
    return await run(folder, mutation);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The file with the fault in it. @throws Error where the text is not there, or is there twice: then the fault has to be written anew. */
function edited(folder: string, name: string, { path, from, to }: Mutation['edits'][number]): string {
  const parts = readFileSync(join(folder, path), 'utf8').split(from);
  if (parts.length !== 2)
    throw new Error(`${name}: ${parts.length - 1} times in ${path}, so adapt testkit/simulator/mutations.ts: ${from}`);
  return parts.join(to);
}

async function run(folder: string, mutation: Mutation): Promise<Verdict> {
  const isCounting = values.all || values.report;
  const child = Bun.spawn(
    [
      process.execPath,
      join(folder, 'testkit/simulator/main.ts'),
      '--json',
      '--seeds',
      values.seeds,
      '--failures',
      isCounting ? values.seeds : '1',
    ],
    { stdout: 'pipe', stderr: 'pipe' },
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), secondsMax * 1000);
  const [out, error] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  await child.exited;
  clearTimeout(timer);
  if (child.signalCode === 'SIGKILL')
    return { mutation, seeds: 0, caught: 1, first: 0, rules: [`does not end in ${secondsMax} s`] };
  if (error !== '') throw new Error(`${mutation.name}: the simulator itself failed: ${error}`);
  const { seeds, failures } = JSON.parse(out) as { seeds: number; failures: { seed: number; rule: string }[] };
  return {
    mutation,
    seeds,
    caught: failures.length,
    first: failures[0]?.seed ?? null,
    rules: [...new Set(failures.map(({ rule }) => rule))].slice(0, 3),
  };
}
