import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ApiClient,
  ApiError,
  errorSchema,
  openApiDocument,
  routes,
  type ErrorBody,
} from '../../../packages/api/mod.ts';
import { PasswordHasher } from '../policy/credential-hash.ts';
import { AccessRuleTable } from '../policy/access-rule-table.ts';
import { CredentialTable } from '../policy/credential-table.ts';
import { DeploymentTable } from '../policy/deployment-table.ts';
import { startControl, testToken, type TestControl } from './fixture.ts';

let directory: string;
let control: TestControl;
let client: ApiClient;
/** Everything that was answered, headers included. */
let answered: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-app-'));
  const hashing = new PasswordHasher({ current: 'a', keys: { a: new Uint8Array(32).fill(7) } });
  control = await startControl(directory, {
    deployments: new DeploymentTable(),
    credentials: new CredentialTable(hashing, () => {}),
    hashing,
    rules: new AccessRuleTable(),
  });
  answered = [];
  client = new ApiClient({ baseUrl: 'http://localhost/', token: testToken, fetch: (url, init) => request(url, init) });
});

afterEach(async () => {
  expect(control.unexpected).toEqual([]);
  await control[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function request(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await control.app.request(url, init);
  answered.push(JSON.stringify([...response.headers]) + (await response.clone().text()));
  return response;
}

const authorized = { authorization: `Bearer ${testToken}` };

function post(body: string, headers: Record<string, string> = { 'content-type': 'application/json' }): RequestInit {
  return { method: 'POST', body, headers: { ...authorized, ...headers } };
}

/** Status and error of an answer, which must have the one shape of errors. */
async function refusal(answer: Response | Promise<Response>): Promise<ErrorBody['error'] & { status: number }> {
  const response = await answer;
  return { status: response.status, ...errorSchema.parse(await response.json()).error };
}

async function apiError(promise: Promise<unknown>): Promise<ApiError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('through the client', () => {
  test('a deployment lives from create to delete', async () => {
    const made = await client.createDeployment({ name: 'Halle 1 - Süd' });
    expect(made).toMatchObject({ state: 'running', type: 'serverless' });
    expect(await client.listDeployments()).toEqual([made]);
    expect(await client.getDeployment(made.name)).toEqual(made);
    const changed = await client.changeDeployment(made.id, {
      name: 'north',
      limits: { sessions: 5, keepAliveSeconds: 60 },
    });
    expect(changed).toMatchObject({ name: 'north', limits: { sessions: 5, keepAliveSeconds: 60 } });
    expect((await client.stopDeployment('north')).state).toBe('stopped');
    expect((await client.startDeployment('north')).state).toBe('running');
    await client.deleteDeployment('north');
    expect(await apiError(client.getDeployment('north'))).toMatchObject({ status: 404, code: 'deployment.not-found' });
  });

  test('a dedicated deployment shows its ports', async () => {
    const { ports } = await client.createDeployment({ name: 'plant', type: 'dedicated', mqttPort: 1883 });
    expect(ports).toEqual({ mqtts: 8883, wss: 8084, mqtt: 1883 });
  });

  test.each(['meter', 'a/b', '仪表 1', 'a%2Fb?c#d', "it's & <more>", '...'])(
    'a credential %p is made and used by its name',
    async (username) => {
      await client.createDeployment({ name: 'north' });
      const made = await client.createCredential('north', { username });
      expect(made.username).toBe(username);
      expect(made.password).toHaveLength(26);
      expect((await client.setPassword('north', username, 'short-one')).warnings).toHaveLength(1);
      expect((await client.setPassword('north', username)).password).toHaveLength(26);
      expect((await client.disableCredential('north', username)).disabled).toBe(true);
      expect((await client.enableCredential('north', username)).disabled).toBe(false);
      expect((await client.listCredentials('north')).map((credential) => credential.username)).toEqual([username]);
      await client.deleteCredential('north', username);
      expect(await client.listCredentials('north')).toEqual([]);
      expect(await apiError(client.deleteCredential('north', username))).toMatchObject({
        code: 'credential.not-found',
      });
    },
  );

  test('the limit of credentials is a 409 that names the limit', async () => {
    await client.createDeployment({ name: 'north' });
    await client.changeDeployment('north', { limits: { credentials: 1 } });
    await client.createCredential('north', { username: 'one' });
    const error = await apiError(client.createCredential('north', { username: 'two' }));
    expect(error).toMatchObject({ status: 409, code: 'limit.credentials', field: null });
    expect(error.message).toContain('"credentials" (1)');
    expect(error.remedy).not.toBe('');
  });

  test('info, health, metrics and the CA file', async () => {
    expect((await client.info()).domain).toBe('berth.example');
    const anybody = new ApiClient({
      baseUrl: 'http://localhost',
      token: null,
      fetch: (url, init) => request(url, init),
    });
    expect(await anybody.healthy()).toBe(true);
    expect(await anybody.metrics()).toBe('berth_up 1\n');
    expect(await anybody.caCertificate()).toStartWith('-----BEGIN CERTIFICATE-----');
    control.clock.now = 0;
    expect(await anybody.healthy()).toBe(false);
    expect(await apiError(anybody.info())).toMatchObject({ status: 401, code: 'token.wrong' });
  });

  test('no answer and an answer of something else are told apart', async () => {
    const to = (fetch: () => Promise<Response>) => new ApiClient({ baseUrl: 'http://localhost:1', token: null, fetch });
    const unreachable = to(() => Promise.reject(new Error('ECONNREFUSED')));
    expect(await apiError(unreachable.info())).toMatchObject({ status: 0, code: 'server.unreachable' });
    const stranger = to(() => Promise.resolve(new Response('<html>', { status: 502 })));
    expect(await apiError(stranger.info())).toMatchObject({ status: 502, code: 'response.invalid' });
    const otherJson = to(() => Promise.resolve(new Response('{"hello":1}')));
    expect(await apiError(otherJson.info())).toMatchObject({ code: 'response.invalid' });
  });
});

describe('requests that are refused', () => {
  test('every route of the API needs the token', async () => {
    const headerValues = [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Bearer wrong',
      `Basic ${testToken}`,
      `Bearer ${testToken}x`,
      testToken,
    ];
    for (const { method, path } of Object.values(routes)) {
      for (const authorization of headerValues) {
        const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
        const response = await request(path.replaceAll(/\{\w+\}/g, 'x'), { method: method.toUpperCase(), headers });
        expect(response.headers.get('www-authenticate')).toStartWith('Bearer');
        expect(await refusal(response)).toMatchObject({ status: 401, code: 'token.wrong' });
      }
    }
  });

  test.each([
    ['{"name":""}', 'name'],
    ['{}', 'name'],
    ['{"name":"a","type":"shared"}', 'type'],
    ['{"name":"a","type":"dedicated","mqttPort":0}', 'mqttPort'],
    ['{"name":"a","type":"dedicated","mqttPort":"1883"}', 'mqttPort'],
    ['{"name":"a","extra":1}', 'extra'],
    ['{"name":"../x"}', 'name'],
    ['[]', undefined],
  ])('a body %s names its field', async (body, field) => {
    const error = await refusal(request('/api/v1/deployments', post(body)));
    expect(error).toMatchObject({ status: 400, code: 'request.invalid' });
    expect(error.field).toBe(field as string);
  });

  test('a wrong limit is named with what it takes, an unknown one with its name', async () => {
    await client.createDeployment({ name: 'north' });
    const change = (limits: object) =>
      refusal(request('/api/v1/deployments/north', { ...post(JSON.stringify({ limits })), method: 'PATCH' }));
    const outOfRange = await change({ topicBytes: 70_000 });
    expect(outOfRange).toMatchObject({ status: 400, field: 'limits.topicBytes' });
    expect(outOfRange.message).toContain('from 1 to 65535');
    expect(await change({ session: 1 })).toMatchObject({ status: 400, field: 'limits.session' });
    expect(await change({ inFlightOut: null })).toMatchObject({ status: 400, field: 'limits.inFlightOut' });
  });

  test('a body that is broken, of another type, missing or too large', async () => {
    const url = '/api/v1/deployments';
    expect(await refusal(request(url, post('{"name":')))).toMatchObject({ status: 400, code: 'request.invalid' });
    const asText = post('{"name":"a"}', { 'content-type': 'text/plain' });
    expect(await refusal(request(url, asText))).toMatchObject({ status: 415, code: 'body.not-json' });
    const empty = { method: 'POST', headers: { ...authorized, 'content-type': 'application/json' } };
    expect(await refusal(request(url, empty))).toMatchObject({ status: 400 });
    const large = post(JSON.stringify({ name: 'a'.repeat(70_000) }));
    expect(await refusal(request(url, large))).toMatchObject({ status: 413, code: 'body.too-large' });
  });

  test('an unknown route', async () => {
    expect(await refusal(request('/nothing'))).toMatchObject({ status: 404, code: 'route.not-found' });
    const inside = request('/api/v1/nothing', { headers: authorized });
    expect(await refusal(inside)).toMatchObject({ status: 404, code: 'route.not-found' });
  });

  test('a Host that is neither of loopback nor configured, with the right token too', async () => {
    const withHost = (host: string) => request('/api/v1/info', { headers: { ...authorized, host } });
    const allowed = [
      'localhost',
      'LOCALHOST:18083',
      'berth.localhost',
      '127.0.0.1:18083',
      '127.1.2.3',
      '[::1]:18083',
      '[::1]',
      'console.example:443',
    ];
    for (const host of allowed) expect((await withHost(host)).status).toBe(200);
    const strangers = [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '192.168.1.5',
      'console.example.evil.example',
      'xlocalhost',
      'localhost:99999',
      'localhost:http',
      'a<b.localhost',
      'evil.example/.localhost',
      'evil.example?.localhost',
      'name@evil.localhost',
      '',
    ];
    for (const host of strangers) {
      expect(await refusal(withHost(host))).toMatchObject({ status: 403, code: 'host.not-allowed' });
    }
  });
});

test('an error that nobody expected shows nothing of itself and is reported', async () => {
  await control.database.schema.dropTable('credentials').execute();
  await client.createDeployment({ name: 'north' });
  const error = await apiError(client.createCredential('north', { username: 'meter', password: 'a-good-password' }));
  expect(error).toMatchObject({ status: 500, code: 'server.error' });
  expect(error.message).not.toContain('table');
  expect(control.unexpected.splice(0).map((reported) => reported.message)).toEqual(['no such table: credentials']);
});

test('nothing secret is in any answer, and no answer is cached', async () => {
  await client.createDeployment({ name: 'north' });
  const chosen = 'chosen-password-1';
  await client.createCredential('north', { username: 'meter', password: chosen });
  const { password: generated = '' } = await client.createCredential('north', { username: 'other' });
  answered.length = 0;
  await client.setPassword('north', 'meter', `${chosen}2`);
  await client.disableCredential('north', 'meter');
  await client.enableCredential('north', 'meter');
  await client.listCredentials('north');
  await client.getDeployment('north');
  await client.info();
  await client.metrics();
  // Errors about a password do not repeat it.
  await apiError(client.setPassword('north', 'meter', 'tiny-pw'));
  await apiError(client.createCredential('north', { username: 'meter', password: chosen }));
  const wrongType = JSON.stringify({ username: 'x', password: [chosen] });
  await request('/api/v1/deployments/north/credentials', post(wrongType));
  await request('/api/v1/deployments/north/credentials', post(`{"username":"x","password":"${chosen}`));
  const rows = await control.database.selectFrom('credentials').selectAll().execute();
  const secrets = [chosen, generated, 'tiny-pw', testToken, ...rows.flatMap((row) => [row.salt, row.mac])];
  expect(secrets.every((secret) => secret.length > 0)).toBe(true);
  expect(answered.length).toBeGreaterThan(8);
  for (const answer of answered) {
    for (const secret of secrets) expect(answer).not.toContain(secret);
    expect(answer).toContain('no-store');
  }
});

test('two deployments with the same user names show only their own', async () => {
  for (const name of ['north', 'south']) {
    await client.createDeployment({ name });
    await client.createCredential(name, { username: 'meter' });
    await client.createCredential(name, { username: `only-${name}` });
  }
  await client.disableCredential('north', 'meter');
  await client.deleteCredential('north', 'only-north');
  expect(await client.listCredentials('south')).toMatchObject([
    { username: 'meter', disabled: false },
    { username: 'only-south', disabled: false },
  ]);
});

test('files are served with their types', async () => {
  const ca = await request('/ca.crt');
  expect(ca.headers.get('content-type')).toBe('application/x-x509-ca-cert');
  expect(ca.headers.get('content-disposition')).toBe('attachment; filename="berth-ca.crt"');
  const metrics = await request('/metrics');
  expect(metrics.headers.get('content-type')).toStartWith('text/plain; version=0.0.4');
  const document: unknown = await (await request('/api/v1/openapi.json')).json();
  expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
});

test('every answer of the API has the shape that the document states', async () => {
  await client.createDeployment({ name: 'north' });
  const { responses } = routes.getDeployment;
  const shown: unknown = await (await request('/api/v1/deployments/north', { headers: authorized })).json();
  expect(responses[200].content['application/json'].schema.parse(shown)).toEqual(shown as never);
});
