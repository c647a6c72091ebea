/**
 * Makes sure that `bun` is the real program and not the stand-in that its package starts out with, which stays where
 * npm was told not to run install scripts. Runs on Node, before every npm script that needs Bun; a few milliseconds.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../node_modules/bun/', import.meta.url));
const program = `${folder}bin/bun.exe`;
/** The stand-in is a shell script of some hundred bytes, the program has about 100 MB. */
const isProgram = () => existsSync(program) && statSync(program).size > 1_000_000;

if (!isProgram()) {
  if (!existsSync(`${folder}install.js`)) {
    console.error('Bun is not installed in this checkout. Run: npm ci');
    process.exit(1);
  }
  spawnSync(process.execPath, ['install.js'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  if (!isProgram()) {
    console.error(
      `Bun could not be set up for ${process.platform} ${process.arch}: its program comes with an optional package ` +
        '(@oven/bun-...). Run npm ci again without --omit=optional.',
    );
    process.exit(1);
  }
}
