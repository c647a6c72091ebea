/**
 * Wants a core for itself until the program that started it is gone, and measures how fast the core is meanwhile: it looks up texts in a table, as a
 * broker does all day, and writes to the file named in its argument how many lookups it has done and how many microseconds of CPU time they took. See rivals.ts.
 */
import { openSync, writeSync } from 'node:fs';

/** Enough to feel when others use the caches of the core too. */
const texts = 1000;
const lookupsPerTurn = 20_000;
/** Coprime to the number of texts: each has its turn, and not in the order in which they lie in memory. */
const step = 7919;
const turnsPerReport = 16;
const reportWidth = 60;

const [, , file = '/dev/null'] = process.argv;
const report = openSync(file, 'w', 0o600);
const parent = process.ppid;
const table = new Map(Array.from({ length: texts }, (_, at) => [`plant/${at}/line`, at]));
const keys = [...table.keys()];
let at = 0;
let found = 0;
for (let turn = 1; process.ppid === parent; turn++) {
  for (let lookup = 0; lookup < lookupsPerTurn; lookup++) {
    at = (at + step) % texts;
    found = (found + (table.get(keys[at] ?? '') ?? 0)) | 0;
  }
  if (turn % turnsPerReport !== 0) continue;
  const { user, system } = process.cpuUsage();
  // One write of one width: who reads never sees half of it.
  writeSync(report, `${turn * lookupsPerTurn} ${user + system} ${found}`.padEnd(reportWidth), 0);
}
