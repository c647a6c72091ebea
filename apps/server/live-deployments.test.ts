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
  const deployments = new EngineDeployments({
    engine,
    listen: (kind, port) => {
      if (refused.has(port)) throw new Error(`port ${port} is in use`);
      calls.push(`listen ${kind} ${port}`);
      return { close: () => calls.push(`stop ${kind} ${port}`) };
    },
    portIsFree: () => true,
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
