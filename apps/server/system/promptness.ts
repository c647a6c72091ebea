import { ptr } from 'bun:ffi';
import { readdirSync, readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { openLibc } from './libc.ts';

const tasks = '/proc/self/task';

/**
 * Threads of the runtime that tidy memory up when nobody waits for it, by their names: mimalloc's scavenger, which gives pages back to the
 * system, and the one of JavaScriptCore that prepares blocks of its heap.
 */
const tidying: ReadonlySet<string> = new Set(['mi-scavenger', 'JSCWarmUp']);

/** The numbers of `sched_setattr` and `sched_getattr`, for which the C library has no names. */
const systemCalls: Readonly<Record<string, { readonly set: bigint; readonly get: bigint }>> = {
  x64: { set: 314n, get: 315n },
  arm64: { set: 274n, get: 275n },
};

/** `struct sched_attr` of sched(7): its first version has 48 bytes; the policy lies at 4, the time in nanoseconds at 24. */
const attributesBytes = 48;
const policyAt = 4;
const runtimeAt = 24;
/** Policies that share the processor fairly: `SCHED_OTHER` and `SCHED_BATCH`. */
const fairPolicies: ReadonlySet<number> = new Set([0, 3]);

/** The shortest turn on a core that the kernel takes, in nanoseconds. */
const sliceNs = 100_000n;

/**
 * Asks the kernel for short turns of the calling thread. Its share of the processor stays what it was; in return for the short turns it
 * gets its next one sooner, so that a client that sends is served while a compiler thread or another program holds the core. From Linux 6.12;
 * older ones take the wish and do nothing. A real-time policy that an operator has set stays.
 * @returns whether the kernel took it.
 */
export function askForShortTurns(): boolean {
  const numbers = systemCalls[process.arch];
  const libc = openLibc({ syscall: { args: ['i64', 'i64', 'ptr', 'i64', 'i64'], returns: 'i64' } });
  if (numbers === undefined || libc === null) return false;
  const attributes = new Uint8Array(attributesBytes);
  const view = new DataView(attributes.buffer);
  if (Number(libc.syscall(numbers.get, 0n, ptr(attributes), BigInt(attributesBytes), 0n)) !== 0) return false;
  if (!fairPolicies.has(view.getUint32(policyAt, true))) return false;
  view.setBigUint64(runtimeAt, sliceNs, true);
  return Number(libc.syscall(numbers.set, 0n, ptr(attributes), 0n, 0n)) === 0;
}

/**
 * Lets the threads that only tidy up run when the core has little else to do. Without it, the thread that serves clients waits for bursts of
 * theirs, of up to four milliseconds (docs/adr/0010). Compilers and the journal keep their priority: somebody waits for them.
 * @returns how many were found; 0 where the system has no such list (not Linux).
 */
export function lowerTidyingThreads(): number {
  let lowered = 0;
  for (const thread of threads()) {
    try {
      if (!tidying.has(readFileSync(`${tasks}/${thread}/comm`, 'utf8').trim())) continue;
      setPriority(thread, constants.priority.PRIORITY_LOW);
      lowered += 1;
    } catch {
      // It ended meanwhile, or the system does not allow it: then it stays as it is.
    }
  }
  return lowered;
}

function threads(): number[] {
  try {
    return readdirSync(tasks).map(Number);
  } catch {
    return [];
  }
}
