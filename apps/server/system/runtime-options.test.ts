import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingFrom, runtimeOptions } from './runtime-options.ts';

const option = 'BERTH_TEST_OPTION';
/** Starts itself anew, then says how it was started. */
const program = `
  import { startAnewWith } from ${JSON.stringify(join(import.meta.dir, 'runtime-options.ts'))};
  const first = (process.env['BERTH_TEST_FIRST'] ??= String(process.pid));
  startAnewWith({ ${option}: 'one two' }, process.env);
  const { argv, execArgv, pid } = process;
  console.log(JSON.stringify({ set: process.env['${option}'], same: first === String(pid), args: argv.slice(2), execArgv }));
`;

async function run(environment: Readonly<Record<string, string>>): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-options-'));
  try {
    writeFileSync(join(folder, 'program.ts'), program);
    const child = Bun.spawn([process.execPath, '--smol', join(folder, 'program.ts'), 'one', 'zweites ü', ''], {
      env: { ...process.env, ...environment },
      stdout: 'pipe',
    });
    return JSON.parse(await new Response(child.stdout).text());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const asStarted = { same: true, args: ['one', 'zweites ü', ''], execArgv: ['--smol'] };

describe('settings that only the environment can give', () => {
  test('what an operator has set stays', () => {
    expect(missingFrom({ A: '' }, { A: '1', B: '2' })).toEqual({ B: '2' });
    expect(missingFrom(runtimeOptions, runtimeOptions)).toEqual({});
  });

  test('the program goes on with them in the same process, with its arguments; on other systems than Linux without', async () => {
    const set = process.platform === 'linux' ? { set: 'one two' } : {};
    expect(await run({})).toEqual({ ...asStarted, ...set });
  });

  test('a program that has them goes on as it is', async () => {
    expect(await run({ [option]: 'own' })).toEqual({ ...asStarted, set: 'own' });
  });
});
