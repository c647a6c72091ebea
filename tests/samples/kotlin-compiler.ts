import { join } from 'node:path';
import { within } from '../../testkit/deadline.ts';

const compileMs = 120_000;

/** The Kotlin compiler in one process for all samples: to start it takes longer than to compile. */
export class KotlinCompiler {
  readonly #child: Bun.Subprocess<'pipe', 'pipe', 'pipe'>;
  readonly #answers: AsyncIterator<string>;
  #last: Promise<unknown> = Promise.resolve();

  /** @param jars folder with the compiler's jars. */
  constructor(jars: string) {
    const program = join(import.meta.dirname, 'android/Compile.java');
    this.#child = Bun.spawn(['java', '-cp', `${jars}/*`, program], { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' });
    this.#answers = linesOf(this.#child.stdout);
  }

  /** Compiles with these arguments of `kotlinc`, one after the other. @throws Error with what the compiler said. */
  compile(args: readonly string[]): Promise<void> {
    const done = this.#last.then(() => within('the Kotlin compiler', compileMs, this.#compile(args)));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #compile(args: readonly string[]): Promise<void> {
    await this.#child.stdin.write(`${args.join('\t')}\n`);
    await this.#child.stdin.flush();
    const answer = await this.#answers.next();
    if (answer.done === true) throw new Error(await new Response(this.#child.stderr).text());
    if (answer.value !== 'OK') throw new Error(`kotlinc ${args.join(' ')}\n${JSON.parse(answer.value) as string}`);
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of stream) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
}
