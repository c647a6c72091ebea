import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessRule } from '../../../packages/api/mod.ts';
import { run } from '../run.ts';
import { TestContext, type TestContextOptions } from '../test-context.ts';

const rule: AccessRule = {
  id: 'k3x9ab22',
  kind: 'username',
  subject: '仪表',
  action: 'publish',
  permission: 'deny',
  topicFilter: 'plant/${clientid}/#',
  position: 1,
  createdAt: '2026-01-02T03:04:05.000Z',
  changedAt: '2026-01-02T03:04:05.000Z',
};
const everybody: AccessRule = { ...rule, id: 'm4', kind: 'all', subject: null, permission: 'allow', topicFilter: '#' };
const csv = 'kind,subject,action,permission,topic_filter\r\n';

/** What the service was asked. */
let asked: { readonly line: string; readonly type: string | null; readonly body: string }[] = [];
let allowed = true;
const base = '/api/v1/deployments/north';
const answers: Readonly<Record<string, () => Response>> = {
  [`POST ${base}/rules`]: () => Response.json(rule, { status: 201 }),
  [`GET ${base}/rules`]: () => Response.json({ default: 'deny', rules: [rule, everybody] }),
  [`PATCH ${base}/rules/k3x9ab22`]: () => Response.json(rule),
  [`DELETE ${base}/rules/k3x9ab22`]: () => new Response(null, { status: 204 }),
  [`PUT ${base}/rules/default`]: () => Response.json({ permission: 'deny' }),
  [`POST ${base}/rules/try`]: () => Response.json({ allowed, partly: false, rule, explanation: 'It is so: rule.' }),
  [`GET ${base}/rules.csv`]: () => new Response(csv),
  [`POST ${base}/rules.csv`]: () => Response.json({ imported: 3, warnings: [] }),
  [`PUT ${base}/rules.csv`]: () => Response.json({ imported: 4, warnings: [] }),
  [`GET ${base}/credentials.csv`]: () => new Response('username\r\n'),
  [`POST ${base}/credentials.csv`]: () => Response.json({ imported: 2, warnings: ['Line 3: short.'] }),
};

let folder: string;
let server: ReturnType<typeof Bun.serve>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-rule-'));
  server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const line = `${request.method} ${new URL(request.url).pathname}`;
      asked.push({ line, type: request.headers.get('content-type'), body: await request.text() });
      return answers[line]?.() ?? new Response('?', { status: 500 });
    },
  });
  writeFileSync(join(folder, 'admin-token'), 'the-token\n');
  const runtime = { http: server.port, httpHost: '127.0.0.1', pid: process.pid };
  writeFileSync(join(folder, 'runtime.json'), JSON.stringify(runtime));
});
afterAll(async () => {
  await server.stop(true);
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  asked = [];
  allowed = true;
});

async function runs(args: readonly string[], options: TestContextOptions = {}) {
  const context = new TestContext({ env: { BERTH_DATA: folder }, ...options });
  const code = await run(args, context);
  return { code, output: context.output.toString(), errors: context.errors };
}

/** The body of the last request. */
const sent = (): unknown => JSON.parse(asked.at(-1)?.body ?? '');

