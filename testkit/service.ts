import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { within } from './deadline.ts';

const root = resolve(import.meta.dirname, '..');
const startMs = 20_000;
const stopMs = 12_000;

/** The line that `berth up --json` prints when it is ready. */
export interface ReadyLine {
  readonly deployment: { readonly id: string; readonly name: string };
  readonly address: string;
  readonly mqtts: number;
  readonly wss: number;
  readonly http: number;
  readonly httpBind: string;
  readonly httpTls: boolean;
  readonly username: string;
  /** Only on the first start of a data directory, and only where Berth made it. */
  readonly password?: string;
  /** Path of the CA file. */
  readonly ca: string;
}

/** What a CLI command left behind. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the service is started; see `Service.start`. */
export interface StartOptions {
  readonly data?: string;
  readonly args?: readonly string[];
  readonly prefix?: readonly string[];
  /** Default 20 s; more for a machine that is known to be busy. */
  readonly readyWithinMs?: number;
  readonly onSpawned?: (child: { kill(signal: 'SIGKILL'): void }) => void;
}

/** The real service as a child process on free ports of 127.0.0.1, with a data directory of its own. */
export class Service implements AsyncDisposable {
  readonly ready: ReadyLine;
  readonly dataDirectory: string;
  readonly #process: Bun.Subprocess<'ignore', 'pipe', 'pipe'>;
  readonly #log: string[];
  readonly #ownsData: boolean;

  private constructor(
    ready: ReadyLine,
    child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>,
    log: string[],
    data: { readonly directory: string; readonly owned: boolean },
  ) {
    this.ready = ready;
    this.dataDirectory = data.directory;
    this.#process = child;
    this.#log = log;
    this.#ownsData = data.owned;
  }

  /**
   * Starts the service and waits until it is ready.
   * @param options `data`: an existing data directory, which then stays; `args`: further options of `berth up`;
   * `prefix`: a command that runs it (`taskset -c 0`); `onSpawned` gets the process before it is ready.
   * @throws Error with what the service said, where it does not become ready.
   */
  static async start(options: StartOptions = {}): Promise<Service> {
    const directory = options.data ?? mkdtempSync(join(tmpdir(), 'berth-test-'));
    const ports = ['--mqtts-port', '0', '--wss-port', '0', '--http-port', '0'];
    const child = Bun.spawn(
      [
        ...(options.prefix ?? []),
        process.execPath,
        'apps/cli/main.ts',
        'up',
        '--json',
        '--data',
        directory,
        '--bind',
        '127.0.0.1',
        ...ports,
        ...(options.args ?? []),
      ],
      { cwd: root, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' },
    );
    options.onSpawned?.(child);
    const log: string[] = [];
    const logged = collect(texts(child.stderr), log);
    try {
      const line = await within('the ready line', options.readyWithinMs ?? startMs, firstLine(child.stdout));
      return new Service(JSON.parse(line) as ReadyLine, child, log, { directory, owned: options.data === undefined });
    } catch (error) {
      child.kill('SIGKILL');
      await child.exited;
      await logged;
      if (options.data === undefined) rmSync(directory, { recursive: true, force: true });
      throw new Error(`berth up did not become ready: ${String(error)}\n${log.join('')}`, { cause: error });
    }
  }

  /** Process id, for looking at its memory. */
  get pid(): number {
    return this.#process.pid;
  }

  /** What the service has written to standard error until now. */
  get log(): string {
    return this.#log.join('');
  }

  /** The generated password of the first credential. @throws Error on a later start, which does not tell it. */
  get password(): string {
    if (this.ready.password === undefined) throw new Error('the password is told on the first start only');
    return this.ready.password;
  }

  /** Resident memory in bytes. */
  residentBytes(): number {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) * 1024;
  }

  /** `GET /metrics` as a map from name with labels, as printed, to value. */
  async metrics(): Promise<Map<string, number>> {
    const text = await (await fetch(`http://127.0.0.1:${this.ready.http}/metrics`)).text();
    const samples = new Map<string, number>();
    for (const line of text.split('\n')) {
      const end = line.lastIndexOf(' ');
      if (line !== '' && !line.startsWith('#')) samples.set(line.slice(0, end), Number(line.slice(end + 1)));
    }
    return samples;
  }

  /** Runs `berth ...` against this service. */
  async berth(...args: readonly string[]): Promise<CommandResult> {
    const child = Bun.spawn([process.execPath, 'apps/cli/main.ts', ...args, '--data', this.dataDirectory], {
      cwd: root,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    });
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { exitCode, stdout, stderr };
  }

  /** Runs `berth ... --json` and gives its answer. @throws Error where the command fails. */
  async berthJson<T>(...args: readonly string[]): Promise<T> {
    const result = await this.berth(...args, '--json');
    if (result.exitCode !== 0) throw new Error(`berth ${args.join(' ')}: ${result.stderr}${result.stdout}`);
    return JSON.parse(result.stdout) as T;
  }

  /** Ends the service as an operator does, and waits for its exit. @returns the exit code. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT' = 'SIGTERM'): Promise<number> {
    this.#process.kill(signal);
    try {
      return await within(`the exit after ${signal}`, stopMs, this.#process.exited);
    } catch (error) {
      this.#process.kill('SIGKILL');
      await this.#process.exited;
      throw error;
    }
  }

  /** Stops the service and removes its data directory, unless that was given. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#process.exitCode === null && this.#process.signalCode === null) await this.stop();
    } finally {
      if (this.#ownsData) rmSync(this.dataDirectory, { recursive: true, force: true });
    }
  }
}

/** The first line of a stream; reads on in the background so that the writer never stalls. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const chunks = texts(stream);
  let text = '';
  for (;;) {
    const { value, done } = await chunks.next();
    if (done === true) throw new Error(`the service ended before it was ready, saying '${text}'`);
    text += value;
    const end = text.indexOf('\n');
    if (end === -1) continue;
    void collect(chunks, []);
    return text.slice(0, end);
  }
}

async function collect(chunks: AsyncIterable<string>, into: string[]): Promise<void> {
  for await (const text of chunks) into.push(text);
}

async function* texts(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  for await (const bytes of stream) yield decoder.decode(bytes, { stream: true });
}
