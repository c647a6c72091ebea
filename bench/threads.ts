import { readdirSync, readFileSync } from 'node:fs';

/** CPU time of the threads of a process until now, in seconds, by the name of the thread. Threads of one name are added up. */
export function threadCpuSeconds(pid: number): Map<string, number> {
  const seconds = new Map<string, number>();
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      const name = readFileSync(`/proc/${pid}/task/${task}/comm`, 'utf8').trim();
      const [nanoseconds] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ');
      seconds.set(name, (seconds.get(name) ?? 0) + Number(nanoseconds) / 1e9);
    } catch {
      // The thread has just ended.
    }
  }
  return seconds;
}

/** CPU time of a process until now, in seconds: finer than the hundredths of `/proc/PID/stat`. */
export function cpuSeconds(pid: number): number {
  let total = 0;
  for (const seconds of threadCpuSeconds(pid).values()) total += seconds;
  return total;
}
