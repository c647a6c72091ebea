/** A context for tests: keeps what is written, feeds what is typed. */
import type { Context } from './context.ts';
import { thisWorld, type World } from './doctor/world.ts';
import type { Language } from './language.ts';

export interface TestContextOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly language?: Language;
  /** Standard input. */
  readonly input?: string | AsyncIterable<Uint8Array>;
  /** Answers to questions; without it nobody can be asked. */
  readonly answer?: string;
  /** Network and clock; by default those of this machine. */
  readonly world?: World;
  readonly terminal?: boolean;
}

export class TestContext implements Context {
  readonly env: Context['env'];
  readonly language: Language;
  readonly command = 'berth';
  readonly interactive: boolean;
  readonly terminal: boolean;
  readonly world: World;
  readonly input: AsyncIterable<Uint8Array>;
  readonly questions: string[] = [];
  readonly #answer: string;
  readonly #chunks: Uint8Array[] = [];
  readonly #lines: string[] = [];
  readonly #interrupts = new Set<() => void>();
  readonly #waiting = new Set<() => void>();

  constructor(options: TestContextOptions = {}) {
    this.env = { BERTH_DATA: '/nonexistent/berth-data', ...options.env };
    this.language = options.language ?? 'en';
    this.interactive = options.answer !== undefined;
    this.terminal = options.terminal ?? false;
    this.world = options.world ?? thisWorld;
    this.#answer = options.answer ?? '';
    this.input = typeof options.input === 'object' ? options.input : oneChunk(options.input ?? '');
  }

  /** Everything on standard output. */
  get output(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Everything on standard error. */
  get errors(): string {
    return this.#lines.join('\n');
  }

  write(data: string | Uint8Array): Promise<void> {
    this.#chunks.push(Buffer.from(data));
    for (const wake of this.#waiting) wake();
    return Promise.resolve();
  }

  error(line: string): void {
    this.#lines.push(line);
  }

  onInterrupt(callback: () => void): () => void {
    this.#interrupts.add(callback);
    return () => this.#interrupts.delete(callback);
  }

  /** What Ctrl-C does. */
  interrupt(): void {
    for (const callback of this.#interrupts) callback();
  }

  ask(question: string): Promise<string> {
    this.questions.push(question);
    return Promise.resolve(this.#answer);
  }

  /** Resolves when the text stands on standard output. */
  async printed(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      await promise;
      this.#waiting.delete(resolve);
    }
  }
}

async function* oneChunk(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
