import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describeMachine, describeVersions } from './compare/machine.ts';

/** Writes what was measured, with when, on what machine and with which version, as every file of bench/results has it. */
export async function writeResults(
  file: string,
  content: { readonly command: string; readonly [figure: string]: unknown },
): Promise<void> {
  const { command, ...rest } = content;
  const { berth, bun } = describeVersions(resolve(import.meta.dirname, '..'));
  const record = {
    date: new Date().toISOString(),
    command,
    machine: describeMachine(),
    versions: { berth, bun },
    ...rest,
  };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
  console.log(`Written to ${file}`);
}
