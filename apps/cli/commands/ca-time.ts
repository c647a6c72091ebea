import { usageError } from '../exit.ts';

const unitsMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * A time as people type it: a length from now (`30d`, `12h`, `45m`), a date (its midnight, UTC), or a date with the
 * time of day and its zone (`2026-12-24T03:00Z`, `2026-12-24T03:00+08:00`).
 * @returns ISO 8601. @throws CliError where it is none of these.
 */
export function parseTime(text: string, now: number): string {
  const length = /^(\d{1,6})([mhd])$/.exec(text);
  if (length !== null)
    return new Date(now + Number(length[1]) * unitsMs[length[2] as keyof typeof unitsMs]).toISOString();
  const isTime = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text);
  const time = isTime ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw usageError(`--at takes a time such as 2026-12-24T03:00Z, 2026-12-24 (midnight, UTC) or 30d, not "${text}".`);
}
