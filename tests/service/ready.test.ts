import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Service } from '../../testkit/service.ts';

const data = mkdtempSync(join(tmpdir(), 'berth-ready-'));
afterAll(() => rmSync(data, { recursive: true, force: true }));

/** The ready line of a start on the same data directory, and what is done before the service is stopped again. */
async function startAndRun(...command: readonly string[]): Promise<Service['ready']> {
  await using service = await Service.start({ data });
  if (command.length > 0) await service.berthJson(...command);
  return service.ready;
}

test('the ready line shows the first deployment and its credential as long as there are any', async () => {
  const first = await startAndRun('credential', 'delete', 'default', 'device', '--yes');
  expect(first).toMatchObject({
    deployment: { name: 'default' },
    address: `${first.deployment.id}.berth.localhost`,
    username: 'device',
    bind: '127.0.0.1',
    httpBind: '127.0.0.1',
    httpTls: false,
    data,
  });
  const second = await startAndRun('deployment', 'delete', 'default', '--yes');
  expect(second).toMatchObject({ deployment: first.deployment, address: first.address });
  expect(second).not.toHaveProperty('username');
  const third = await startAndRun();
  expect(third).toMatchObject({ deployment: null, address: null });
  expect(third).not.toHaveProperty('username');
});
