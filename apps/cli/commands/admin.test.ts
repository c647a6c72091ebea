import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { linkSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Deployment } from '../../../packages/api/mod.ts';
import { defaultLimits } from '../../../packages/engine/limits.ts';
import { makeCertificates } from '../mqtt/test-server.ts';
import { run } from '../run.ts';
import { TestContext, type TestContextOptions } from '../test-context.ts';

const deployment: Deployment = {
  id: 'k3x9',
  name: '一号工厂',
  type: 'dedicated',
  state: 'running',
  address: 'k3x9.berth.localhost',
  ports: { mqtts: 8883, wss: 8084, mqtt: 1883 },
  limits: { sessions: 5000, messagesPerSecond: null },
  effectiveLimits: { ...defaultLimits(), sessions: 5000, messagesPerSecond: null },
  createdAt: '2026-01-02T03:04:05.000Z',
  counters: { connections: 2, sessions: 3, subscriptions: 4 },
};
const credential = {
  username: 'sensor-1',
  disabled: false,
  createdAt: '2026-01-02T03:04:05.000Z',
  changedAt: '2026-01-02T03:04:05.000Z',
};

/** What the service was asked. */
interface Asked {
  readonly line: string;
  readonly token: string | null;
  readonly body: unknown;
}

/** Answers like the service: by method and path, and keeps what it was asked. */
let asked: Asked[] = [];
const answers: Readonly<Record<string, () => Response>> = {
  'GET /api/v1/deployments': () => Response.json({ deployments: [deployment] }),
  'POST /api/v1/deployments': () => Response.json(deployment, { status: 201 }),
  'GET /api/v1/deployments/k3x9': () => Response.json(deployment),
  'PATCH /api/v1/deployments/k3x9': () => Response.json(deployment),
  'POST /api/v1/deployments/k3x9/stop': () => Response.json({ ...deployment, state: 'stopped' }),
  'POST /api/v1/deployments/k3x9/start': () => Response.json(deployment),
  'DELETE /api/v1/deployments/k3x9': () => new Response(null, { status: 204 }),
  'GET /api/v1/deployments/k3x9/credentials': () => Response.json({ credentials: [credential] }),
  'POST /api/v1/deployments/k3x9/credentials': () =>
    Response.json({ ...credential, password: 'generated-once', warnings: [] }, { status: 201 }),
  'PUT /api/v1/deployments/k3x9/credentials/sensor-1/password': () =>
    Response.json({ ...credential, warnings: [{ code: 'password.short', message: 'The password is short.' }] }),
  'POST /api/v1/deployments/k3x9/credentials/sensor-1/disable': () => Response.json({ ...credential, disabled: true }),
  'POST /api/v1/deployments/k3x9/credentials/sensor-1/enable': () => Response.json(credential),
  'DELETE /api/v1/deployments/k3x9/credentials/sensor-1': () => new Response(null, { status: 204 }),
};

let folder: string;
let ca: string;
let server: ReturnType<typeof Bun.serve>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-admin-'));
  ca = (await makeCertificates()).ca;
  server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const line = `${request.method} ${new URL(request.url).pathname}`;
      const text = await request.text();
      asked.push({ line, token: request.headers.get('authorization'), body: text === '' ? null : JSON.parse(text) });
      if (line === 'GET /ca.crt') return new Response(ca);
      const missing = {
        error: { code: 'deployment.unknown', message: 'There is no such deployment.', remedy: 'See the list.' },
      };
      return answers[line]?.() ?? Response.json(missing, { status: 404 });
    },
  });
  writeFileSync(join(folder, 'admin-token'), 'the-token\n');
  writeFileSync(
    join(folder, 'runtime.json'),
    JSON.stringify({ http: server.port, httpHost: '127.0.0.1', pid: process.pid }),
  );
});
afterAll(async () => {
  await server.stop(true);
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  asked = [];
});

async function runs(
  args: readonly string[],
  options: TestContextOptions = {},
): Promise<{ code: number; output: string; errors: string; context: TestContext }> {
  const context = new TestContext({ env: { BERTH_DATA: folder }, ...options });
  const code = await run(args, context);
  return { code, output: context.output.toString(), errors: context.errors, context };
}

