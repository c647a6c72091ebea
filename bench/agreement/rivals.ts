import { join } from 'node:path';
import { pinned } from '../compare/brokers.ts';

/** Programs that share a core with a broker, so that it gets its part of it and no more. */
export interface Rivals {
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** Starts programs that do nothing but want the core; each gets as much of it as a broker that wants it all. */
export function startRivals(core: number, count: number): Rivals {
  const children = Array.from({ length: count }, () =>
    Bun.spawn([...pinned(core), process.execPath, join(import.meta.dirname, 'spinner.ts')], {
      stdin: 'ignore',
      stdout: 'ignore',
    }),
  );
  return {
    pids: children.map(({ pid }) => pid),
    async stop() {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(children.map(({ exited }) => exited));
    },
  };
}
