import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '../../docs/guide');

/** A block of `sh` in a page of the guide. */
export interface ShellBlock {
  /** File name of the page. */
  readonly page: string;
  /** Its commands: one a line, where a line is not continued. */
  readonly lines: readonly string[];
}

/** The pages of the guide in one language. */
export function pages(language: 'en' | 'zh-CN'): readonly string[] {
  const isChinese = (name: string) => name.endsWith('.zh-CN.md');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md') && isChinese(name) === (language === 'zh-CN'))
    .toSorted();
}

/** All blocks of `sh` of a page. */
export function shellBlocks(page: string): readonly ShellBlock[] {
  const text = readFileSync(join(folder, page), 'utf8');
  return [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, code = '']) => ({
    page,
    lines: code
      .replaceAll('\\\n', ' ')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#')),
  }));
}
