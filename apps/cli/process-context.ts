import { createInterface } from 'node:readline/promises';
import type { Context } from './context.ts';
import { thisWorld } from './doctor/world.ts';
import { detectLanguage, type Language } from './language.ts';

/** The context of this process. */
export function processContext(args: readonly string[]): Context {
  const { stdin, stdout, stderr, env } = process;
  // A reader that goes away (`berth sub | head`) is no failure.
  stdout.on('error', (error: Error & { code?: string }) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    env,
    language: languageOption(args) ?? detectLanguage(env),
    command: env['BERTH_LAUNCHED_AS'] ?? 'npm run -s berth --',
    interactive: stdin.isTTY && stderr.isTTY,
    terminal: stdout.isTTY && env['TERM'] !== 'dumb' && (env['NO_COLOR'] ?? '') === '',
    world: thisWorld,
    input: stdin,
    error: (line) => void stderr.write(`${line}\n`),
    write: (data) =>
      new Promise((resolve) => {
        stdout.write(data, () => resolve());
      }),
    onInterrupt: (callback) => {
      process.on('SIGINT', callback).on('SIGTERM', callback);
      return () => void process.off('SIGINT', callback).off('SIGTERM', callback);
    },
    ask: async (question) => {
      const terminal = createInterface({ input: stdin, output: stderr });
      try {
        return await terminal.question(question);
      } finally {
        terminal.close();
      }
    },
  };
}

/** `--lang` before anything else is parsed: the help texts are in that language too. */
function languageOption(args: readonly string[]): Language | null {
  const at = args.indexOf('--lang');
  const value = at === -1 ? args.find((text) => text.startsWith('--lang='))?.slice('--lang='.length) : args[at + 1];
  return value === 'zh-CN' ? 'zh' : value === 'en' || value === 'zh' ? value : null;
}
