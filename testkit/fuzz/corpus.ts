import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './campaign.ts';
import { readInput, writeInput, type Input } from './input.ts';

const folder = join(import.meta.dirname, 'corpus');

/** The inputs of one target by the name of their file. */
export function readCorpus(target: string): Map<string, Input> {
  const path = join(folder, target);
  if (!existsSync(path)) return new Map();
  const names = readdirSync(path).toSorted();
  return new Map(names.map((name) => [name, readInput(readFileSync(join(path, name), 'utf8'))]));
}

/** Keeps what was found as a case for ever. @returns the path of its file. */
export function addToCorpus({ target, message, seed, execution, input }: Finding): string {
  const path = join(folder, target);
  mkdirSync(path, { recursive: true });
  const name = message
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 60);
  const file = join(path, `${name}.txt`);
  writeFileSync(file, `# ${message}\n# seed ${seed}, execution ${execution}\n${writeInput(input)}`);
  return file;
}