describe('deployment', () => {
  test('list is a table whose columns are aligned, or JSON', async () => {
    const { code, output } = await runs(['deployment', 'list']);
    expect(code).toBe(0);
    expect(output).toBe(
      [
        'ID    NAME      TYPE       STATE    CONNECTIONS  ADDRESS',
        'k3x9  一号工厂  dedicated  running  2            k3x9.berth.localhost',
        '',
      ].join('\n'),
    );
    expect(asked).toEqual([{ line: 'GET /api/v1/deployments', token: 'Bearer the-token', body: null }]);
    expect(JSON.parse((await runs(['deployment', 'list', '--json'])).output)).toEqual([deployment]);
  });

  test('show marks the limits that differ', async () => {
    const { output } = await runs(['deployment', 'show', 'k3x9']);
    expect(output).toContain('8883 MQTT over TLS, 8084 WebSocket over TLS, 1883 MQTT without TLS');
    expect(output).toContain('2 connections, 3 sessions, 4 subscriptions');
    const limits = output.split('\n');
    expect(limits.find((line) => / sessions /.test(line))).toMatch(/^\* +sessions +5000 +count +1000$/);
    expect(limits.find((line) => line.includes('messagesPerSecond'))).toMatch(
      /^\* +messagesPerSecond +none +per second +1000$/,
    );
    expect(limits.find((line) => line.includes('connectsPerSecond'))).toMatch(/^ +connectsPerSecond +100 /);
  });

  test('create with ports of its own', async () => {
    const { code, output } = await runs([
      'deployment',
      'create',
      'plant',
      '--type',
      'dedicated',
      '--mqtt-port',
      '1883',
      '--ws-port',
      '8083',
    ]);
    expect(code).toBe(0);
    expect(asked[0]?.body).toEqual({ name: 'plant', type: 'dedicated', mqttPort: 1883, wsPort: 8083 });
    expect(output).toContain('berth credential add k3x9 NAME');
  });

  test('set sends only what was given', async () => {
    const { code } = await runs([
      'deployment',
      'set',
      'k3x9',
      '--limit',
      'sessions=5000',
      '--limit',
      'messagesPerSecond=none',
    ]);
    expect(code).toBe(0);
    expect(asked[0]).toMatchObject({
      line: 'PATCH /api/v1/deployments/k3x9',
      body: { limits: { sessions: 5000, messagesPerSecond: null } },
    });
  });

  test('stop and start say the state', async () => {
    expect((await runs(['deployment', 'stop', 'k3x9'])).output).toBe('一号工厂 (k3x9) is stopped.\n');
    expect((await runs(['deployment', 'start', 'k3x9'])).output).toBe('一号工厂 (k3x9) is running.\n');
  });

  describe('delete', () => {
    const deletions = (): number => asked.filter(({ line }) => line.startsWith('DELETE')).length;

    test('needs --yes where nobody can be asked', async () => {
      const { code, errors } = await runs(['deployment', 'delete', 'k3x9']);
      expect(code).toBe(2);
      expect(errors).toContain('--yes');
      expect(deletions()).toBe(0);
    });

    test('asks on a terminal, and takes only yes', async () => {
      const { code, context } = await runs(['deployment', 'delete', 'k3x9'], { answer: 'y' });
      expect(code).toBe(1);
      expect(context.questions[0]).toContain('一号工厂 (k3x9)');
      expect(deletions()).toBe(0);
      expect((await runs(['deployment', 'delete', 'k3x9'], { answer: 'yes' })).code).toBe(0);
      expect(deletions()).toBe(1);
    });

    test('--yes does not ask', async () => {
      expect((await runs(['deployment', 'delete', 'k3x9', '--yes'])).output).toBe('一号工厂 (k3x9) is deleted.\n');
      expect(deletions()).toBe(1);
    });
  });

  test('an error of the service is said with its remedy', async () => {
    const { code, errors } = await runs(['deployment', 'show', 'nix']);
    expect(code).toBe(1);
    expect(errors).toBe('berth: There is no such deployment. See the list.');
  });
});

describe('credential', () => {
  test('add prints the generated password once', async () => {
    const { output } = await runs(['credential', 'add', 'k3x9', 'sensor-1']);
    expect(asked[0]?.body).toEqual({ username: 'sensor-1' });
    expect(output).toBe('User name  sensor-1\nPassword   generated-once   (shown this once: keep it)\n');
  });

  test('a password from standard input or a file is sent, warnings are passed on, and nothing secret is printed', async () => {
    const args = ['credential', 'set-password', 'k3x9', 'sensor-1'];
    const first = await runs([...args, '--password-stdin'], { input: 'chosen one\n' });
    expect(first.code).toBe(0);
    expect(first.output).toBe('User name  sensor-1\n');
    expect(first.errors).toBe('berth: warning: The password is short.');
    const file = join(folder, 'secret');
    writeFileSync(file, 'from file\n');
    await runs([...args, '--password-file', file]);
    expect(asked.map(({ body }) => body)).toEqual([{ password: 'chosen one' }, { password: 'from file' }]);
    expect((await runs([...args, '--password-stdin'], { input: '\n' })).code).toBe(2);
  });

  test('list, disable, enable, delete', async () => {
    expect((await runs(['credential', 'list', 'k3x9'])).output).toContain('sensor-1   enabled');
    expect((await runs(['credential', 'disable', 'k3x9', 'sensor-1'])).output).toBe('sensor-1 is disabled.\n');
    expect((await runs(['credential', 'enable', 'k3x9', 'sensor-1'])).output).toBe('sensor-1 is enabled.\n');
    expect((await runs(['credential', 'delete', 'k3x9', 'sensor-1'])).code).toBe(2);
    expect((await runs(['credential', 'delete', 'k3x9', 'sensor-1', '-y'])).output).toBe(
      'sensor-1 of k3x9 is deleted.\n',
    );
  });
});

