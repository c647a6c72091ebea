/**
 * Memory under attack: `bun bench/attack.ts [share]` runs each attack against a service of its own and compares the highest
 * resident memory with the sum of the limits that the attack meets and a stated constant. `share` (default 1) makes
 * the attacks smaller. The exit code is 1 where memory was above the bound. Result: bench/results/attack.json.
 */
import { mkdirSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { baseBytes, bytesPerConnection, memoryAttacks, type AttackResult } from '../testkit/memory-attacks.ts';

const share = Math.min(1, Math.max(0.01, Number(process.argv[2] ?? 1)));
const sized = (count: number) => Math.ceil(count * share);
const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MiB`;

console.log(`constant: ${mebibytes(baseBytes)} and ${bytesPerConnection / 1024} KiB a connection`);
const results: AttackResult[] = [];
for await (const result of memoryAttacks({
  slowReaders: sized(2_000),
  retainedMessages: sized(10_000),
  fullQueues: sized(1_000),
  halfPackets: sized(5_000),
})) {
  results.push(result);
  const { name, limitBytes, boundBytes, peakBytes, seconds } = result;
  const verdict = peakBytes <= boundBytes ? 'holds' : 'BROKEN';
  console.log(
    `${verdict}  ${name}: ${mebibytes(peakBytes)} resident; limits ${mebibytes(limitBytes)}, with the constant ${mebibytes(boundBytes)}; ${seconds} s`,
  );
}
const folder = join(import.meta.dirname, 'results');
mkdirSync(folder, { recursive: true });
await Bun.write(
  join(folder, 'attack.json'),
  `${JSON.stringify(
    {
      date: new Date().toISOString(),
      machine: { cpus: cpus().length, model: cpus()[0]?.model ?? '', memoryBytes: totalmem() },
      bun: Bun.version,
      share,
      constant: { baseBytes, bytesPerConnection },
      results,
    },
    null,
    2,
  )}\n`,
);
process.exitCode = results.every(({ peakBytes, boundBytes }) => peakBytes <= boundBytes) ? 0 : 1;
