import type { World } from './doctor/world.ts';
import type { Language } from './language.ts';

/** What a command sees of the world around it. Tests hand over their own. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly language: Language;
  /** How this program is called here, for lines that people copy: `npm run -s berth --` or `berth`. */
  readonly command: string;
  /** Whether a person can be asked (standard input and error are a terminal). */
  readonly interactive: boolean;
  /** Whether standard output is a terminal: then lines may be coloured, and replaced while the work goes on. */
  readonly terminal: boolean;
  /** The machine and its network, as the doctor sees them. */
  readonly world: World;
  /** Writes to standard output; waits while the reader is slow. */
  write(data: string | Uint8Array): Promise<void>;
  /** Writes one line to standard error. */
  error(line: string): void;
  /** Standard input. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Calls back on Ctrl-C or SIGTERM. @returns a function that stops that. */
  onInterrupt(callback: () => void): () => void;
  /** Puts a question to the person and waits for one line. */
  ask(question: string): Promise<string>;
}
