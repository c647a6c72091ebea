import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentId } from '../../packages/engine/ids.ts';
import { startControl, type TestControl } from './control/fixture.ts';
import { ensureFirstDeployment, type FirstStartOptions } from './first-start.ts';
import { AccessRuleTable } from './policy/access-rule-table.ts';
import { PasswordHasher } from './policy/credential-hash.ts';
import { CredentialTable } from './policy/credential-table.ts';
import { DeploymentTable } from './policy/deployment-table.ts';

let directory: string;
let control: TestControl;
let logins: CredentialTable;
let warnings: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-first-start-'));
  const hashing = new PasswordHasher({ current: 'a', keys: { a: new Uint8Array(32).fill(7) } });
  logins = new CredentialTable(hashing, () => {});
  warnings = [];
  control = await startControl(directory, {
    deployments: new DeploymentTable(),
    credentials: logins,
    hashing,
    rules: new AccessRuleTable(),
  });
});

afterEach(async () => {
  await control[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const opens = (deployment: DeploymentId, username: string, password: string): boolean =>
  logins.check(deployment, username, new TextEncoder().encode(password)) === 'accepted';

type Chosen = Partial<FirstStartOptions['chosen']>;

const start = (chosen: Chosen = {}) =>
  ensureFirstDeployment({
    deployments: control.deployments,
    credentials: control.credentials,
    chosen: { username: null, password: null, ...chosen },
    opens,
    warn: (sentence) => warnings.push(sentence),
  });

test('the first start makes a deployment and a credential that opens it, later ones find them', async () => {
  const first = await start();
  expect(first).toMatchObject({ deployment: { name: 'default' }, username: 'device' });
  expect(opens(first?.deployment.id as DeploymentId, 'device', first?.password ?? '')).toBe(true);
  expect(await start()).toEqual({ ...first, password: null } as never);
  expect(warnings).toEqual([]);
});

test('what the operator chose is what opens it, and the password is not among what is shown', async () => {
  const first = await start({ username: 'meter', password: 'a-good-password' });
  expect(first).toMatchObject({ username: 'meter', password: null });
  expect(opens(first?.deployment.id as DeploymentId, 'meter', 'a-good-password')).toBe(true);
});

test('a credential that is refused leaves no deployment behind, and the next start makes both', async () => {
  await expect(start({ username: '..' })).rejects.toThrow('user name');
  expect(await control.deployments.list()).toEqual([]);
  const made = await start();
  expect(opens(made?.deployment.id as DeploymentId, 'device', made?.password ?? '')).toBe(true);
});

test('a later start warns of a configured user name or password that opens nothing, and does not repeat it', async () => {
  const chosen = { username: 'meter', password: 'a-good-password' };
  const fitting: readonly Chosen[] = [chosen, chosen, { username: 'meter' }, {}];
  for (const same of fitting) await start(same);
  expect(warnings).toEqual([]);
  const others: readonly Chosen[] = [
    { ...chosen, password: 'another-password' },
    { ...chosen, username: 'other' },
    { username: 'other' },
    { password: 'a-good-password' },
  ];
  for (const other of others) await start(other);
  expect(warnings).toEqual([
    expect.stringContaining('The configured user name and password are used at the first start only'),
    expect.stringContaining('The configured user name and password are used at the first start only'),
    expect.stringContaining('The configured user name is used at the first start only'),
    expect.stringContaining('The configured password is used at the first start only'),
  ]);
  expect(warnings.join()).not.toContain('-password');
});

test('where the first deployment was deleted nothing is made, and what is configured is warned about', async () => {
  await start();
  await control.deployments.delete('default');
  expect(await start()).toBeNull();
  expect(warnings).toEqual([]);
  expect(await start({ password: 'a-good-password' })).toBeNull();
  expect(warnings).toHaveLength(1);
});
