import { readFileSync } from 'node:fs';

/** File descriptors for everything that is not a connection: listeners, database, journal, REST. */
const RESERVED = 128;
const FALLBACK = 10_000;

/** How many connections the process may hold: what the limit on open files leaves, less a reserve. */
export function connectionLimit(limits: string = readLimits()): number {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (soft === undefined) return FALLBACK;
  return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Math.max(1, Number(soft) - RESERVED);
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
