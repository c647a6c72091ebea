/** `npm run fuzz -- --target NAME --seed N --iterations N --minutes N --distil`: see the README beside this file. */
import { parseArgs } from 'node:util';
import { campaign, distil } from './campaign.ts';
import { addToCorpus, readCorpus, writeSeeds } from './corpus.ts';
import { targets } from './targets.ts';

/** Inputs of one target that `--distil` keeps for the next campaign. */
const seedsMax = 150;

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seed: { type: 'string' },
    iterations: { type: 'string' },
    distil: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '1' },
  },
});

const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) {
  console.error(`--target must be one of ${targets.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
const iterations = Number(values.iterations ?? Infinity);
const minutes = Number(values.minutes);

for (const target of chosen) {
  const started = performance.now();
  const endsAt = started + (minutes * 60_000) / chosen.length;
  const result = campaign(target, {
    seed,
    iterations,
    isOver: () => performance.now() > endsAt,
    corpus: [...readCorpus(target.name).values()],
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const { executions, signs, kept, findings } = result;
  console.log(
    `${target.name}: ${executions} executions in ${seconds} s, seed ${seed}, ${signs} signs, ${kept.length} inputs kept, ${findings.length} findings`,
  );
  if (values.distil) writeSeeds(target.name, distil(target, kept, seedsMax));
  for (const finding of findings) {
    console.log(
      `\n${finding.message}\nseed ${finding.seed}, execution ${finding.execution}: ${addToCorpus(finding)}\n${finding.stack}`,
    );
    process.exitCode = 1;
  }
}
