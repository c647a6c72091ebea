/** `npm run simulate`: see `--help` and docs/reference/simulation.md. */
import { parseArgs } from 'node:util';
import { campaign, type CampaignResult } from './campaign.ts';
import { happenings } from './coverage.ts';
import { readSteps } from './shrink.ts';
import { simulate } from './simulation.ts';

const usage = `Usage: npm run simulate [-- OPTIONS]

Runs the engine in a simulated world: clients, network, disk and clock from one seed, with a model that judges.
The same seed gives the same run.

  --seeds N     so many seeds (2000)
  --from N      the first of them (1)
  --minutes N   goes on for so long instead, with seeds that nobody has run before
  --failures N  stops after so many seeds have failed (5)
  --seed N      this one seed
  --only STEPS  of the one seed, these steps only, such as 1,4-9
  --trace       of the one seed, all that happens
  --json        the result as JSON
  --help        this text`;

/** Fewer seeds than this may well miss something that happens rarely. */
const coverageSeedsMin = 1500;
const progressMs = 5_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    failures: { type: 'string', default: '5' },
    seed: { type: 'string' },
    only: { type: 'string' },
    trace: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(usage);
else if (values.seed === undefined) runMany();
else runOne(numberOf('seed', values.seed));

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number >= 0) return number;
  console.error(`--${name} takes a number.\n\n${usage}`);
  process.exit(2);
}

function runOne(seed: number): void {
  const only = values.only === undefined ? null : readSteps(values.only);
  const { violation, stepCount, messages } = simulate(seed, only, values.trace ? (line) => console.log(line) : null);
  if (violation === null) console.log(`seed ${seed}: ${stepCount} steps, ${messages} messages, no promise broken`);
  else console.log(`seed ${seed}: ${violation.message}`);
  process.exitCode = violation === null ? 0 : 1;
}

function* seedsToRun(): Generator<number> {
  if (values.minutes !== undefined) {
    // Above all that a fixed run uses.
    for (let seed = 1_000_000 + (Date.now() % 1_000_000_000); ; seed++) yield seed;
  }
  const from = numberOf('from', values.from);
  const count = numberOf('seeds', values.seeds);
  for (let seed = from; seed < from + count; seed++) yield seed;
}

function runMany(): void {
  const started = performance.now();
  const endsAt = values.minutes === undefined ? Infinity : started + numberOf('minutes', values.minutes) * 60_000;
  let saidAt = started;
  const result = campaign(
    seedsToRun(),
    () => performance.now() > endsAt,
    { makeSmaller: !values.json, failuresMax: numberOf('failures', values.failures) },
    (done, failed) => {
      const now = performance.now();
      if (values.json || now - saidAt < progressMs) return;
      saidAt = now;
      console.log(`${done} seeds in ${((now - started) / 1000).toFixed(0)} s, ${failed} failed`);
    },
  );
  const seconds = (performance.now() - started) / 1000;
  if (values.json) sayJson(result);
  else say(result, seconds);
}

function sayJson({ seeds, failures }: CampaignResult): void {
  console.log(JSON.stringify({ seeds, failures }));
}

function say({ seeds, messages, failures, coverage }: CampaignResult, seconds: number): void {
  for (const { seed, message, steps } of failures)
    console.log(
      `\nseed ${seed}: ${message}\n  again: npm run simulate -- --seed ${seed}${steps === null ? '' : ` --only ${steps}`} --trace`,
    );
  console.log('\nhow often it happened:');
  for (const happening of happenings)
    console.log(`${String(coverage.counts.get(happening) ?? 0).padStart(9)}  ${happening}`);
  const { missing } = coverage;
  const isBlind = seeds >= coverageSeedsMin && missing.length > 0;
  if (isBlind) console.log(`\nnever happened, so nothing was tested by it: ${missing.join('; ')}`);
  console.log(
    `\n${seeds} seeds in ${seconds.toFixed(1)} s, ${messages} messages, ${failures.length} failed${isBlind ? `, ${missing.length} things never happened` : ''}`,
  );
  process.exitCode = failures.length > 0 || isBlind ? 1 : 0;
}
