import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient, ApiError, type AccessRule, type CreateAccessRule } from '../../../packages/api/mod.ts';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { AccessRuleTable } from '../policy/access-rule-table.ts';
import { PasswordHasher } from '../policy/credential-hash.ts';
import { CredentialTable } from '../policy/credential-table.ts';
import { DeploymentTable } from '../policy/deployment-table.ts';
import { startControl, testToken, type TestControl } from './fixture.ts';
import { startHttpServer } from './http-server.ts';

let directory: string;
let control: TestControl;
let table: AccessRuleTable;
let logins: CredentialTable;
let client: ApiClient;
let north: DeploymentId;

/** Starts the control plane on the directory: again, as after a restart. */
async function start(): Promise<void> {
  const hashing = new PasswordHasher({ current: 'a', keys: { a: new Uint8Array(32) } });
  table = new AccessRuleTable();
  logins = new CredentialTable(hashing, () => {});
  const policy = { deployments: new DeploymentTable(), credentials: logins, hashing, rules: table };
  control = await startControl(directory, policy);
  const { app } = control;
  client = new ApiClient({
    baseUrl: 'http://localhost',
    token: testToken,
    fetch: async (url, init) => app.request(url, init),
  });
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-rules-'));
  await start();
  north = (await control.deployments.create({ name: 'north' })).id as DeploymentId;
  control.live.take();
});

