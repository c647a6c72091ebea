import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pinned } from '../compare/brokers.ts';

/** What the yardsticks of a core have done until now. */
export interface YardstickWork {
  readonly lookups: number;
  readonly cpuSeconds: number;
}

/** Programs that share a core with a broker, so that it gets its part of it and no more. They measure how fast the core is meanwhile. */
export interface Rivals {
  readonly pids: readonly number[];
  /** Null where there are none. */
  work(): YardstickWork | null;
  stop(): Promise<void>;
}

/** Starts programs that do nothing but want the core; each gets as much of it as a broker that wants it all. */
export function startRivals(core: number, count: number): Rivals {
  const folder = mkdtempSync(join(tmpdir(), 'berth-rivals-'));
  const files = Array.from({ length: count }, (_, at) => join(folder, String(at)));
  const children = files.map((file) =>
    Bun.spawn([...pinned(core), process.execPath, join(import.meta.dirname, 'yardstick.ts'), file], {
      stdin: 'ignore',
      stdout: 'ignore',
    }),
  );
  return {
    pids: children.map(({ pid }) => pid),
    work: () => (count === 0 ? null : sumOf(files.map(readWork))),
    async stop() {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(children.map(({ exited }) => exited));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @returns lookups for each CPU-second between two times; null where nobody counted. */
export function coreSpeed(before: YardstickWork | null, after: YardstickWork | null): number | null {
  if (before === null || after === null || after.cpuSeconds <= before.cpuSeconds) return null;
  return (after.lookups - before.lookups) / (after.cpuSeconds - before.cpuSeconds);
}

/** @throws Error where the yardstick has not said anything yet. */
function readWork(file: string): YardstickWork {
  const [lookups, micros] = readFileSync(file, 'utf8').split(' ').map(Number);
  if (lookups === undefined || micros === undefined || !(micros > 0)) throw new Error('a yardstick says nothing');
  return { lookups, cpuSeconds: micros / 1e6 };
}

function sumOf(all: readonly YardstickWork[]): YardstickWork {
  const sum = (figure: (work: YardstickWork) => number): number => all.reduce((total, work) => total + figure(work), 0);
  return { lookups: sum(({ lookups }) => lookups), cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds) };
}
