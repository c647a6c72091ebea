const realTimePriority = '10';

/**
 * Keeps a process, with the threads that it has and those that it starts later, on one core of the machine, and lets it go before all
 * ordinary programs there, so that what they do does not count as the service's.
 * @returns whether it goes before others: only root may say so.
 * @throws Error where it cannot be kept on the core.
 */
export function giveCore(pid: number, core: number): boolean {
  const { exitCode, stderr } = Bun.spawnSync(['taskset', '-acp', String(core), String(pid)]);
  if (exitCode !== 0) throw new Error(`taskset: ${stderr.toString()}`);
  return Bun.spawnSync(['chrt', '-a', '-r', '-p', realTimePriority, String(pid)]).exitCode === 0;
}
