/** Reads the configuration, composes the service, runs it, and waits for a signal. */
import { readFileSync } from 'node:fs';
import { compose, openLog, type Service } from './compose.ts';
import { loadConfig } from './config/load.ts';
import type { Ready } from './ready.ts';
import { askForShortTurns, lowerTidyingThreads } from './system/promptness.ts';

export interface UpOptions {
  /** Options of the command line, by key. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called once, when devices can connect. */
  readonly onReady: (ready: Ready) => void;
}

/** Runs the service until it is told to stop. @returns the exit code. */
export async function up({ flags, env, onReady }: UpOptions): Promise<number> {
  const loaded = loadConfig({ flags, env, readFile: (path) => readFileSync(path, 'utf8') });
  if (!loaded.ok) {
    for (const problem of loaded.problems) process.stderr.write(`berth: ${problem}\n`);
    return 2;
  }
  const { config, warnings } = loaded;
  const log = openLog(config, env['NO_COLOR']);
  for (const warning of warnings) log.warn(warning);
  const stopped = signal();
  let service: Service;
  try {
    service = await compose(config, log);
  } catch (error) {
    process.stderr.write(`berth: ${sentence(error)}\n`);
    return 1;
  }
  // Not before: what is started by a thread takes over its turns.
  askForShortTurns();
  lowerTidyingThreads();
  onReady(service.ready);
  log.info(`Stopping: ${await stopped}.`);
  await service.stop();
  log.info('Stopped.');
  return 0;
}

/** The first SIGTERM or SIGINT; a second one ends the process at once. */
function signal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.once(name, () => {
        process.once(name, () => process.exit(1));
        resolve(name);
      });
    }
  });
}

/** What keeps the service from starting, with the remedy where the error has one. */
function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'remedy' in error && typeof error.remedy === 'string' ? `${error.message} ${error.remedy}` : error.message;
}
