import { readFileSync } from 'node:fs';
import { CliError } from '../exit.ts';

/** What a process has used until now. */
export interface Usage {
  /** CPU time of all its threads, in seconds. */
  readonly cpuSeconds: number;
  readonly residentKb: number;
}

/** Linux gives CPU times to programs in hundredths of a second, on every architecture that Bun runs on. */
const ticksPerSecond = 100;

/** Reads the usage of a process. @throws CliError where it is not there, or the system does not tell. */
export function readUsage(pid: number): Usage {
  try {
    return parseUsage(readFileSync(`/proc/${pid}/stat`, 'utf8'), readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    const reason =
      process.platform === 'linux' ? 'there is no such process, or it may not be read' : 'this works on Linux only';
    throw new CliError(`--pid ${pid}: ${reason}.`, 2, { cause: error });
  }
}

/** @param stat of `/proc/PID/stat`. @param status of `/proc/PID/status`. */
export function parseUsage(stat: string, status: string): Usage {
  // The name of the program stands in brackets and may hold spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const residentKb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  if (!Number.isFinite(ticks + residentKb)) throw new Error('not the form of /proc');
  return { cpuSeconds: ticks / ticksPerSecond, residentKb };
}
