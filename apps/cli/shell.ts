import { resolve } from 'node:path';

/** For a POSIX shell; plain words stay as they are. */
export function shellQuote(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What a command of this folder needs to find the data directory: nothing where it is the default one. */
export function dataOptionOf({ data }: { readonly data: string }): string {
  return data === resolve('berth-data') ? '' : ` --data ${shellQuote(data)}`;
}
