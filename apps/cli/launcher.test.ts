import { afterAll, beforeAll, expect, test } from 'bun:test';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates, TestServer, type Script } from './mqtt/test-server.ts';

const launcher = join(import.meta.dir, 'berth.mjs');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-launcher-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Accepts, grants, and sends one message. */
const oneMessage: Script = (packet, connection) => {
  if (packet[0] === 0x10) connection.send([0x20, 3, 0, 0, 0]);
  if (packet[0] === 0x82)
    connection.send([0x90, 4, packet[2] ?? 0, packet[3] ?? 0, 0, 0], [0x30, 5, 0, 1, 0x61, 0, 0x78]);
};

function start(...args: string[]): Bun.Subprocess<'pipe', 'pipe', 'pipe'> {
  return Bun.spawn(['node', launcher, ...args], { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' });
}

test('the launcher passes arguments and the exit code on, and help says "berth"', async () => {
  const child = start('deployment', 'lisst');
  expect(await child.exited).toBe(2);
  expect(await new Response(child.stderr).text()).toContain('Did you mean list?');
  expect(await new Response(start('sub', '--help').stdout).text()).toContain('\n  berth sub -u');
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} to the launcher ends sub: DISCONNECT, exit code 0`, async () => {
    const certificates = await makeCertificates();
    const ca = join(folder, 'ca.crt');
    writeFileSync(ca, certificates.ca);
    using server = TestServer.tcp(certificates, oneMessage);
    const child = start('sub', '-p', String(server.port), '--ca', ca, '-t', '#');
    const reader = child.stdout.getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('x\n');
    child.kill(signal);
    expect(await child.exited).toBe(0);
    await server.packet(14);
  });
}

test('an interrupted pub does not wait for standard input', async () => {
  const certificates = await makeCertificates();
  const ca = join(folder, 'ca.crt');
  writeFileSync(ca, certificates.ca);
  using server = TestServer.tcp(certificates, oneMessage);
  const child = start('pub', '-p', String(server.port), '--ca', ca, '-t', 'a', '-l');
  await server.packet(1);
  await child.stdin.write('line\n');
  await child.stdin.flush();
  await server.packet(3);
  child.kill('SIGTERM');
  expect(await child.exited).toBe(1);
});

test('without Bun one sentence says what to do', async () => {
  const alone = join(folder, 'berth.mjs');
  copyFileSync(launcher, alone);
  const child = Bun.spawn(['node', alone, 'up'], { stderr: 'pipe' });
  expect(await child.exited).toBe(1);
  const message = await new Response(child.stderr).text();
  expect(message).toBe(
    'berth: Bun, which Berth runs on, is not installed beside it; run "npm ci" in the folder of Berth.\n',
  );
});
