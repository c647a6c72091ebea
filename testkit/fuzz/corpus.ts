import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './campaign.ts';
import { readInput, writeInput, type Input } from './input.ts';

const folder = join(import.meta.dirname, 'corpus');

/** The inputs of one target by the name of their file, in which empty lines stand between several. */
export function readCorpus(target: string): Map<string, Input> {
  const path = join(folder, target);
  if (!existsSync(path)) return new Map();
  const files = readdirSync(path).toSorted();
  const inputs = files.flatMap((file) =>
    readFileSync(join(path, file), 'utf8')
      .trimEnd()
      .split('\n\n')
      .map((text, index) => [index === 0 ? file : `${file} ${index}`, readInput(text)] as const),
  );
  return new Map(inputs);
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

/** Keeps inputs for the next campaign to start from. */
export function writeSeeds(target: string, inputs: readonly Input[]): void {
  const path = join(folder, target);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'seeds.txt'), inputs.map(writeInput).join('\n'));
}
