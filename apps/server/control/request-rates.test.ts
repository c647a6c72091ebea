import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessRuleTable } from '../policy/access-rule-table.ts';
import { PasswordHasher } from '../policy/credential-hash.ts';
import { CredentialTable } from '../policy/credential-table.ts';
import { DeploymentTable } from '../policy/deployment-table.ts';
import { startControl, testToken } from './fixture.ts';
import { RequestRates } from './request-rates.ts';

test('requests with one token share a rate, however they write it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-rates-'));
  const hashing = new PasswordHasher({ current: 'a', keys: { a: new Uint8Array(32).fill(7) } });
  const policy = {
    deployments: new DeploymentTable(),
    credentials: new CredentialTable(hashing, () => {}),
    hashing,
    rules: new AccessRuleTable(),
  };
  try {
    await using control = await startControl(directory, policy, new RequestRates(() => 0));
    await control.deployments.create({ name: 'north' });
    await control.deployments.change('north', { limits: { restRequestsPerSecond: 2 } });
    const ask = async (authorization: string): Promise<number> =>
      (await control.app.request('/api/v1/deployments/north', { headers: { authorization } })).status;
    const written = ['Bearer', 'bearer', 'BEARER ', 'bEaReR  '].map((scheme) => `${scheme} ${testToken}`);
    const answers: number[] = [];
    for (const authorization of [...written, ...written]) answers.push(await ask(authorization));
    expect(answers).toEqual([200, 200, 429, 429, 429, 429, 429, 429]);
    expect(await ask('Bearer wrong')).toBe(401);
  } finally {
    await rm(directory, { recursive: true });
  }
});
