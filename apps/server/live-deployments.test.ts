import { expect, test } from 'bun:test';
import type { EngineAdmin } from '../../packages/engine/admin.ts';
import type { DeploymentId } from '../../packages/engine/ids.ts';
import { EngineDeployments } from './live-deployments.ts';

const plant = 'plant' as DeploymentId;

function world() {
  const calls: string[] = [];
  const engine = {
    addDeployment: (deployment: DeploymentId) => calls.push(`add ${deployment}`),
    closeDeployment: (deployment: DeploymentId, fault: string, forget: boolean) =>
      calls.push(`close ${deployment} ${fault} ${forget}`),
  } as unknown as EngineAdmin;
  const refused = new Set<number>();
  const held = new Set<number>();
  const deployments = new EngineDeployments({
    engine,
    listen: (kind, port) => {
      if (refused.has(port)) throw new Error(`port ${port} is in use`);
      calls.push(`listen ${kind} ${port}`);
      held.add(port);
      const close = (): void => {
        held.delete(port);
        calls.push(`stop ${kind} ${port}`);
      };
      return { port, close };
    },
    // As binding finds it: nobody can listen twice.
    portIsFree: (port) => !refused.has(port) && !held.has(port),
    forget: (deployment) => calls.push(`forget ${deployment}`),
    changed: () => {},
    now: () => 0,
  });
  const take = (): string[] => calls.splice(0);
  return { deployments, refused, take };
}

test('a stopped deployment keeps its plain ports, so that its devices are told why', async () => {
  const { deployments, take } = world();
  await deployments.open(plant, { mqttPort: 1883, wsPort: null });
  await deployments.close(plant, 'deployment.stopped', false);
  await deployments.open(plant, { mqttPort: 1883, wsPort: null });
  expect(take()).toEqual(['add plant', 'listen mqtt 1883', 'close plant deployment.stopped false', 'add plant']);
});

test('the ports of a stopped deployment are free to itself, and to nobody else until it is deleted', async () => {
  const { deployments } = world();
  await deployments.open(plant, { mqttPort: 1883, wsPort: 8083 });
  await deployments.close(plant, 'deployment.stopped', false);
  const other = 'other' as DeploymentId;
  for (const port of [1883, 8083]) {
    expect(await deployments.portIsFree(port, plant)).toBe(true);
    expect(await deployments.portIsFree(port, other)).toBe(false);
    expect(await deployments.portIsFree(port, null)).toBe(false);
  }
  await deployments.close(plant, 'deployment.deleted', true);
  expect(await deployments.portIsFree(1883, null)).toBe(true);
});

test('a port of its own that could not be had is asked for anew', async () => {
  const { deployments, refused } = world();
  refused.add(1883);
  await expect(deployments.open(plant, { mqttPort: 1883, wsPort: null })).rejects.toThrow('1883');
  expect(await deployments.portIsFree(1883, plant)).toBe(false);
  refused.clear();
  expect(await deployments.portIsFree(1883, plant)).toBe(true);
});

test('a deleted deployment gives its plain ports back and is forgotten', async () => {
  const { deployments, take } = world();
  await deployments.open(plant, { mqttPort: 1883, wsPort: 8083 });
  take();
  await deployments.close(plant, 'deployment.deleted', true);
  expect(take()).toEqual(['stop mqtt 1883', 'stop ws 8083', 'close plant deployment.deleted true', 'forget plant']);
});

test('a port that cannot be had closes the one that was opened before', async () => {
  const { deployments, refused, take } = world();
  refused.add(8083);
  const failure = await deployments.open(plant, { mqttPort: 1883, wsPort: 8083 }).then(
    () => null,
    (error: unknown) => error,
  );
  expect(String(failure)).toContain('8083');
  expect(take()).toEqual(['add plant', 'listen mqtt 1883', 'stop mqtt 1883']);
});
