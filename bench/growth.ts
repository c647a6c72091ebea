/**
 * Does cost grow as it should? `bun bench/growth.ts [--only NAME]... [--share 1]` measures memory for each and CPU time for each message at
 * one size, ten times and a hundred times as much: idle and active connections, subscriptions, deployments, retained
 * messages, length of a queue. The service has core 0, the load generator core 1. `--share 0.1` makes everything a tenth as large. Result:
 * bench/results/growth.json, of the sections that ran; those that did not stay as they were.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Ground } from './growth/ground.ts';
import { sections, type GrowthRow } from './growth/sections.ts';
import { writeResults } from './results-file.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    share: { type: 'string', default: '1' },
  },
});
const share = Math.min(1, Math.max(0.01, Number(values.share)));
const file = join(import.meta.dirname, 'results/growth.json');
const unknown = values.only.find((name) => !sections.some((section) => section.name === name));
if (unknown !== undefined)
  throw new Error(`There is no ${unknown}; there are ${sections.map(({ name }) => name).join(', ')}.`);

Bun.spawnSync(['taskset', '-apc', '1', String(process.pid)]);
const measured: Record<string, readonly GrowthRow[]> = {};
const kept =
  existsSync(file) && values.only.length > 0 ? (JSON.parse(readFileSync(file, 'utf8')) as { sections?: object }) : {};
for (const { name, sizes, measure } of sections) {
  if (values.only.length > 0 && !values.only.includes(name)) continue;
  console.log(name);
  const rows = await measure(
    sizes.map((size) => Math.ceil(size * share)),
    () => Ground.open(),
  );
  measured[name] = rows.map(({ size, figures }) => ({
    size,
    figures: Object.fromEntries(
      Object.entries(figures).map(([figure, value]) => [figure, Number(value.toPrecision(4))]),
    ),
  }));
  for (const { size, figures } of measured[name])
    console.log(
      `  ${size.toLocaleString('en')}: ${Object.entries(figures)
        .map(([figure, value]) => `${figure} ${value}`)
        .join(', ')}`,
    );
}
if (share === 1)
  await writeResults(file, { command: 'bun bench/growth.ts', sections: { ...kept.sections, ...measured } });
