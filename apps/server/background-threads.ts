import { readdirSync, readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

const tasks = '/proc/self/task';

/**
 * Threads of the runtime that tidy memory up when nobody waits for it, by their names: mimalloc's scavenger, which gives pages back to the
 * system, and the one of JavaScriptCore that prepares blocks of its heap.
 */
const tidying: readonly string[] = new Set(['mi-scavenger', 'JSCWarmUp']);

/**
 * Lets the threads that only tidy up run when the core has little else to do. Without it, the thread that serves clients waits for bursts of
 * theirs, of up to four milliseconds (docs/adr/0010). Compilers and the journal keep their priority: somebody waits for them.
 * @returns how many were found; 0 where the system has no such list (not Linux).
 */
export function lowerBackgroundThreads(): number {
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
