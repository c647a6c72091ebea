const realTimePriority = '10';

/**
 * Keeps a process, with the threads that it has and those that it starts later, on one core of the machine. Its threads keep the priorities
 * that they have: as equals of the one that serves, in a real-time class for instance, the compilers of the runtime hold it up for milliseconds
 * (docs/adr/0010).
 * @throws Error where it cannot be kept there.
 */
export function keepOnCore(pid: number, core: number): void {
  const { exitCode, stderr } = Bun.spawnSync(['taskset', '-acp', String(core), String(pid)]);
  if (exitCode !== 0) throw new Error(`taskset: ${stderr.toString()}`);
}

/**
 * Lets a process that measures go before all ordinary programs of its core, so that what they do there does not count as the service's.
 * @returns whether it does: only root may say so.
 */
export function goBeforeOthers(pid: number): boolean {
  return Bun.spawnSync(['chrt', '-a', '-r', '-p', realTimePriority, String(pid)]).exitCode === 0;
}
