import { readFileSync } from 'node:fs';
import { readUsage } from '../../apps/cli/bench/broker-usage.ts';

const ticksPerSecond = 100;

/** CPU time of the machine that neither this process, nor a child that it has waited for, nor a given process has taken. */
export class Disturbance {
  readonly #pids: readonly number[];
  readonly #beginS: number;
  readonly #beginMs = performance.now();

  /** Begins to measure. @param pids the processes that do not count: what is measured, and what belongs to it. */
  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#beginS = this.#ofOthers();
  }

  /** Share of one core that others have taken since the beginning; a little below 0 by the coarseness of the clock. */
  share(): number {
    return (this.#ofOthers() - this.#beginS) / ((performance.now() - this.#beginMs) / 1000);
  }

  #ofOthers(): number {
    const known = this.#pids.reduce((sum, pid) => sum + readUsage(pid).cpuSeconds, ownSeconds());
    return busySeconds(readFileSync('/proc/stat', 'utf8')) - known;
  }
}

/** @param stat of `/proc/stat`. @returns seconds that all cores together were busy. */
export function busySeconds(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    stat.split('\n', 1)[0]?.match(/\d+/g)?.map(Number) ?? [];
  return (user + nice + system + irq + softirq) / ticksPerSecond;
}

/** This process and the children that it has waited for. */
function ownSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond;
}
