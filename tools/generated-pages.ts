import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** A page that a generator makes. */
export interface GeneratedPage {
  /** Path in the repository. */
  readonly path: string;
  readonly text: string;
}

const root = resolve(import.meta.dirname, '..');

/**
 * Writes the pages, or with `--check` says which are stale.
 * @param summary said where all are up to date. @returns the exit code.
 */
export function writeOrCheck(pages: readonly GeneratedPage[], generator: string, summary: string): number {
  if (!process.argv.includes('--check')) {
    for (const { path, text } of pages) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return 0;
  }
  const stale = pages.filter(({ path, text }) => read(join(root, path)) !== text);
  for (const { path } of stale) console.error(`${path} is stale: run "npx bun ${generator}"`);
  if (stale.length === 0) console.log(summary);
  return stale.length === 0 ? 0 : 1;
}

/** What Markdown would take for markup. */
export function escapeMarkdown(text: string): string {
  return text.replaceAll(/[|*_<>[\]$]/g, '\\$&');
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
