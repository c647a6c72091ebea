#!/usr/bin/env node
// The `berth` command of the npm package: finds the pinned Bun and hands over to main.ts.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const { env } = process;
const main = fileURLToPath(new URL('main.ts', import.meta.url));

/** The executable of the npm package `bun`, or null where it is not installed. */
function findBun() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('bun/package.json'));
    const executable = join(folder, 'bin', 'bun.exe');
    return existsSync(executable) ? executable : null;
  } catch {
    return null;
  }
}

const bun = findBun();
if (bun === null) {
  console.error('berth: Bun, which Berth runs on, is not installed beside it; run "npm ci" in the folder of Berth.');
  process.exit(1);
}

const child = spawn(bun, [main, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...env, BERTH_LAUNCHED_AS: 'berth' },
});
// A terminal sends Ctrl-C to both processes: passed on as well, it would count twice.
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) child.kill('SIGINT');
});
for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGQUIT']) {
  process.on(signal, () => child.kill(signal));
}
child.on('error', (error) => {
  console.error(`berth: Bun cannot be started (${error.message}); run "npm ci" in the folder of Berth.`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  // End by the same signal, so that the shell sees what happened.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
