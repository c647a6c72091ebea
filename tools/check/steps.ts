import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandResult, root, run } from './command.ts';
import { countTests } from './junit.ts';
import type { Group } from './options.ts';
import { doctorToolchains, durabilityToolchains, guideToolchains, sampleToolchains, toolchains } from './toolchains.ts';

/** What a step says: how many checks passed and failed, and what to show where one failed. */
export interface StepResult {
  readonly passed: number;
  readonly failed: number;
  readonly output: string;
}

/** A step that has run. */
export interface Outcome extends StepResult {
  readonly name: string;
  readonly seconds: number;
}

/** One line of the progress. */
export interface Step {
  readonly name: string;
  readonly group: Group;
  run(): Promise<StepResult>;
}

const bun = process.execPath;
const bin = (name: string) => join(root, 'node_modules/.bin', name);

/** Every step, in order: what is quick and general first. */
export function allSteps(fix: boolean): Step[] {
  const generators = [
    'tools/faults-reference.ts',
    'tools/faults-guide.ts',
    'tools/openapi.ts',
    'tools/conformance-report.ts',
    'tools/limits-reference.ts',
    'tools/performance-report.ts',
  ].filter((path) => existsSync(join(root, path)));
  return [
    command('format', 'format', async () => {
      if (fix) await run(bin('oxfmt'), [], { seconds: 120 });
      return run(bin('oxfmt'), ['--check'], { seconds: 120 });
    }),
    command('lint', 'lint', () => run(bin('oxlint'), fix ? ['--fix'] : [], { seconds: 300 })),
    command('types: packages, pure', 'types', () => run(bin('tsc'), ['-p', 'packages'], { seconds: 300 })),
    command('types: everything', 'types', () => run(bin('tsc'), ['-p', '.'], { seconds: 300 })),
    command('tidy', 'tidy', () => run(bun, ['tools/tidy.ts'], { seconds: 60 })),
    ...generators.map((path) => command(`fresh: ${path}`, 'docs', () => run(bun, [path, '--check'], { seconds: 60 }))),
    command('fresh: faults seeded on purpose', 'docs', () =>
      run(bun, ['testkit/simulator/mutants.ts', '--check'], { seconds: 60 }),
    ),
    tests('unit tests', 'unit', 900, ['packages', 'apps', 'testkit', 'tools', 'conformance', 'bench', 'examples']),
    command('simulation: 2,000 seeds', 'simulate', () =>
      run(bun, ['testkit/simulator/main.ts', '--seeds', '2000'], { seconds: 900 }),
    ),
    command('simulation: faults seeded on purpose', 'simulate', () =>
      run(bun, ['testkit/simulator/mutants.ts'], { seconds: 1200 }),
    ),
    tests('the service from outside', 'service', 900, ['tests/service']),
    ...durabilityToolchains.map((chain) => command(`set-up: ${chain.name}`, 'durability', () => chain.prepare())),
    tests('the service, killed, on disks that fail, watched', 'durability', 600, ['tests/durability']),
    ...doctorToolchains.map((chain) => command(`set-up: ${chain.name}`, 'doctor', () => chain.prepare())),
    tests('the doctor, in every situation', 'doctor', 300, ['tests/doctor']),
    ...toolchains.map((chain) => command(`set-up: ${chain.name}`, 'clients', () => chain.prepare())),
    tests('real clients', 'clients', 1800, ['tests/clients']),
    tests('RFC 6455, an outside suite', 'clients', 600, ['tests/websocket']),
    ...sampleToolchains.map((chain) => command(`set-up: ${chain.name}`, 'samples', () => chain.prepare())),
    tests('samples', 'samples', 1200, ['tests/samples']),
    ...guideToolchains.map((chain) => command(`set-up: ${chain.name}`, 'guide', () => chain.prepare())),
    tests('the connection guide, in a browser too', 'guide', 600, ['tests/guide']),
  ];
}

/** A step that is one check: the command's exit code. */
function command(name: string, group: Group, work: () => Promise<CommandResult>): Step {
  return {
    name,
    group,
    async run() {
      const { ok, output } = await work();
      return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, output };
    },
  };
}

/** A step that is a suite: as many checks as it has tests. */
function tests(name: string, group: Group, seconds: number, folders: readonly string[]): Step {
  return {
    name,
    group,
    async run() {
      const report = join(root, '.cache', `${group}.junit.xml`);
      mkdirSync(join(root, '.cache'), { recursive: true });
      rmSync(report, { force: true });
      const paths = folders.filter((folder) => existsSync(join(root, folder))).map((folder) => `./${folder}/`);
      const options = ['--timeout', '20000', '--only-failures', '--reporter=junit', `--reporter-outfile=${report}`];
      const { ok, output } = await run(bun, ['test', ...options, ...paths], { seconds });
      const counts = countTests(existsSync(report) ? readFileSync(report, 'utf8') : null, ok);
      const empty = counts.passed === 0 && ok ? `\n${name}: no test ran\n` : '';
      return { ...counts, output: output + empty };
    },
  };
}
