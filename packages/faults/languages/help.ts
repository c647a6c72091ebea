import type { FaultName } from '../names.ts';
import type { Text } from '../types.ts';
import { android } from './android.ts';
import { esp32 } from './esp32.ts';
import { esp8266 } from './esp8266.ts';
import { go } from './go.ts';
import { java } from './java.ts';
import type { HelpLanguage, LanguageTable } from './language.ts';
import { node } from './node.ts';
import { python } from './python.ts';
import { swift } from './swift.ts';
import { changes, topicOf } from './topics.ts';

const tables: Readonly<Record<HelpLanguage, LanguageTable>> = {
  python,
  java,
  go,
  node,
  esp32,
  esp8266,
  android,
  swift,
};

/** A fault as a program in one language meets it. */
export interface LanguageHelp {
  /** What the program shows, in the words of its library. */
  readonly symptom: Text;
  /** What to change, in one sentence. */
  readonly change: Text;
  /** The lines to change, as they stand in the sample of the language; empty where no line has to. `$ ` begins a command. */
  readonly lines: readonly string[];
}

/** The languages that there is help for, with language and library in words. */
export const helpLanguages: readonly { readonly name: HelpLanguage; readonly title: string }[] = (
  Object.keys(tables) as HelpLanguage[]
).map((name) => ({ name, title: tables[name].title }));

/**
 * What a fault looks like in a language and what to change there.
 * @returns null for a fault that no program can do anything about.
 */
export function languageHelp(name: FaultName, language: HelpLanguage): LanguageHelp | null {
  const topic = topicOf[name];
  if (topic === undefined) return null;
  const { shows, lines = [] } = tables[language].topics[topic];
  return {
    symptom: typeof shows === 'string' ? { en: shows, zh: shows } : shows,
    change: changes[topic],
    lines,
  };
}