describe('ca', () => {
  test('comes from the running service where the directory has none, needs no token, and can be saved', async () => {
    expect((await runs(['ca'])).output).toBe(ca);
    expect(asked[0]?.token).toBeNull();
    const out = join(folder, 'saved.crt');
    expect((await runs(['ca', '--out', out])).output).toBe('');
    expect(readFileSync(out, 'utf8')).toBe(ca);
  });

  test('a saved file is replaced as a whole, and everybody may read it', async () => {
    const out = join(folder, 'replaced.crt');
    writeFileSync(out, 'the old one\n', { mode: 0o600 });
    linkSync(out, join(folder, 'other-name.crt'));
    expect((await runs(['ca', '--out', out])).code).toBe(0);
    expect([readFileSync(out, 'utf8'), statSync(out).mode & 0o777]).toEqual([ca, 0o644]);
    expect(readFileSync(join(folder, 'other-name.crt'), 'utf8')).toBe('the old one\n');
  });

  test('--fingerprint', async () => {
    expect((await runs(['ca', '--fingerprint'])).output).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}\n$/);
  });
});

describe('a service that speaks HTTPS', () => {
  test('its certificate is checked against the ca.crt of --data; without one the sentence says so', async () => {
    const made = await makeCertificates();
    const secure = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      tls: { cert: made.cert, key: made.key },
      fetch: () => new Response(made.ca),
    });
    try {
      const trusted = mkdtempSync(join(folder, 'trusted-'));
      const ask = (language: 'en' | 'zh' = 'en') =>
        runs(['ca', '--api', `https://127.0.0.1:${secure.port}`, '--data', trusted], { language });
      const english = await ask();
      expect([english.code, english.output]).toEqual([1, '']);
      expect(english.errors).toStartWith(
        `berth: The certificate that https://127.0.0.1:${secure.port} shows is not trusted (`,
      );
      expect(english.errors).toContain('name it with --data DIR');
      expect((await ask('zh')).errors).toContain('用 --data DIR 指定');
      const plain = await runs(['ca', '--api', `http://127.0.0.1:${secure.port}`, '--data', trusted]);
      expect([plain.code, plain.output]).toEqual([1, '']);
      expect(plain.errors).toContain('HTTPS on every other address');
      writeFileSync(join(trusted, 'ca.crt'), made.ca);
      expect((await ask()).output).toBe(made.ca);
      // Another authority than the one that signed it.
      writeFileSync(join(trusted, 'ca.crt'), ca);
      expect((await ask()).errors).toContain('is not trusted');
    } finally {
      await secure.stop(true);
    }
  });
});

describe('without a running service: one sentence with the remedy', () => {
  test('no runtime file', async () => {
    const { code, errors } = await runs(['deployment', 'list', '--data', join(folder, 'other')]);
    expect(code).toBe(1);
    expect(errors).toStartWith(
      `berth: No service is running on the data directory ${join(folder, 'other')}. Start it with "berth up"`,
    );
    expect(
      (await runs(['deployment', 'list', '--data', folder, '--api', `http://127.0.0.1:${server.port}`])).code,
    ).toBe(0);
  });

  test('in Chinese', async () => {
    const { errors } = await runs(['deployment', 'list', '--data', join(folder, 'other')], { language: 'zh' });
    expect(errors).toContain('没有正在运行的服务');
  });

  test('the runtime file of a service that was killed', async () => {
    const killed = mkdtempSync(join(folder, 'killed-'));
    const gone = Bun.spawnSync(['true']).pid;
    writeFileSync(
      join(killed, 'runtime.json'),
      JSON.stringify({ http: server.port, httpHost: '127.0.0.1', pid: gone }),
    );
    const { code, errors } = await runs(['credential', 'list', 'k3x9', '--data', killed]);
    expect(code).toBe(1);
    expect(errors).toContain('No service is running');
    expect(asked).toEqual([]);
  });

  test('no token', async () => {
    const { code, errors } = await runs(['deployment', 'list', '--token-file', join(folder, 'nix')]);
    expect(code).toBe(1);
    expect(errors).toContain('The admin token');
  });
});