describe('rule', () => {
  test('list is a table in the order of trial, with the default', async () => {
    expect(await runs(['rule', 'list', 'north'])).toEqual({
      code: 0,
      output: [
        'ID        KIND       SUBJECT  POSITION  PERMISSION  ACTION   TOPIC FILTER',
        'k3x9ab22  user name  仪表     1         deny        publish  plant/${clientid}/#',
        'm4        all        -        1         allow       publish  #',
        'Where no rule matches: deny',
        '',
      ].join('\n'),
      errors: '',
    });
    const { output } = await runs(['rule', 'list', 'north', '--json']);
    expect(JSON.parse(output)).toEqual({ default: 'deny', rules: [rule, everybody] });
  });

  test('add is about everybody, a client id or a user name', async () => {
    expect((await runs(['rule', 'add', 'north', 'deny', 'all', 'a/#'])).code).toBe(0);
    expect(sent()).toEqual({ kind: 'all', permission: 'deny', action: 'all', topicFilter: 'a/#' });
    await runs(['rule', 'add', 'north', 'allow', 'publish', 'a', '--client-id', 'c1', '--position', '2']);
    expect(sent()).toMatchObject({ kind: 'clientId', subject: 'c1', permission: 'allow', position: 2 });
    await runs(['rule', 'add', 'north', 'allow', 'subscribe', 'a', '--username', 'u']);
    expect(sent()).toMatchObject({ kind: 'username', subject: 'u', action: 'subscribe' });
  });

  test.each([
    [['add', 'north', 'forbid', 'all', 'a'], 'allow or deny, not "forbid"'],
    [['add', 'north', 'deny', 'read', 'a'], 'publish or subscribe or all'],
    [['add', 'north', 'deny', 'all', 'a', '--client-id', 'c', '--username', 'u'], 'only one'],
    [['add', 'north', 'deny', 'all', 'a', '--position', '0'], 'whole number from 1'],
    [['move', 'north', 'k3x9ab22'], '--to, --before and --after'],
    [['move', 'north', 'k3x9ab22', '--to', '1', '--after', 'm4'], '--to, --before and --after'],
    [['try', 'north', 'publish', 'a'], '--client-id'],
    [['default', 'north', 'maybe'], 'allow or deny'],
    [['delete', 'north', 'k3x9ab22'], '--yes'],
    [['import', 'north', '/nonexistent.csv'], 'cannot be read'],
  ])('%j is wrong usage', async (args, said) => {
    const { code, errors } = await runs(['rule', ...args]);
    expect([code, errors]).toEqual([2, expect.stringContaining(said)]);
    expect(asked).toEqual([]);
  });

  test('move, delete and default do what they say', async () => {
    await runs(['rule', 'move', 'north', 'k3x9ab22', '--before', 'm4']);
    expect(sent()).toEqual({ before: 'm4' });
    await runs(['rule', 'move', 'north', 'k3x9ab22', '--to', '3']);
    expect(sent()).toEqual({ position: 3 });
    const deleted = await runs(['rule', 'delete', 'north', 'k3x9ab22'], { answer: 'yes' });
    expect(deleted.output).toBe('Rule k3x9ab22 of north is deleted.\n');
    expect((await runs(['rule', 'delete', 'north', 'k3x9ab22'], { answer: 'no' })).code).toBe(1);
    expect((await runs(['rule', 'default', 'north', 'deny'])).output).toBe('Where no rule matches: deny\n');
    expect(sent()).toEqual({ permission: 'deny' });
  });

  test('try says it in a sentence, and by its exit code', async () => {
    const question = ['rule', 'try', 'north', 'publish', 'a/b', '--client-id', 'c', '--username', 'u'];
    expect(await runs(question)).toEqual({ code: 0, output: 'It is so: rule.\n', errors: '' });
    expect(sent()).toEqual({ clientId: 'c', username: 'u', action: 'publish', topic: 'a/b' });
    allowed = false;
    expect(await runs(question)).toEqual({ code: 1, output: 'It is so: rule.\n', errors: '' });
    const { code, output } = await runs([...question, '--json']);
    expect([code, (JSON.parse(output) as { allowed: boolean }).allowed]).toEqual([1, false]);
  });
});

describe('CSV files', () => {
  test('of rules are added or replace, from a file or standard input', async () => {
    const file = join(folder, 'in.csv');
    writeFileSync(file, `\ufeff${csv}`);
    expect((await runs(['rule', 'import', 'north', file])).output).toBe('3 rules imported.\n');
    expect(asked.at(-1)).toEqual({ line: `POST ${base}/rules.csv`, type: 'text/csv', body: csv });
    expect((await runs(['rule', 'import', 'north', '-', '--replace'], { input: csv })).output).toBe(
      '4 rules imported.\n',
    );
    expect(asked.at(-1)).toEqual({ line: `PUT ${base}/rules.csv`, type: 'text/csv', body: csv });
  });

  test('are written to standard output, or to a file for its owner only', async () => {
    expect((await runs(['rule', 'export', 'north'])).output).toBe(csv);
    const file = join(folder, 'out.csv');
    writeFileSync(file, 'for everybody\n', { mode: 0o644 });
    expect((await runs(['credential', 'export', 'north', file])).output).toBe('');
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['username\r\n', 0o600]);
    expect((await runs(['rule', 'export', 'north', '/nonexistent/x.csv'])).errors).toContain('cannot be written');
  });

  test('of credentials are added, with warnings on standard error', async () => {
    const done = await runs(['credential', 'import', 'north', '-'], { input: 'username,password\na,b\n' });
    expect(done).toEqual({
      code: 0,
      output: '2 user names imported.\n',
      errors: 'berth: warning: Line 3: short.',
    });
    expect(asked.at(-1)?.body).toBe('username,password\na,b\n');
  });

  test('in another encoding are refused before anything is sent', async () => {
    const file = join(folder, 'gbk.csv');
    writeFileSync(file, Buffer.from([0xd6, 0xd0]));
    const { code, errors } = await runs(['rule', 'import', 'north', file]);
    expect([code, errors]).toEqual([2, expect.stringContaining('not UTF-8')]);
    expect(asked).toEqual([]);
  });
});
