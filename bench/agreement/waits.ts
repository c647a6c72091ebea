import { readFileSync } from 'node:fs';

/**
 * How often the main thread of a process has given up its core of its own accord until now, because it had nothing to do: both brokers serve on
 * that thread. @throws Error where the process is gone.
 */
export function countWaits(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1] ?? Number.NaN);
}
