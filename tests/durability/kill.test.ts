import { describe, expect, test } from 'bun:test';
import { mqttJsParties } from '../../testkit/kill/mqttjs-parties.ts';
import { rawParties } from '../../testkit/kill/raw-parties.ts';
import { breaches, runKills, type KillOptions } from '../../testkit/kill/run.ts';

const timeoutMs = 120_000;
const few = { kills: 5, seed: 20, durability: 'fsync', publishers: 2, window: 20 } as const;

/** Runs it, and shows that the kills met traffic: else they would prove nothing. */
async function run(options: KillOptions) {
  const result = await runKills(options);
  expect(result.kills).toHaveLength(options.kills);
  for (const { unacknowledged } of result.kills) expect(unacknowledged).toBeGreaterThan(0);
  expect(Math.max(...result.kills.map(({ owed }) => owed))).toBeGreaterThan(0);
  expect(result.clean.received).toBeGreaterThan(0);
  return result;
}

describe('kill -9 under load', () => {
  test.each([
    ['raw bytes', rawParties],
    ['MQTT.js', mqttJsParties],
  ])(
    'nothing acknowledged is lost, QoS 2 comes once, in order: %s',
    async (_name, parties) => {
      const result = await run({ ...few, parties });
      expect(breaches(result)).toEqual([]);
      expect(result.received).toBeGreaterThan(0);
      expect(result.acknowledged).toBe(result.sent);
    },
    timeoutMs,
  );

  test(
    'with --durability os too: the page cache outlives the process',
    async () => {
      expect(breaches(await run({ ...few, kills: 2, durability: 'os', parties: rawParties }))).toEqual([]);
    },
    timeoutMs,
  );

  test(
    'without a journal it is told what was lost: the check can fail',
    async () => {
      const result = await run({ ...few, kills: 2, durability: 'memory', parties: rawParties });
      expect(result.lost).toBeGreaterThan(0);
      expect(result.sessionsLost).toBeGreaterThan(0);
    },
    timeoutMs,
  );
});
