import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { defaultLimits } from '../../../packages/engine/limits.ts';
import { PasswordHasher } from '../policy/credential-hash.ts';
import { AccessRuleTable } from '../policy/access-rule-table.ts';
import { CredentialTable } from '../policy/credential-table.ts';
import { DeploymentTable } from '../policy/deployment-table.ts';
import { ControlError } from './control-error.ts';
import { startControl, type TestControl } from './fixture.ts';

const day = 24 * 3_600_000;
const keys = { a: new Uint8Array(32).fill(1), b: new Uint8Array(32).fill(2) };
const bytes = (text: string) => new TextEncoder().encode(text);

let directory: string;
let control: TestControl;
let table: DeploymentTable;
let logins: CredentialTable;
let rehashes: Promise<void>[];

/** Starts the control plane on the directory: again, as after a restart. */
async function start(pepper: 'a' | 'b' = 'a'): Promise<void> {
  const hashing = new PasswordHasher({ current: pepper, keys });
  table = new DeploymentTable();
  rehashes = [];
  logins = new CredentialTable(hashing, (...change) => {
    rehashes.push(control.credentials.rehashed(...change));
  });
  control = await startControl(directory, {
    deployments: table,
    credentials: logins,
    hashing,
    rules: new AccessRuleTable(),
  });
}

async function restart(pepper: 'a' | 'b' = 'a'): Promise<void> {
  const { now } = control.clock;
  await control[Symbol.asyncDispose]();
  await start(pepper);
  control.clock.now = now;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-control-'));
  await start();
});

afterEach(async () => {
  await control[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** Comes with a first deployment where a test is not about its credential. */
const alone = () => Promise.resolve(() => {});

/** The error that a promise rejects with. */
async function errorOf(promise: Promise<unknown>): Promise<{ status: number; code: string; field: string | null }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ControlError) return { status: error.status, code: error.code, field: error.field };
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the first deployment', () => {
  test('is made once, named default, with its rate limits at none and failed log-ins limited', async () => {
    const { deployment, created } = await control.deployments.ensureFirst(alone);
    expect(created).toBe(true);
    expect(deployment?.name).toBe('default');
    expect(deployment?.id).toMatch(/^[a-hjkmnp-z][a-hjkmnp-z2-9]{9}$/);
    expect(deployment?.address).toBe(`${deployment?.id}.berth.example`);
    expect(deployment?.limits).toEqual({
      connectsPerSecond: null,
      messagesPerSecond: null,
      publishesPerSecondPerClient: null,
      bytesPerSecondPerClient: null,
      restRequestsPerSecond: null,
    });
    expect(deployment?.effectiveLimits.failedLoginsPerMinute).toBe(60);
    await restart();
    expect(await control.deployments.ensureFirst(alone)).toEqual({ deployment, created: false });
    expect(table.first?.id).toBe(deployment?.id as DeploymentId);
  });

  test('is stored with what comes with it or not at all, and that is known once both are stored', async () => {
    const failing = control.deployments.ensureFirst(async (id, transaction) => {
      await control.credentials.createWith(transaction, id, { username: 'device' });
      throw new Error('the disk is full');
    });
    await expect(failing).rejects.toThrow('the disk is full');
    expect(await control.deployments.first()).toBeNull();
    expect(table.first).toBeUndefined();
    expect(await control.database.selectFrom('credentials').selectAll().execute()).toEqual([]);

    let password = '';
    let isKnown: boolean | null = null;
    const check = (id: DeploymentId) => logins.check(id, 'device', bytes(password)) === 'accepted';
    const { created } = await control.deployments.ensureFirst(async (id, transaction) => {
      const { secret, committed } = await control.credentials.createWith(transaction, id, { username: 'device' });
      password = secret.password ?? '';
      isKnown = check(id);
      return committed;
    });
    const id = table.first?.id as DeploymentId;
    expect([created, isKnown, check(id)]).toEqual([true, false, true]);
    await restart();
    expect(check(id)).toBe(true);
  });

  test('is not made again after it was deleted, even when that is forgotten', async () => {
    await control.deployments.ensureFirst(alone);
    await control.deployments.delete('default');
    control.clock.now += 31 * day;
    await control.deployments.forgetDeleted();
    await restart();
    expect(await control.deployments.ensureFirst(alone)).toEqual({ deployment: null, created: false });
  });
});

