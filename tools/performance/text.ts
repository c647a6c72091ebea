/** A language of the page. */
export type Language = 'en' | 'zh';

/** The same in both. */
export interface Both {
  readonly en: string;
  readonly zh: string;
}

/** A part of the page, with the charts that it shows. */
export interface Section {
  readonly title: Both;
  /** Lines of Markdown. */
  readonly body: (language: Language) => string[];
  readonly charts: readonly Chart[];
}

/** A chart: a file for each language in docs/images/performance. */
export interface Chart {
  /** Name of the file without language and ending. */
  readonly name: string;
  readonly alternative: Both;
  readonly svg: (language: Language) => string;
}

/** A number as people read it: no more figures than it has meaning. */
export function figure(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  const size = Math.abs(value);
  if (size >= 1_000) return Math.round(value).toLocaleString('en-US');
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(2);
}

export function mebibytes(bytes: number): string {
  return `${figure(bytes / 1024 / 1024)} MiB`;
}

/** A table of Markdown. Columns after the first are right-aligned. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map((_, index) => (index === 0 ? '---' : '---:')).join('|')}|`, ...rows.map(line), ''];
}

/** Where and when a file was measured, and the command that makes it anew. */
export function provenance(language: Language, record: Provenance, fallbackCommand: string, file: string): string[] {
  // Bun comes with `npm ci` and need not be on the PATH.
  const command = (record.command ?? fallbackCommand).replace(/^bun /, 'npx bun ');
  const day = record.date.slice(0, 10);
  const version = record.versions?.['berth'];
  const words =
    language === 'en'
      ? `Measured on ${day}${version === undefined ? '' : `, Berth ${version}`}. File: [\`${file}\`](../../${file}). Command:`
      : `测量日期 ${day}${version === undefined ? '' : `，Berth ${version}`}。文件：[\`${file}\`](../../${file})。命令：`;
  return [words, '', '```sh', command, '```', ''];
}

/** What every file of results has. */
export interface Provenance {
  readonly date: string;
  readonly command?: string | undefined;
  readonly versions?: Readonly<Record<string, string>> | undefined;
}
