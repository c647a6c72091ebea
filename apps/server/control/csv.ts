/** Comma-separated values by RFC 4180, strict: what is not clear is refused with its line. */
import { ControlError } from './control-error.ts';

/** One line of data: the cells by heading. */
export interface CsvLine<Column extends string> {
  /** Line of the file, from 1; the headings stand on the first. */
  readonly line: number;
  readonly cells: Readonly<Record<Column, string>>;
}

/** What is wrong with a line, a sentence without a full stop. Never a value: it may be a password. */
export interface CsvProblem {
  readonly line: number;
  readonly message: string;
}

/** Lines that one file may have. */
export const csvLinesMax = 20_000;

const problemsShownMax = 5;

/**
 * Reads a file whose first line names the columns, in any order.
 * @throws ControlError where it is not UTF-8, is no CSV, or has other columns.
 */
export function readCsv<Column extends string>(bytes: Uint8Array, columns: readonly Column[]): CsvLine<Column>[] {
  const [headings, ...lines] = parseRecords(decode(bytes));
  const names = headings?.cells.map((name) => name.trim()) ?? [];
  const isComplete = names.length === columns.length && columns.every((column) => names.includes(column));
  if (!isComplete)
    throw csvInvalid([{ line: 1, message: `the headings are ${columns.join(',')}, with commas between` }]);
  if (lines.length > csvLinesMax)
    throw csvInvalid([{ line: csvLinesMax + 2, message: `a file has at most ${csvLinesMax} lines; split it` }]);
  const uneven = lines.filter(({ cells }) => cells.length !== names.length);
  if (uneven.length > 0) {
    const message = `a line has ${names.length} values with commas between`;
    throw csvInvalid(uneven.map(({ line }) => ({ line, message })));
  }
  return lines.map(({ line, cells }) => ({
    line,
    cells: Object.fromEntries(names.map((name, at) => [name, cells[at] ?? ''])) as Record<Column, string>,
  }));
}

/** Writes a file: headings, then one line a record. */
export function writeCsv(headings: readonly string[], records: readonly (readonly string[])[]): string {
  return [headings, ...records].map((cells) => `${cells.map(quote).join(',')}\r\n`).join('');
}

/** What spreadsheets take for the beginning of a formula, also in its wide forms; and the guard itself. */
const formulaStart = /^['=+\-@\t\r＝＋－＠]/;

/** Puts an apostrophe in front of what a spreadsheet would run as a formula. `unguard` takes it away again. */
export function guard(cell: string): string {
  return formulaStart.test(cell) ? `'${cell}` : cell;
}

/** Takes the apostrophe away that `guard` has put there; one in front of anything else stays. */
export function unguard(cell: string): string {
  return cell.startsWith("'") && formulaStart.test(cell.slice(1)) ? cell.slice(1) : cell;
}

/** The error that names the lines that are wrong; nothing of the file was taken. */
export function csvInvalid(problems: readonly CsvProblem[]): ControlError {
  const sorted = problems.toSorted((one, other) => one.line - other.line);
  const shown = sorted.slice(0, problemsShownMax).map(({ line, message }) => `Line ${line}: ${message}.`);
  const more = sorted.length - shown.length;
  if (more > 0) shown.push(`${more} more ${more === 1 ? 'line is' : 'lines are'} wrong.`);
  const remedy = 'Nothing was imported: correct the file and import it again.';
  return new ControlError(400, 'csv.invalid', shown.join(' '), remedy, `line ${sorted[0]?.line ?? 1}`);
}

function decode(bytes: Uint8Array): string {
  try {
    // Takes a byte order mark away.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const line = bytes.subarray(0, firstInvalid(bytes)).filter((byte) => byte === 0x0a).length + 1;
    throw csvInvalid([{ line, message: 'the text is not UTF-8; save the file as "CSV UTF-8"' }]);
  }
}

/** Where the bytes stop being UTF-8, to the line. */
function firstInvalid(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline + 1;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return start;
    }
    start = end;
  }
  return bytes.length;
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

const notCsv = 'a value with a quote, comma or line break in it stands in quotes, and a quote in it is doubled';

interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** A cell in quotes (a quote in it is doubled), or one without; then what ends it. */
const cellPattern = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/** The records of a text; empty lines are none. */
function parseRecords(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let cells: string[] = [];
  let line = 1;
  let startLine = 1;
  cellPattern.lastIndex = 0;
  for (let at = 0; at < text.length || cells.length > 0;) {
    cellPattern.lastIndex = at;
    const match = cellPattern.exec(text);
    if (match === null) throw csvInvalid([{ line, message: notCsv }]);
    const [whole, quoted, plain = '', end] = match;
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    for (let newline = whole.indexOf('\n'); newline !== -1; newline = whole.indexOf('\n', newline + 1)) line += 1;
    at += whole.length;
    if (end === ',') continue;
    const isEmpty = cells.length === 1 && cells[0] === '' && quoted === undefined;
    if (!isEmpty) records.push({ line: startLine, cells });
    cells = [];
    startLine = line;
  }
  return records;
}