describe('deployments', () => {
  test('live through create, show, stop, start and delete, each after its commit', async () => {
    const made = await control.deployments.create({ name: 'Factory 2' });
    const id = made.id as DeploymentId;
    expect(made).toMatchObject({ name: 'Factory 2', type: 'serverless', state: 'running', limits: {} });
    expect(made.ports).toEqual({ mqtts: 8883, wss: 8084 });
    expect(made.effectiveLimits).toEqual(defaultLimits());
    expect(made.createdAt).toBe('2026-01-01T00:00:00.000Z');
    expect(await control.deployments.get(made.id)).toEqual(made);
    expect(await control.deployments.get('Factory 2')).toEqual(made);
    expect(table.get(id)?.state).toBe('running');

    expect((await control.deployments.stop('Factory 2')).state).toBe('stopped');
    expect(table.get(id)?.state).toBe('stopped');
    await control.deployments.stop(made.id);
    expect((await control.deployments.start(made.id)).state).toBe('running');
    await control.deployments.start(made.id);
    expect(table.get(id)?.state).toBe('running');

    await control.deployments.delete(made.id);
    expect(await control.deployments.list()).toEqual([]);
    expect(table.get(id)?.deletedAt).toBe(control.clock.now);
    expect(control.live.take()).toEqual([
      `open ${id} null null`,
      `close ${id} deployment.stopped`,
      `open ${id} null null`,
      `close ${id} deployment.deleted forget`,
    ]);
    expect(await errorOf(control.deployments.get(made.id))).toMatchObject({
      status: 404,
      code: 'deployment.not-found',
    });
    expect((await control.deployments.create({ name: 'Factory 2' })).id).not.toBe(made.id);
  });

  test('are counted with what is live', async () => {
    control.live.liveCounters = { connections: 3, sessions: 4, subscriptions: 5 };
    const { counters } = await control.deployments.create({ name: 'north' });
    expect(counters).toEqual({ connections: 3, sessions: 4, subscriptions: 5 });
  });

  test('have names of their own, and no name is the id of another', async () => {
    const north = await control.deployments.create({ name: 'north' });
    const taken = { status: 409, code: 'deployment.name-taken', field: 'name' };
    expect(await errorOf(control.deployments.create({ name: 'north' }))).toEqual(taken);
    expect(await errorOf(control.deployments.create({ name: north.id }))).toEqual(taken);
    await control.deployments.create({ name: 'south' });
    expect(await errorOf(control.deployments.change('south', { name: 'north' }))).toEqual(taken);
    expect((await control.deployments.change('south', { name: '南方' })).name).toBe('南方');
    expect((await control.deployments.change('南方', { name: '南方' })).name).toBe('南方');
  });

  test('get of two requests for one name at the same time only one', async () => {
    const results = await Promise.allSettled([
      control.deployments.create({ name: 'north' }),
      control.deployments.create({ name: 'north' }),
    ]);
    expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('take limits while they run, keep those that are not named, and survive a restart', async () => {
    const { id } = await control.deployments.create({ name: 'north' });
    await control.deployments.change(id, { limits: { sessions: 5, connectsPerSecond: null } });
    control.live.take();
    const changed = await control.deployments.change(id, { limits: { sessions: 6, topicLevels: 16 } });
    expect(changed.limits).toEqual({ sessions: 6, connectsPerSecond: null });
    expect(control.live.take()).toEqual([`policyChanged ${id}`]);
    expect(table.limits(id as DeploymentId)).toEqual({ ...defaultLimits(), sessions: 6, connectsPerSecond: null });
    await restart();
    expect(table.limits(id as DeploymentId).sessions).toBe(6);
    expect((await control.deployments.get(id)).limits).toEqual(changed.limits);
  });

  test('refuse limits out of their range, and nothing is changed', async () => {
    const { id } = await control.deployments.create({ name: 'north' });
    const changes = { name: 'new', limits: { sessions: 7, inFlightOut: null } };
    const expected = { status: 400, code: 'request.invalid', field: 'limits.inFlightOut' };
    expect(await errorOf(control.deployments.change(id, changes))).toEqual(expected);
    expect((await control.deployments.get(id)).name).toBe('north');
    expect(table.limits(id as DeploymentId).sessions).toBe(1000);
  });

  test('that were deleted are remembered for 30 days', async () => {
    const { id } = await control.deployments.create({ name: 'north' });
    await control.deployments.delete(id);
    const deletedAt = control.clock.now;
    await restart();
    expect(table.get(id as DeploymentId)?.deletedAt).toBe(deletedAt);
    control.clock.now += 30 * day - 1;
    await control.deployments.forgetDeleted();
    expect(table.get(id as DeploymentId)).toBeDefined();
    control.clock.now += 1;
    await control.deployments.forgetDeleted();
    expect(table.get(id as DeploymentId)).toBeUndefined();
    await restart();
    expect(table.get(id as DeploymentId)).toBeUndefined();
  });
});

describe('dedicated deployments', () => {
  const ports = { type: 'dedicated', mqttPort: 1883, wsPort: 8083 } as const;

  test('have plain ports of their own, opened at each start, of the stopped ones too', async () => {
    const { id, ports: shown } = await control.deployments.create({ name: 'plant', ...ports });
    expect(shown).toEqual({ mqtts: 8883, wss: 8084, mqtt: 1883, ws: 8083 });
    await control.deployments.stop('plant');
    expect(control.live.take()[0]).toBe(`open ${id} 1883 8083`);
    await restart();
    expect(await control.deployments.openAll()).toEqual([]);
    expect(control.live.take()).toEqual([`open ${id} 1883 8083`]);
  });

  test('a port that cannot be opened at the start is reported, and the others run', async () => {
    const plant = await control.deployments.create({ name: 'plant', ...ports });
    const north = await control.deployments.create({ name: 'north' });
    control.live.take();
    control.live.trickyPorts.add(1883);
    const failures = await control.deployments.openAll();
    expect(failures.map((failure) => failure.deployment)).toEqual([plant.id as DeploymentId]);
    expect(control.live.take()).toEqual([`open ${north.id} null null`]);
  });

  test('never share a port, in either role, even while stopped', async () => {
    await control.deployments.create({ name: 'plant', ...ports });
    await control.deployments.stop('plant');
    const asWs = control.deployments.create({ name: 'b', type: 'dedicated', wsPort: 1883 });
    expect(await errorOf(asWs)).toEqual({ status: 409, code: 'port.taken', field: 'wsPort' });
    const asMqtt = control.deployments.create({ name: 'b', type: 'dedicated', mqttPort: 1883 });
    expect(await errorOf(asMqtt)).toEqual({ status: 409, code: 'port.taken', field: 'mqttPort' });
    await control.deployments.delete('plant');
    await control.deployments.create({ name: 'b', type: 'dedicated', wsPort: 1883 });
  });

  test('start again after a stop on the ports that they kept, and after a restart of the service too', async () => {
    await control.deployments.create({ name: 'plant', ...ports });
    await control.deployments.stop('plant');
    expect((await control.deployments.start('plant')).state).toBe('running');
    await control.deployments.stop('plant');
    await restart();
    expect(await control.deployments.openAll()).toEqual([]);
    expect((await control.deployments.start('plant')).state).toBe('running');
  });

  test('a port in use by another program is refused, at create and at a start that did not get it', async () => {
    control.live.busyPorts.add(1883);
    const taken = { status: 409, code: 'port.taken', field: 'mqttPort' };
    expect(await errorOf(control.deployments.create({ name: 'plant', ...ports }))).toEqual(taken);
    expect(await control.deployments.list()).toEqual([]);
    control.live.busyPorts.clear();
    await control.deployments.create({ name: 'plant', ...ports });
    await control.deployments.stop('plant');
    await restart();
    control.live.busyPorts.add(1883);
    expect(await errorOf(control.deployments.start('plant'))).toEqual(taken);
  });

  test('a port that is lost in the last moment leaves nothing half done', async () => {
    control.live.trickyPorts.add(1883);
    const error = await errorOf(control.deployments.create({ name: 'plant', ...ports }));
    expect(error).toMatchObject({ status: 409, code: 'port.taken' });
    expect(await control.deployments.list()).toEqual([]);
    control.live.trickyPorts.clear();
    const { id } = await control.deployments.create({ name: 'plant', ...ports });
    await control.deployments.stop('plant');
    control.live.trickyPorts.add(1883);
    expect(await errorOf(control.deployments.start('plant'))).toMatchObject({ status: 409, code: 'port.taken' });
    expect((await control.deployments.get('plant')).state).toBe('stopped');
    expect(table.get(id as DeploymentId)?.state).toBe('stopped');
  });

  test('ports that do not suit the type are refused', async () => {
    const create = control.deployments.create.bind(control.deployments);
    const cases = [
      [{ name: 'a', mqttPort: 1883 }, 'port.not-allowed', 'mqttPort'],
      [{ name: 'a', type: 'serverless', wsPort: 8083 }, 'port.not-allowed', 'wsPort'],
      [{ name: 'a', type: 'dedicated' }, 'port.missing', 'mqttPort'],
      [{ name: 'a', type: 'dedicated', mqttPort: 1883, wsPort: 1883 }, 'port.same', 'wsPort'],
    ] as const;
    for (const [input, code, field] of cases)
      expect(await errorOf(create(input))).toEqual({ status: 400, code, field });
  });
});

describe('credentials', () => {
  let north: DeploymentId;
  let south: DeploymentId;

  beforeEach(async () => {
    north = (await control.deployments.create({ name: 'north' })).id as DeploymentId;
    south = (await control.deployments.create({ name: 'south' })).id as DeploymentId;
    control.live.take();
  });

  test('log in at once and after a restart, and only in their deployment', async () => {
    const made = await control.credentials.create('north', { username: 'meter', password: 'a-good-password' });
    expect(made).toEqual({
      username: 'meter',
      disabled: false,
      createdAt: '2026-01-01T00:00:00.000Z',
      changedAt: '2026-01-01T00:00:00.000Z',
      warnings: [],
    });
    await control.credentials.create('south', { username: 'meter', password: 'another-password' });
    await restart();
    expect(logins.check(north, 'meter', bytes('a-good-password'))).toBe('accepted');
    expect(logins.check(south, 'meter', bytes('a-good-password'))).toBe('wrong-password');
    expect(logins.check(south, 'meter', bytes('another-password'))).toBe('accepted');
  });

  test('a generated password has 128 bits without letters that are mistaken for others, and is new each time', async () => {
    const one = await control.credentials.create(north, { username: 'one' });
    const two = await control.credentials.create(north, { username: 'two' });
    expect(one.password).toMatch(/^[a-hjkmnp-z2-9]{26}$/);
    expect(one.password).not.toBe(two.password);
    expect(logins.check(north, 'one', bytes(one.password ?? ''))).toBe('accepted');
  });

  test('a password under 8 characters is refused, one under 12 accepted with a warning', async () => {
    const refused = { status: 400, code: 'request.invalid', field: 'password' };
    expect(await errorOf(control.credentials.create(north, { username: 'a', password: '1234567' }))).toEqual(refused);
    expect(await errorOf(control.credentials.create(north, { username: 'a', password: '😀😀😀😀' }))).toEqual(refused);
    const short = await control.credentials.create(north, { username: 'a', password: '12345678' });
    expect(short.warnings.map((warning) => warning.code)).toEqual(['password.short']);
    expect(short.password).toBeUndefined();
    expect((await control.credentials.setPassword(north, 'a', '123456789012')).warnings).toEqual([]);
    expect(await errorOf(control.credentials.setPassword(north, 'a', '1234567'))).toEqual(refused);
  });

  test('user names that no device can send or no URL can carry are refused', async () => {
    for (const username of ['', '.', '..', 'a\u0000b', 'line\nbreak', 'x'.repeat(257), '\ud800']) {
      const error = await errorOf(control.credentials.create(north, { username, password: 'a-good-password' }));
      expect(error).toEqual({ status: 400, code: 'request.invalid', field: 'username' });
    }
    await control.credentials.create(north, { username: '仪表/1 %?#', password: 'a-good-password' });
  });

  test('a changed password, a disabled and a deleted user close their connections with the reason', async () => {
    await control.credentials.create(north, { username: 'meter', password: 'first-password' });
    control.clock.now += 1000;
    const { changedAt } = await control.credentials.setPassword(north, 'meter', 'second-password');
    expect(changedAt).toBe('2026-01-01T00:00:01.000Z');
    expect(logins.check(north, 'meter', bytes('first-password'))).toBe('wrong-password');
    expect(logins.check(north, 'meter', bytes('second-password'))).toBe('accepted');
    expect((await control.credentials.disable(north, 'meter')).disabled).toBe(true);
    expect(logins.check(north, 'meter', bytes('second-password'))).toBe('disabled');
    expect((await control.credentials.enable(north, 'meter')).disabled).toBe(false);
    expect(logins.check(north, 'meter', bytes('second-password'))).toBe('accepted');
    await control.credentials.delete(north, 'meter');
    expect(logins.check(north, 'meter', bytes('second-password'))).toBe('unknown-user');
    expect(control.live.take()).toEqual([
      `closeUsername ${north} meter credentials.changed`,
      `closeUsername ${north} meter credentials.disabled`,
      `closeUsername ${north} meter credentials.deleted`,
    ]);
    expect(await control.credentials.list(north)).toEqual([]);
  });

  test('of another deployment are not found', async () => {
    await control.credentials.create(north, { username: 'meter' });
    const missing = { status: 404, code: 'credential.not-found', field: null };
    expect(await errorOf(control.credentials.setPassword(south, 'meter'))).toEqual(missing);
    expect(await errorOf(control.credentials.disable(south, 'meter'))).toEqual(missing);
    expect(await errorOf(control.credentials.delete(south, 'meter'))).toEqual(missing);
    expect(await control.credentials.list(south)).toEqual([]);
    expect(control.live.take()).toEqual([]);
    const nowhere = control.credentials.list('nowhere');
    expect(await errorOf(nowhere)).toEqual({ status: 404, code: 'deployment.not-found', field: null });
  });

  test('a user name exists once', async () => {
    await control.credentials.create(north, { username: 'meter', password: 'first-password' });
    const error = await errorOf(control.credentials.create(north, { username: 'meter' }));
    expect(error).toEqual({ status: 409, code: 'credential.exists', field: 'username' });
    expect(logins.check(north, 'meter', bytes('first-password'))).toBe('accepted');
  });

  test('stop at the limit, which is named; another deployment has its own', async () => {
    await control.deployments.change(north, { limits: { credentials: 2 } });
    await control.credentials.create(north, { username: 'one' });
    await control.credentials.create(north, { username: 'two' });
    const error = await errorOf(control.credentials.create(north, { username: 'three' }));
    expect(error).toEqual({ status: 409, code: 'limit.credentials', field: null });
    await control.credentials.create(south, { username: 'three' });
    await control.deployments.change(north, { limits: { credentials: null } });
    await control.credentials.create(north, { username: 'three' });
  });

  test('end with their deployment', async () => {
    await control.credentials.create(north, { username: 'meter', password: 'a-good-password' });
    await control.deployments.delete(north);
    expect(logins.check(north, 'meter', bytes('a-good-password'))).toBe('unknown-user');
    const rows = await control.database.selectFrom('credentials').selectAll().execute();
    expect(rows).toEqual([]);
  });

  test('are stored without the password, and move to a new pepper at the next log-in', async () => {
    await control.credentials.create(north, { username: 'meter', password: 'a-good-password' });
    const stored = () => control.database.selectFrom('credentials').selectAll().executeTakeFirstOrThrow();
    expect(JSON.stringify(await stored())).not.toContain('a-good-password');
    expect((await stored()).pepper_key_id).toBe('a');
    await restart('b');
    expect(logins.check(north, 'meter', bytes('a-good-password'))).toBe('accepted');
    await Promise.all(rehashes);
    expect((await stored()).pepper_key_id).toBe('b');
    await restart('b');
    expect(logins.check(north, 'meter', bytes('a-good-password'))).toBe('accepted');
    expect(rehashes).toEqual([]);
  });

  test('a rehash does not bring back a password that was changed meanwhile', async () => {
    await control.credentials.create(north, { username: 'meter', password: 'first-password' });
    await restart('b');
    const changed = control.credentials.setPassword(north, 'meter', 'second-password');
    expect(logins.check(north, 'meter', bytes('first-password'))).toBe('accepted');
    await changed;
    await Promise.all(rehashes);
    await restart('b');
    expect(logins.check(north, 'meter', bytes('first-password'))).toBe('wrong-password');
    expect(logins.check(north, 'meter', bytes('second-password'))).toBe('accepted');
  });

  test('whose pepper is gone are counted', async () => {
    await control.credentials.create(north, { username: 'meter' });
    const other = new PasswordHasher({ current: 'c', keys: { c: new Uint8Array(32) } });
    const directoryAgain = await startControl(directory, {
      deployments: table,
      credentials: logins,
      hashing: other,
      rules: new AccessRuleTable(),
    });
    expect(await directoryAgain.credentials.load()).toEqual({ credentials: 1, withoutPepper: 1 });
    await directoryAgain[Symbol.asyncDispose]();
  });
});
