/**
 * Does `kill -9` lose anything that was acknowledged? `bun bench/kill.ts [--kills 50] [--seed N] [--durability fsync]
 * [--clients raw|mqttjs]` kills the service under load so many times, with clients of raw bytes and then with MQTT.js, and
 * counts what clients were promised and did not get (testkit/kill/run.ts). Result: bench/results/kill.json. The exit code
 * is 1 where a promise was broken, or where a kill met no traffic that was under way.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mqttJsParties } from '../testkit/kill/mqttjs-parties.ts';
import { rawParties } from '../testkit/kill/raw-parties.ts';
import { breaches, runKills, type KillResult } from '../testkit/kill/run.ts';
import { median } from './compare/report.ts';
import { writeResults } from './results-file.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    durability: { type: 'string', default: 'fsync' },
    clients: { type: 'string' },
  },
});
const durability = (['fsync', 'os', 'memory'] as const).find((one) => one === values.durability) ?? 'fsync';
const kills = Math.min(1_000, Math.max(1, Number(values.kills)));
const variants = [
  { clients: 'raw bytes', key: 'raw', parties: rawParties },
  { clients: 'MQTT.js', key: 'mqttjs', parties: mqttJsParties },
].filter(({ key }) => values.clients === undefined || values.clients === key);

const runs = [];
let isGood = true;
for (const { clients, parties } of variants) {
  console.log(`${clients}: ${kills} kills, --durability ${durability}`);
  const result = await runKills({
    parties,
    kills,
    seed: Number(values.seed),
    durability,
    publishers: 4,
    window: 20,
    onKill: ({ unacknowledged, released, owed, duringStart }, index) =>
      console.log(
        `  kill ${index + 1}: ${unacknowledged} unacknowledged (${released} released), ${owed} owed to subscribers${duringStart ? ', again while it started' : ''}`,
      ),
  });
  const broken = breaches(result);
  const idleKills = result.kills.filter(({ unacknowledged }) => unacknowledged === 0).length;
  isGood &&= broken.length === 0 && idleKills === 0;
  console.log(`  ${broken.length === 0 ? 'every promise was kept' : broken.join('; ')}`);
  const { complaints: _complaints, ...counted } = result;
  const run = { clients, ...summaryOf(counted), idleKills, broken };
  console.log(`  ${JSON.stringify(run)}`);
  runs.push(run);
}
// The record is of the whole proof; parts of it are for the screen.
if (values.clients === undefined)
  await writeResults(join(import.meta.dirname, 'results/kill.json'), {
    command: `bun bench/kill.ts --kills ${kills} --seed ${values.seed} --durability ${durability}`,
    durability,
    runs,
  });
process.exitCode = isGood ? 0 : 1;

/** The kills as figures instead of a list. */
function summaryOf({ kills: list, ...rest }: Omit<KillResult, 'complaints'>) {
  const spread = (of: (kill: KillResult['kills'][number]) => number) => {
    const figures = list.map(of);
    return { min: Math.min(...figures), median: median(figures), max: Math.max(...figures) };
  };
  return {
    ...rest,
    kills: list.length,
    unacknowledgedAtKill: spread(({ unacknowledged }) => unacknowledged),
    releasedAtKill: spread(({ released }) => released),
    owedAtKill: spread(({ owed }) => owed),
  };
}
