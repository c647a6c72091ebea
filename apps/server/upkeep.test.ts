import { beforeEach, describe, expect, test } from 'bun:test';
import { VirtualClock } from '../../testkit/virtual-clock.ts';
import { Upkeep } from './upkeep.ts';

let clock: VirtualClock;
let calls: { certificates: number[]; forgotten: number[]; errors: string[] };
let work: () => Promise<void>;

beforeEach(() => {
  clock = new VirtualClock();
  calls = { certificates: [], forgotten: [], errors: [] };
  work = () => Promise.resolve();
});

function make(): Upkeep {
  return new Upkeep({
    engine: { deployments: () => [] } as never,
    systemTopics: {} as never,
    log: { tick: () => {}, error: (text) => void calls.errors.push(text) },
    forgetDeleted: () => {
      calls.forgotten.push(clock.now);
      return Promise.resolve();
    },
    keepCertificates: () => {
      calls.certificates.push(clock.now);
      return work();
    },
    noteAlive: () => Promise.resolve(),
    now: () => clock.now,
  });
}

async function run(upkeep: Upkeep, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    clock.advance(1000);
    upkeep.tick();
    await Promise.resolve();
    await Promise.resolve();
  }
}

describe('Upkeep', () => {
  test('looks at certificates often enough for a switch within a minute, and forgets once an hour', async () => {
    await run(make(), 7200);
    const gaps = calls.certificates.slice(1).map((time, index) => time - (calls.certificates[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(60_000);
    expect(calls.forgotten).toHaveLength(2);
  });

  test('does not begin what still runs, and goes on after a failure', async () => {
    const upkeep = make();
    const { promise, reject } = Promise.withResolvers<void>();
    work = () => promise;
    await run(upkeep, 60);
    expect(calls.certificates).toHaveLength(1);
    work = () => Promise.resolve();
    reject(new Error('no disk'));
    await run(upkeep, 10);
    expect(calls.errors).toEqual(['no disk']);
    expect(calls.certificates.length).toBeGreaterThan(1);
  });

  test('a clock that is set back by a year puts nothing off', async () => {
    const upkeep = make();
    await run(upkeep, 10);
    const before = calls.certificates.length;
    clock.advance(-365 * 86_400_000);
    await run(upkeep, 10);
    expect(calls.certificates.length).toBeGreaterThan(before);
  });
});
