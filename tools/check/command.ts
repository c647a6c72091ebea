import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** The root of the checkout: where every command runs. */
export const root = resolve(import.meta.dirname, '../..');

/** What became of a command. */
export interface CommandResult {
  readonly ok: boolean;
  /** Standard output and error in the order in which they came, and a sentence where the time ran out. */
  readonly output: string;
}

const running = new Set<ChildProcess>();

/** Runs a command in a process group of its own, so that a hang ends with everything it started. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly seconds: number; readonly environment?: Readonly<Record<string, string>> },
): Promise<CommandResult> {
  const child = spawn(command, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
  });
  running.add(child);
  let output = '';
  let late = false;
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const timer = setTimeout(() => {
    late = true;
    killGroup(child);
  }, options.seconds * 1000);
  const ended = Promise.withResolvers<number | null>();
  child.on('error', (error) => {
    output += `${command}: ${error.message}\n`;
    ended.resolve(null);
  });
  child.on('close', (code) => ended.resolve(code));
  const code = await ended.promise;
  clearTimeout(timer);
  running.delete(child);
  if (late) output += `\n${command} did not end in ${options.seconds} s and was stopped.\n`;
  return { ok: code === 0 && !late, output };
}

/** Ends every command that still runs. */
export function stopCommands(): void {
  for (const child of running) killGroup(child);
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}
