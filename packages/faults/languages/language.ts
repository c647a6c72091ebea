import type { Text } from '../types.ts';
import type { Topic } from './topics.ts';

/** A language or platform of the samples, as it is typed: `--for python`. */
export type HelpLanguage = 'python' | 'java' | 'go' | 'node' | 'esp32' | 'esp8266' | 'android' | 'swift';

/** What a program in one language shows, and the lines that matter. */
export interface LanguageEntry {
  /** What the library prints or gives: one text where it is the same in both languages. */
  readonly shows: string | Text;
  /**
   * Lines of the sample of this language, as they stand in it; a line that begins with `$ ` is a command of the system.
   * Absent: no line of the program has to change.
   */
  readonly lines?: readonly string[];
}

/** All of one language. */
export interface LanguageTable {
  /** Language and library, for headings. */
  readonly title: string;
  readonly topics: Readonly<Record<Topic, LanguageEntry>>;
}
