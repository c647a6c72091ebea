import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fillSample, type SampleLanguage, type SampleValues } from '../../../packages/samples/mod.ts';

const examples = resolve(import.meta.dirname, '../../../examples');

/** The main file of a sample with its settings filled in. */
export function mainFileOf(language: SampleLanguage, values: SampleValues): string {
  return fillSample(readFileSync(join(examples, language.folder, language.main), 'utf8'), language, values);
}

/** All files of a sample by path, the main file first, with the CA file where it is known. */
export function filesOf(language: SampleLanguage, values: SampleValues): ReadonlyMap<string, string> {
  const others = language.others.map((name): [string, string] => [
    name,
    readFileSync(join(examples, language.folder, name), 'utf8'),
  ]);
  const ca: [string, string][] = values.caPem === undefined ? [] : [['ca.crt', values.caPem]];
  return new Map([[language.main, mainFileOf(language, values)], ...others, ...ca]);
}
