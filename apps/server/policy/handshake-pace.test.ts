import { describe, expect, test } from 'bun:test';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { defaultLimits } from '../../../packages/engine/limits.ts';
import { DeploymentTable } from './deployment-table.ts';
import { handshakePace } from './handshake-pace.ts';
import { Locator } from './locate.ts';

const now = 1_700_000_000_000;

function bench(connectsPerSecond: number | null) {
  const deployments = new DeploymentTable();
  deployments.put({
    id: 'plant7' as DeploymentId,
    state: 'running',
    first: true,
    names: ['mqtt.plant.example'],
    limits: { ...defaultLimits(), connectsPerSecond },
    deletedAt: null,
  });
  const pace = handshakePace(deployments, new Locator(deployments, { domain: 'berth.test', alternativeNames: [] }));
  return { deployments, pace: (serverName: string | null) => pace('mqtts', serverName, now) };
}

describe('the pace of a deployment', () => {
  test('is twice its limit of connects, by whichever of its names', () => {
    const { pace } = bench(100);
    for (const name of ['plant7.berth.test', 'mqtt.plant.example', 'localhost'])
      expect(pace(name)).toEqual({ key: 'plant7', perSecond: 200 });
  });

  test('holds nobody back where connects have no limit, and few where the limit is low', () => {
    expect(bench(null).pace('plant7.berth.test')).toBeNull();
    expect(bench(1).pace('plant7.berth.test')).toEqual({ key: 'plant7', perSecond: 20 });
  });

  test('follows a change of the limit', () => {
    const { deployments, pace } = bench(100);
    const entry = deployments.get('plant7' as DeploymentId);
    if (entry === undefined) throw new Error('it is there');
    deployments.put({ ...entry, limits: { ...entry.limits, connectsPerSecond: 30 } });
    expect(pace('plant7.berth.test')).toEqual({ key: 'plant7', perSecond: 60 });
  });

  test('is one for all who ask for no deployment', () => {
    const { pace } = bench(null);
    expect(pace(null)).toEqual({ key: '', perSecond: 100 });
    expect(pace('nobody.berth.test')).toEqual({ key: '', perSecond: 100 });
  });
});
