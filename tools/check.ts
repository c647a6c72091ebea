/** All checks of the project in one command: `npm test`. The last line is `N passed, N failed`. */
import { stopCommands } from './check/command.ts';
import { parseArguments, usage } from './check/options.ts';
import { summary } from './check/report.ts';
import { allSteps, type Outcome } from './check/steps.ts';

const options = parseArguments(process.argv.slice(2));
if (options.kind === 'help' || options.kind === 'wrong') {
  console.log(options.kind === 'help' ? usage : `${options.message}\n\n${usage}`);
  process.exit(options.kind === 'help' ? 0 : 2);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopCommands();
    process.exit(1);
  });
}

const steps = allSteps(options.fix).filter((step) => options.only.length === 0 || options.only.includes(step.group));
const outcomes: Outcome[] = [];
for (const [index, step] of steps.entries()) {
  const progress = `[${index + 1}/${steps.length}] ${step.name}`;
  console.log(`${progress} ...`);
  const start = performance.now();
  const result = await step.run();
  const outcome = { ...result, name: step.name, seconds: (performance.now() - start) / 1000 };
  outcomes.push(outcome);
  if (outcome.failed > 0) console.log(`${outcome.output.trimEnd()}\n`);
  const verdict = outcome.failed > 0 ? `FAILED (${outcome.failed})` : 'ok';
  console.log(`${progress}: ${verdict}, ${outcome.passed} passed, ${outcome.seconds.toFixed(1)} s`);
}

console.log(`\n${summary(outcomes)}`);
process.exit(outcomes.every((outcome) => outcome.failed === 0) ? 0 : 1);
