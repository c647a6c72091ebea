import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { within } from '../../testkit/deadline.ts';
import { prepare, type Prepared } from './programs.ts';

const lineMs = 40_000;

/** A sample with its settings filled in. */
export interface Sample {
  readonly language: string;
  /** The address in its settings. */
  readonly host: string;
  /** Its files by name, as `berth sample` writes them. */
  readonly files: ReadonlyMap<string, string>;
  /** Besides this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A sample as `berth sample --out` writes it, running as a user runs it. */
export class RunningSample implements AsyncDisposable {
  readonly #child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>;
  readonly #folder: string;
  readonly #lines: string[] = [];
  readonly #errorsRead: Promise<void>;
  #errors = '';
  #seen = 0;
  #wake = Promise.withResolvers<void>();

  private constructor(prepared: Prepared, folder: string) {
    this.#folder = folder;
    const env = { ...process.env, ...prepared.environment };
    this.#child = Bun.spawn([...prepared.command], {
      cwd: folder,
      env,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    });
    void this.#readLines();
    this.#errorsRead = this.#readErrors();
  }

  /** Writes the sample into a new folder, builds it where it has to be built, and starts it. */
  static async start(sample: Sample): Promise<RunningSample> {
    const folder = mkdtempSync(join(tmpdir(), 'berth-sample-'));
    try {
      for (const [name, text] of sample.files) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
      }
      const { command, environment } = await prepare(sample.language, folder, sample.host);
      return new RunningSample({ command, environment: { ...environment, ...sample.environment } }, folder);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** The next line that fits, from where the last call stopped. @throws Error with everything said, where none comes. */
  async line(pattern: RegExp): Promise<string> {
    try {
      return await within(`a line like ${pattern.source}`, lineMs, this.#next(pattern));
    } catch (error) {
      throw new Error(`${String(error)}\n${this.#lines.join('\n')}\n${this.#errors}`, { cause: error });
    }
  }

  /** Like `line`, but from the first line on, and without passing over any: for what has no fixed place among the others. */
  async anywhere(pattern: RegExp): Promise<void> {
    const seen = this.#seen;
    this.#seen = 0;
    await this.line(pattern);
    this.#seen = Math.max(seen, this.#seen);
  }

  async #next(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = this.#lines[this.#seen];
      if (line === undefined) {
        await this.#wake.promise;
        continue;
      }
      this.#seen += 1;
      if (pattern.test(line)) return line;
    }
  }

  /** Asks the sample to end, as a service manager does. @returns its exit code. */
  async stop(): Promise<number> {
    this.#child.kill('SIGTERM');
    return this.ended();
  }

  /** Waits until the sample has ended by itself. @returns its exit code. */
  ended(): Promise<number> {
    return within('the end of the sample', lineMs, this.#child.exited);
  }

  /** What it has written to standard error, all of it once it has ended. */
  async errors(): Promise<string> {
    await this.#errorsRead;
    return this.#errors;
  }

  /** Ends the sample without a DISCONNECT, as a power cut does. */
  async vanish(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vanish();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #readLines(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const bytes of this.#child.stdout) {
      const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      this.#lines.push(...parts);
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    }
  }

  async #readErrors(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of this.#child.stderr) this.#errors += decoder.decode(bytes, { stream: true });
  }
}
