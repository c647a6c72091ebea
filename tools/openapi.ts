/**
 * Writes docs/reference/openapi.json from packages/api. With `--check` it writes nothing and fails where the file is out of date.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openApiDocument } from '../packages/api/mod.ts';

const path = join(import.meta.dirname, '..', 'docs', 'reference', 'openapi.json');
const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;

function current(): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

if (!process.argv.includes('--check')) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
} else if (current() !== text) {
  console.error('docs/reference/openapi.json is out of date: run "bun tools/openapi.ts".');
  process.exitCode = 1;
}
