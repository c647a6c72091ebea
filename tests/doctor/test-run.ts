import { TestContext } from '../../apps/cli/test-context.ts';
import { thisWorld, type World } from '../../apps/cli/doctor/world.ts';
import { run } from '../../apps/cli/run.ts';

/** A finding as `--json` gives it. */
export interface JsonFinding {
  readonly step: string;
  readonly title: string;
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly seen: readonly string[];
  readonly fault?: {
    readonly name: string;
    readonly number: number;
    readonly title: string;
    readonly cause: string;
    readonly remedy: string;
    readonly help?: { readonly symptom: string; readonly change: string; readonly lines: readonly string[] };
  };
  readonly details: Record<string, unknown>;
}

/** What `berth doctor --json` says. */
export interface Examined {
  readonly findings: readonly JsonFinding[];
  readonly summary: Record<string, number>;
  readonly fault: { readonly name: string; readonly number: number } | null;
  readonly exitCode: number;
  /** Everything that was written, for what must not stand in it. */
  readonly text: string;
}

export interface Written {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs `berth doctor` in this process. @param world what of network and clock is not that of this machine. */
export async function doctor(
  args: readonly string[],
  options: { readonly world?: Partial<World>; readonly language?: 'en' | 'zh'; readonly terminal?: boolean } = {},
): Promise<Written> {
  const { world = {}, language = 'en', terminal = false } = options;
  const context = new TestContext({ language, terminal, world: { ...thisWorld, ...world } });
  const code = await run(['doctor', ...args], context);
  return { code, output: context.output.toString('utf8'), errors: context.errors };
}

/** The same with `--json`. @throws Error where nothing but an error came. */
export async function examined(
  args: readonly string[],
  options: { readonly world?: Partial<World>; readonly language?: 'en' | 'zh' } = {},
): Promise<Examined> {
  const { code, output, errors } = await doctor([...args, '--json'], options);
  if (output === '') throw new Error(`berth doctor ended with ${code}: ${errors}`);
  const parsed = JSON.parse(output) as Omit<Examined, 'text'>;
  if (parsed.exitCode !== code) throw new Error(`the exit code was ${code}, the document says ${parsed.exitCode}`);
  return { ...parsed, text: output + errors };
}
