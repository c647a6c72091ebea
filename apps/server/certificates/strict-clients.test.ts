/** Clients that look at every field: what they accept, small devices accept too. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirectory } from '../config/data-directory.ts';
import { ensureCertificates } from './ensure.ts';
import { planRollover } from './rollover-requests.ts';

const names = [
  'first.berth.localhost',
  'berth.localhost',
  'localhost',
  '127.0.0.1',
  '::1',
  'gateway.lan',
  '192.168.1.9',
];
const foreign = 'a.b.berth.localhost';
const fixtures = join(import.meta.dir, 'fixtures');

const root = mkdtempSync(join(tmpdir(), 'berth-strict-'));
let directory: DataDirectory;
let server: Bun.TCPSocketListener;

beforeAll(async () => {
  directory = DataDirectory.open(join(root, 'data'));
  const { server: tls } = await ensureCertificates(directory, {
    domain: 'berth.localhost',
    san: ['gateway.lan', '192.168.1.9'],
    now: Date.now(),
  });
  server = Bun.listen({ hostname: '127.0.0.1', port: 0, tls: { cert: tls.cert, key: tls.key }, socket: { data() {} } });
});
afterAll(() => {
  server.stop(true);
  directory[Symbol.dispose]();
  rmSync(root, { recursive: true, force: true });
});

async function run(...command: string[]): Promise<{ output: string; ok: boolean }> {
  const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'pipe', cwd: root });
  const output = (await Promise.all([child.stdout.text(), child.stderr.text()])).join('');
  return { output, ok: (await child.exited) === 0 };
}

/** A test where its tool is installed, else a line that says what is missing. */
function testWith(tool: string, title: string, body: (path: string) => Promise<void>): void {
  const path = Bun.which(tool);
  if (path === null) {
    console.warn(`not run: "${title}", because ${tool} is not installed`);
  } else test(title, () => body(path), 120_000);
}

describe('during a rollover the CA file with both roots is accepted before the switch and after it', () => {
  const stages: { readonly phase: string; readonly directory: DataDirectory; readonly port: () => number }[] = [];
  const listeners: Bun.TCPSocketListener[] = [];

  beforeAll(async () => {
    for (const [phase, at] of [
      ['planned', null],
      ['switched', 'now'],
    ] as const) {
      const directory = DataDirectory.open(join(root, phase));
      const options = { domain: 'berth.localhost', san: [], now: Date.now() };
      await ensureCertificates(directory, options);
      await planRollover(directory, at, options.now);
      const { server: tls, rollover } = await ensureCertificates(directory, options);
      expect(rollover?.phase).toBe(phase);
      const listener = Bun.listen({
        hostname: '127.0.0.1',
        port: 0,
        tls: { cert: tls.cert, key: tls.key },
        socket: { data() {} },
      });
      listeners.push(listener);
      stages.push({ phase, directory, port: () => listener.port });
    }
  });
  afterAll(() => {
    for (const listener of listeners) listener.stop(true);
    for (const { directory } of stages) directory[Symbol.dispose]();
  });

  const name = 'first.berth.localhost';
  testWith('openssl', 'OpenSSL', async (openssl) => {
    for (const { phase, directory } of stages) {
      const chain = [openssl, 'verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', directory.file('ca.crt')];
      const { output } = await run(...chain, '-verify_hostname', name, directory.file('server.crt'));
      expect(`${phase}: ${output}`).toEndWith('server.crt: OK\n');
    }
  });
  const clients = [
    ['python3', 'Python with VERIFY_X509_STRICT', 'strict_client.py'],
    ['java', 'Java', 'StrictClient.java'],
    ['go', 'Go', 'strict_client.go'],
  ] as const;
  for (const [tool, title, program] of clients) {
    testWith(tool, title, async (path) => {
      for (const { phase, directory, port } of stages) {
        const start = tool === 'go' ? [path, 'run'] : [path];
        const { output } = await run(...start, join(fixtures, program), directory.file('ca.crt'), String(port()), name);
        expect(`${phase}: ${output}`).toStartWith(`${phase}: accepted`);
      }
    });
  }
});

describe('certificates under strict checks', () => {
  testWith('openssl', 'OpenSSL accepts every name', async (openssl) => {
    for (const name of names) {
      const check = /^[\d.]+$|:/.test(name) ? '-verify_ip' : '-verify_hostname';
      const chain = [openssl, 'verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', directory.file('ca.crt')];
      const { output } = await run(...chain, check, name, directory.file('server.crt'));
      expect(`${name}: ${output}`).toEndWith('server.crt: OK\n');
    }
  });

  testWith('openssl', 'OpenSSL finds the fields that strict clients look for', async (openssl) => {
    const text = (name: string) => run(openssl, 'x509', '-noout', '-text', '-in', directory.file(name));
    const [ca, leaf] = [(await text('ca.crt')).output, (await text('server.crt')).output];
    expect(ca).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(ca).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign/);
    expect(ca).toContain('Subject Key Identifier');
    expect(leaf).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(leaf).toMatch(/Key Usage: critical\s+Digital Signature\n/);
    expect(leaf).toMatch(/Extended Key Usage:\s+TLS Web Server Authentication\n/);
    expect(leaf).toContain('Subject Key Identifier');
    expect(leaf).toContain('Authority Key Identifier');
    for (const certificate of [ca, leaf]) {
      expect(certificate).toContain('NIST CURVE: P-256');
      expect(certificate).toContain('ecdsa-with-SHA256');
      expect(certificate).toContain('Version: 3');
    }
  });

  testWith('python3', 'Python with VERIFY_X509_STRICT connects to every name and to no other', async (python) => {
    const connect = (name: string) =>
      run(python, join(fixtures, 'strict_client.py'), directory.file('ca.crt'), String(server.port), name);
    for (const name of names) expect(`${name}: ${(await connect(name)).output}`).toContain(': accepted TLSv1.3');
    expect((await connect(foreign)).output).toContain('Hostname mismatch');
  });

  testWith('java', 'Java connects to names and addresses and to no other', async (java) => {
    const connect = (name: string) =>
      run(java, join(fixtures, 'StrictClient.java'), directory.file('ca.crt'), String(server.port), name);
    for (const name of ['first.berth.localhost', '127.0.0.1']) {
      expect(`${name}: ${(await connect(name)).output}`).toContain(': accepted TLSv1.3');
    }
    expect((await connect(foreign)).output).toContain('No subject alternative DNS name matching');
  });

  testWith('go', 'Go connects to every name and to no other', async (go) => {
    const program = join(fixtures, 'strict_client.go');
    const { output } = await run(go, 'run', program, directory.file('ca.crt'), String(server.port), ...names, foreign);
    for (const name of names) expect(output).toContain(`accepted ${name}\n`);
    expect(output).toContain(`refused ${foreign} tls: failed to verify certificate: x509: certificate is valid for`);
  });
});
