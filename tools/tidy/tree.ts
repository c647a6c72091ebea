import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A file of the repository, as Git would commit it. */
export interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** What the checks look at. */
export interface Tree {
  readonly files: readonly SourceFile[];
  /** Whether a path (file or folder) exists, committed or not. */
  exists(path: string): boolean;
}

/** One breach of a rule: where, and what to write instead. */
export interface Fault {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

const textBytesMax = 4 * 1024 * 1024;

/** Reads every text file that Git tracks or would track (ignored files left out). */
export function readTree(root: string): Tree {
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (listed.status !== 0) throw new Error(`git ls-files failed: ${listed.stderr}`);
  const files: SourceFile[] = [];
  for (const path of new Set(listed.stdout.split('\0'))) {
    const absolute = join(root, path);
    if (path === '' || !existsSync(absolute)) continue;
    const facts = statSync(absolute);
    if (!facts.isFile() || facts.size > textBytesMax) continue;
    const text = readFileSync(absolute, 'utf8');
    if (text.includes('\0')) continue;
    files.push({ path, text, lines: text.split('\n') });
  }
  return treeOf(files, (path) => existsSync(join(root, path)));
}

/** A tree from memory, for tests too. */
export function treeOf(files: readonly SourceFile[], exists: (path: string) => boolean): Tree {
  return { files, exists };
}

/** A file from memory. */
export function sourceFile(path: string, text: string): SourceFile {
  return { path, text, lines: text.split('\n') };
}

/** The line (from 1) that an offset of the text stands on. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let index = text.indexOf('\n'); index !== -1 && index < offset; index = text.indexOf('\n', index + 1)) line += 1;
  return line;
}