afterEach(async () => {
  expect(control.unexpected).toEqual([]);
  await control[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function errorOf(promise: Promise<unknown>): Promise<ApiError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const add = (topicFilter: string, change: Partial<CreateAccessRule> = {}): Promise<AccessRule> =>
  client.createRule('north', { kind: 'all', permission: 'deny', topicFilter, ...change });

/** The rules as a person sees them, for short. */
async function listed(): Promise<string[]> {
  const { rules } = await client.listRules('north');
  return rules.map((rule) => `${rule.subject ?? '*'} ${rule.position} ${rule.topicFilter}`);
}

const mayPublish = (topic: string, clientId = 'c', username: string | null = null) =>
  table.answer(north, { clientId, username, action: 'publish', topic }).allowed;

describe('a rule', () => {
  test('is made, listed, changed and deleted; each change is in force at once and said to the running sessions', async () => {
    const made = await add('a/#', { action: 'publish' });
    expect(made).toMatchObject({ kind: 'all', subject: null, action: 'publish', permission: 'deny', position: 1 });
    expect(made.id).toMatch(/^[a-hjkmnp-z][a-hjkmnp-z2-9]{7}$/);
    expect(await client.listRules(north)).toEqual({ default: 'allow', rules: [made] });
    expect(mayPublish('a/b')).toBe(false);
    control.clock.now += 1000;
    const changed = await client.changeRule('north', made.id, { topicFilter: 'b', kind: 'username', subject: 'meter' });
    expect(changed).toEqual({
      ...made,
      kind: 'username',
      subject: 'meter',
      topicFilter: 'b',
      changedAt: '2026-01-01T00:00:01.000Z',
    });
    expect([mayPublish('a/b'), mayPublish('b', 'c', 'meter')]).toEqual([true, false]);
    await client.deleteRule('north', made.id);
    expect(mayPublish('b', 'c', 'meter')).toBe(true);
    expect(control.live.take()).toEqual(Array.from({ length: 3 }, () => `policyChanged ${north}`));
    expect(await errorOf(client.deleteRule('north', made.id))).toMatchObject({ status: 404, code: 'rule.not-found' });
  });

  test('stands in the order of trial: client ids, user names, all; then by position', async () => {
    await add('3');
    await add('2', { kind: 'username', subject: 'u' });
    await add('1', { kind: 'clientId', subject: 'c' });
    await add('0', { kind: 'clientId', subject: 'd', position: 1 });
    await add('4', { position: 99 });
    expect(await listed()).toEqual(['d 1 0', 'c 2 1', 'u 1 2', '* 1 3', '* 2 4']);
  });

  test('moves to a position, before and behind another of its kind', async () => {
    const [a, b, c] = [await add('a'), await add('b'), await add('c')];
    expect((await client.changeRule('north', c.id, { position: 1 })).position).toBe(1);
    expect(await listed()).toEqual(['* 1 c', '* 2 a', '* 3 b']);
    await client.changeRule('north', c.id, { after: b.id });
    expect(await listed()).toEqual(['* 1 a', '* 2 b', '* 3 c']);
    await client.changeRule('north', c.id, { before: b.id });
    expect(await listed()).toEqual(['* 1 a', '* 2 c', '* 3 b']);
    await client.changeRule('north', a.id, { position: 50 });
    expect(await listed()).toEqual(['* 1 c', '* 2 b', '* 3 a']);
    // What is changed otherwise stays where it is.
    await client.changeRule('north', b.id, { permission: 'allow' });
    expect(await listed()).toEqual(['* 1 c', '* 2 b', '* 3 a']);
    const other = await add('u', { kind: 'username', subject: 'u' });
    for (const wrong of [{ before: other.id }, { after: a.id }, { before: 'nothing' }, { position: 1, before: b.id }])
      expect(await errorOf(client.changeRule('north', a.id, wrong))).toMatchObject({ status: 400 });
    expect(await listed()).toEqual(['u 1 u', '* 1 c', '* 2 b', '* 3 a']);
  });

  test.each([
    [{ topicFilter: 'a/#/b' }, 'topicFilter'],
    [{ topicFilter: '$share/g/a' }, 'topicFilter'],
    [{ topicFilter: 'a/${clientID}' }, 'topicFilter'],
    [{ kind: 'username' }, 'subject'],
    [{ kind: 'clientId', subject: '' }, 'subject'],
    [{ subject: 'u' }, 'subject'],
    [{ action: 'both' }, 'action'],
    [{ position: 0 }, 'position'],
    [{ id: 'x' }, 'id'],
  ])('%j is refused with the field', async (change, field) => {
    const error = await errorOf(add('a', change as Partial<CreateAccessRule>));
    expect(error).toMatchObject({ status: 400, code: 'request.invalid', field });
    expect(await listed()).toEqual([]);
  });

  test('of another deployment is not found, and ends with its own', async () => {
    const rule = await add('a');
    await control.deployments.create({ name: 'south' });
    expect(await errorOf(client.deleteRule('south', rule.id))).toMatchObject({ code: 'rule.not-found' });
    expect((await client.listRules('south')).rules).toEqual([]);
    await client.setRuleDefault('north', 'deny');
    await client.deleteDeployment('north');
    expect(mayPublish('a')).toBe(true);
    const left = await control.database.selectFrom('access_rules').selectAll().execute();
    expect([...left, ...(await control.database.selectFrom('access_defaults').selectAll().execute())]).toEqual([]);
  });
});

test('rules and the default are there again after a restart', async () => {
  const south = (await control.deployments.create({ name: 'south' })).id as DeploymentId;
  await client.setRuleDefault('south', 'deny');
  await add('a', { kind: 'clientId', subject: 'c' });
  await add('b', { position: 1, permission: 'allow' });
  const before = await client.listRules('north');
  await control[Symbol.asyncDispose]();
  await start();
  expect(await client.listRules('north')).toEqual(before);
  expect([mayPublish('a'), mayPublish('a', 'd'), mayPublish('b')]).toEqual([false, true, true]);
  expect(table.answer(south, { clientId: 'c', username: null, action: 'publish', topic: 'a' }).allowed).toBe(false);
});

test('the default is set back and forth, and is what holds where no rule matches', async () => {
  expect(await client.setRuleDefault('north', 'deny')).toEqual({ permission: 'deny' });
  expect(mayPublish('a')).toBe(false);
  expect((await client.listRules('north')).default).toBe('deny');
  await client.setRuleDefault('north', 'allow');
  expect(mayPublish('a')).toBe(true);
});

describe('limits', () => {
  test('of the deployment: a 409 that names the limit, for single rules and files', async () => {
    await client.changeDeployment('north', { limits: { accessRules: 2 } });
    const first = await add('a');
    await add('b');
    const error = await errorOf(add('c'));
    expect(error).toMatchObject({ status: 409, code: 'limit.access-rules' });
    expect(error.message).toContain('"accessRules" (2)');
    const csv = await client.exportRules('north');
    expect(await errorOf(client.importRules('north', csv, 'add'))).toMatchObject({ code: 'limit.access-rules' });
    expect(await listed()).toEqual(['* 1 a', '* 2 b']);
    expect(await client.importRules('north', csv, 'replace')).toEqual({ imported: 2, warnings: [] });
    // Below what there is: nothing is lost, nothing comes, changes and deletions go on.
    await client.changeDeployment('north', { limits: { accessRules: 1 } });
    expect(await errorOf(client.changeRule('north', first.id, { topicFilter: 'x' }))).toMatchObject({ status: 404 });
    const [one] = (await client.listRules('north')).rules;
    await client.changeRule('north', one?.id ?? '', { topicFilter: 'x' });
    await client.deleteRule('north', one?.id ?? '');
    expect(await listed()).toEqual(['* 1 b']);
    expect(await errorOf(add('c'))).toMatchObject({ code: 'limit.access-rules' });
  });

  test('of a client id or user name', async () => {
    await client.changeDeployment('north', { limits: { accessRulesPerSubject: 1 } });
    await add('a', { kind: 'clientId', subject: 'x' });
    await add('a', { kind: 'username', subject: 'x' });
    await add('a');
    await add('b');
    const error = await errorOf(add('b', { kind: 'clientId', subject: 'x' }));
    expect(error).toMatchObject({ status: 409, code: 'limit.access-rules-per-subject' });
    expect(error.message).toContain('"accessRulesPerSubject" (1)');
    const moved = (await client.listRules('north')).rules.find((rule) => rule.kind === 'username');
    const move = client.changeRule('north', moved?.id ?? '', { kind: 'clientId' });
    expect(await errorOf(move)).toMatchObject({ code: 'limit.access-rules-per-subject' });
  });
});

describe('try', () => {
  const ask = (action: 'publish' | 'subscribe', topic: string, username: string | null = null) =>
    client.tryRules('north', { clientId: 'c', username, action, topic });

  test('answers with the whole rule and a sentence', async () => {
    const deny = await add('a/#');
    const allow = await add('a/${username}', { kind: 'username', subject: 'meter', permission: 'allow' });
    expect(await ask('publish', 'a/meter')).toEqual({
      allowed: false,
      partly: false,
      rule: deny,
      explanation: `Client "c" without a user name may not publish to "a/meter": rule ${deny.id} (deny publish and subscribe "a/#" for everybody) is the first that matches.`,
    });
    expect(await ask('publish', 'a/meter', 'meter')).toMatchObject({ allowed: true, rule: allow });
    expect(await ask('publish', 'b')).toMatchObject({ allowed: true, rule: null });
    expect(await ask('subscribe', 'a/+')).toMatchObject({ allowed: false, partly: false, rule: deny });
    expect(await ask('subscribe', '$share/g/#', 'meter')).toMatchObject({ allowed: true, partly: true, rule: deny });
    await client.setRuleDefault('north', 'deny');
    const byDefault = await ask('publish', 'b');
    expect(byDefault.explanation).toEndWith('no rule matches, and the default is deny.');
  });

  test('knows what no rule can allow', async () => {
    await add('$SYS/#', { permission: 'allow' });
    expect(await ask('publish', '$SYS/x')).toMatchObject({ allowed: false, rule: null });
    expect(await ask('subscribe', '$SYS/x')).toMatchObject({ allowed: true });
  });

  test('refuses what no client can send', async () => {
    for (const [action, topic] of [
      ['publish', 'a/+'],
      ['publish', ''],
      ['subscribe', 'a/#/b'],
      ['subscribe', '$share/g'],
    ] as const)
      expect(await errorOf(ask(action, topic))).toMatchObject({ status: 400, field: 'topic' });
  });
});

describe('CSV of rules', () => {
  test('goes out and comes back the same, whatever spreadsheets make of it', async () => {
    await add('+/a', { kind: 'username', subject: '=cmd|x,"y"' });
    await add("'quoted", { kind: 'clientId', subject: '@me', permission: 'allow', action: 'publish' });
    await add('#', { action: 'subscribe' });
    const csv = await client.exportRules('north');
    expect(csv).toBe(
      [
        'kind,subject,action,permission,topic_filter',
        "clientId,'@me,publish,allow,''quoted",
        `username,"'=cmd|x,""y""",all,deny,'+/a`,
        'all,,subscribe,deny,#',
        '',
      ].join('\r\n'),
    );
    const before = await listed();
    expect(await client.importRules('north', csv, 'replace')).toEqual({ imported: 3, warnings: [] });
    expect(await listed()).toEqual(before);
    expect(await client.exportRules('north')).toBe(csv);
    await client.importRules('north', 'kind,subject,action,permission,topic_filter\nall,,all,allow,z\n', 'add');
    expect((await listed()).at(-1)).toBe('* 2 z');
  });

  test('is taken whole or not at all, and every wrong line is named', async () => {
    await add('a');
    control.live.take();
    const csv = [
      'kind,subject,action,permission,topic_filter',
      'all,,all,allow,x',
      'everybody,,all,allow,x',
      'all,me,all,allow,x',
      'username,,all,allow,x',
      'all,,both,allow,x',
      'all,,all,maybe,x',
      'all,,all,allow,x/#/y',
    ].join('\n');
    const error = await errorOf(client.importRules('north', csv, 'replace'));
    expect(error).toMatchObject({ status: 400, code: 'csv.invalid', field: 'line 3' });
    expect(error.message).toBe(
      'Line 3: a kind is clientId, username or all. Line 4: a rule for all has no client id or user name. ' +
        'Line 5: a rule of this kind needs a client id or user name. Line 6: an action is publish, subscribe or all. ' +
        'Line 7: a permission is allow or deny. 1 more line is wrong.',
    );
    expect(await listed()).toEqual(['* 1 a']);
    expect(control.live.take()).toEqual([]);
  });

  test('of 2,000 rules goes in and out', async () => {
    const lines = Array.from({ length: 2000 }, (_, index) => `all,,publish,deny,plant/${index}/${'x'.repeat(100)}`);
    const csv = ['kind,subject,action,permission,topic_filter', ...lines, ''].join('\r\n');
    expect((await client.importRules('north', csv, 'add')).imported).toBe(2000);
    expect(await client.exportRules('north')).toBe(csv);
    expect(mayPublish(`plant/1999/${'x'.repeat(100)}`)).toBe(false);
    const { rules } = await client.listRules('north');
    expect((await client.changeRule('north', rules[1999]?.id ?? '', { position: 1 })).position).toBe(1);
  });

  test('of more than a megabyte comes in through the HTTP server, a larger one is answered by the service', async () => {
    await using server = startHttpServer({ app: control.app, hostname: '127.0.0.1', port: 0, tls: null });
    const http = new ApiClient({
      baseUrl: `http://127.0.0.1:${server.port}`,
      token: testToken,
      // The answer comes before the whole body has gone out: a connection that is kept waits for the rest.
      fetch: (url, init) => fetch(url, { ...init, keepalive: false }),
    });
    await client.changeDeployment('north', { limits: { accessRules: null, accessRulesPerSubject: null } });
    const line = `all,,publish,deny,plant/${'x'.repeat(1000)}`;
    const rules = (count: number): string =>
      ['kind,subject,action,permission,topic_filter', ...Array<string>(count).fill(line)].join('\n');
    expect((await http.importRules('north', rules(1500), 'add')).imported).toBe(1500);
    const error = await errorOf(http.importRules('north', rules(5000), 'add'));
    expect(error).toMatchObject({ status: 413, code: 'body.too-large' });
    expect(error.message).toContain('4194304 bytes');
  });

  test('is said to be CSV, and has a limit', async () => {
    const send = async (type: string, body: string) => {
      const headers = { authorization: `Bearer ${testToken}`, 'content-type': type };
      const url = `http://localhost/api/v1/deployments/${north}/rules.csv`;
      return (await control.app.request(url, { method: 'POST', headers, body })).status;
    };
    expect(await send('application/json', '{}')).toBe(415);
    expect(await send('text/csv', 'x'.repeat(5 * 1024 * 1024))).toBe(413);
    expect(await send('Text/CSV; charset=utf-8', 'kind,subject,action,permission,topic_filter\n')).toBe(200);
  });
});

describe('CSV of credentials', () => {
  const password = (text: string) => new TextEncoder().encode(text);

  test('comes in with passwords, which work at once and after a restart, and goes out without', async () => {
    const csv = `username,password\r\nmeter,"a, ""good"" password"\r\n'=sum,'=not-a-formula\r\n中文,short-one\r\n`;
    expect(await client.importCredentials('north', csv)).toEqual({
      imported: 3,
      warnings: ['Line 4: The password is accepted, but 12 or more characters are safer.'],
    });
    expect(logins.check(north, '=sum', password("'=not-a-formula"))).toBe('accepted');
    await control[Symbol.asyncDispose]();
    await start();
    expect(logins.check(north, 'meter', password('a, "good" password'))).toBe('accepted');
    const out = await client.exportCredentials('north');
    const at = '2026-01-01T00:00:00.000Z';
    expect(out).toBe(
      [
        'username,disabled,created_at,changed_at',
        `'=sum,false,${at},${at}`,
        `meter,false,${at},${at}`,
        `中文,false,${at},${at}`,
        '',
      ].join('\r\n'),
    );
    const rows = await control.database.selectFrom('credentials').selectAll().execute();
    for (const { salt, mac } of rows) expect(out.includes(salt) || out.includes(mac)).toBe(false);
  });

  test('is taken whole or not at all: wrong and doubled lines, names that are taken, the limit; no password is repeated', async () => {
    await client.createCredential('north', { username: 'known' });
    const refused = async (csv: string) => errorOf(client.importCredentials('north', `username,password\n${csv}`));
    const wrong = await refused('one,long-enough-1\ntwo,secret\none,long-enough-2\n..,long-enough-3');
    expect(wrong).toMatchObject({ status: 400, code: 'csv.invalid', field: 'line 3' });
    expect(wrong.message).toContain('Line 4: the user name stands on line 2 already.');
    expect(wrong.message).not.toContain('secret');
    const taken = await refused('one,long-enough-1\nknown,long-enough-2');
    expect(taken.message).toBe('Line 3: the deployment has this user name already.');
    await client.changeDeployment('north', { limits: { credentials: 2 } });
    const full = await refused('one,long-enough-1\ntwo,long-enough-2');
    expect(full).toMatchObject({ status: 409, code: 'limit.credentials' });
    expect((await client.listCredentials('north')).map((credential) => credential.username)).toEqual(['known']);
    expect(logins.check(north, 'one', password('long-enough-1'))).toBe('unknown-user');
  });
});
