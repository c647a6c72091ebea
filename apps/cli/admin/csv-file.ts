import { readFileSync } from 'node:fs';
import type { Imported } from '../../../packages/api/mod.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes, usageError } from '../exit.ts';
import { saveFile } from '../save-file.ts';

/**
 * The text of a CSV file; `-` is standard input.
 * @throws CliError where it cannot be read or is not UTF-8.
 */
export async function readCsvFile(file: string, context: Context): Promise<string> {
  const bytes = file === '-' ? await everything(context.input) : readBytes(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw usageError(`${file} is not UTF-8: save it as "CSV UTF-8".`);
  }
}

/** Writes a CSV file for its owner only; to standard output where no file is named. @throws CliError */
export async function writeCsvFile(csv: string, file: string | undefined, context: Context): Promise<void> {
  if (file === undefined) {
    await context.write(csv);
    return;
  }
  try {
    saveFile(file, csv, 0o600);
  } catch (error) {
    throw new CliError(`${file} cannot be written: ${reasonOf(error)}`, exitCodes.failure, { cause: error });
  }
}

/** What is said after an import; warnings go to standard error. */
export function renderImported({ imported, warnings }: Imported, what: string, context: Context): string {
  for (const warning of warnings) context.error(`berth: warning: ${warning}`);
  return `${imported} ${what} imported.\n`;
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw usageError(`${file} cannot be read: ${reasonOf(error)}`);
  }
}

async function everything(input: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
