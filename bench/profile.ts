/**
 * Where the service spends its CPU: `bun bench/profile.ts [SCENARIO] [--top 25] [--checkout DIR] [--save FILE] [options of berth bench]`. Runs the service
 * under Bun's CPU profiler on core 0, loads it from core 1, and prints the functions with the most self time.
 */
import { mkdtempSync, readdirSync, readFileSync, copyFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { within } from '../testkit/deadline.ts';
import { firstLine, pinned } from './compare/brokers.ts';
import { selfTimes, type CpuProfile } from './profile/self-times.ts';
import { renderTable } from '../apps/cli/table.ts';

/** Connecting and warming up, which are not what is asked. */
const warmUpMs = 1500;
const root = resolve(import.meta.dirname, '..');
const own = new Map([
  ['--top', '25'],
  ['--checkout', root],
  ['--save', ''],
]);
const passedOn: string[] = [];
const given = process.argv.slice(2);
for (let at = 0; at < given.length; at++) {
  const text = given[at] ?? '';
  if (own.has(text)) own.set(text, given[++at] ?? '');
  else passedOn.push(text);
}
const checkout = resolve(own.get('--checkout') ?? root);
const folder = mkdtempSync(join(tmpdir(), 'berth-profile-'));
try {
  const { profile, loadedAfterMs } = await record();
  const times = selfTimes(profile, checkout, loadedAfterMs);
  const rows = times.functions
    .slice(0, Number(own.get('--top')))
    .map(({ name, place, share }) => [`${(share * 100).toFixed(1)} %`, name, place]);
  console.log(
    `\n${Math.round(times.busyMs)} ms of CPU time on the main thread; ${Math.round(times.idleShare * 100)} % idle\n`,
  );
  console.log(renderTable(['self', 'function', 'place'], rows));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Starts the service under the profiler, loads it, and stops it. */
async function record(): Promise<{ profile: CpuProfile; loadedAfterMs: number }> {
  const started = performance.now();
  let loadedAfterMs = 0;
  const up = ['up', '--data', join(folder, 'data'), '--bind', '127.0.0.1', '--json'];
  const ports = ['--mqtts-port', '0', '--wss-port', '0', '--http-port', '0'];
  const service = Bun.spawn(
    [
      ...pinned(0),
      process.execPath,
      ...['--cpu-prof', '--cpu-prof-dir', folder, '--cpu-prof-name', 'service.cpuprofile'],
      join(checkout, 'apps/cli/main.ts'),
      ...up,
      ...ports,
    ],
    { cwd: checkout, stdin: 'ignore', stdout: 'pipe', stderr: Bun.file(join(folder, 'service.log')) },
  );
  try {
    const ready = JSON.parse(await within('the service', 20_000, firstLine(service.stdout))) as Record<string, string>;
    loadedAfterMs = performance.now() - started + warmUpMs;
    const load = Bun.spawn(
      [
        ...pinned(1),
        process.execPath,
        join(root, 'apps/cli/main.ts'),
        'bench',
        ...passedOn,
        ...['--url', `mqtts://localhost:${ready['mqtts']}`, '-u', 'device', '-P', ready['password'] ?? ''],
        ...['--ca', ready['ca'] ?? '', '--pid', String(service.pid)],
      ],
      { cwd: root, stdin: 'ignore', stdout: 'inherit', stderr: 'inherit' },
    );
    if ((await load.exited) !== 0) throw new Error('the load failed');
  } finally {
    service.kill('SIGTERM');
    await service.exited;
  }
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'));
  if (file === undefined)
    throw new Error(`no profile was written: ${readFileSync(join(folder, 'service.log'), 'utf8')}`);
  const save = own.get('--save');
  if (save !== undefined && save !== '') copyFileSync(join(folder, file), save);
  return { profile: JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile, loadedAfterMs };
}
