import { afterAll, describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually, within } from '../../testkit/deadline.ts';
import { Service } from '../../testkit/service.ts';
import { pages, shellBlocks } from './shell-blocks.ts';

const root = resolve(import.meta.dirname, '../..');
const commandMs = 30_000;
const testMs = 60_000;

/** Programs that no package manager of this machine has: their lines are read by people only. */
const notHere = new Set(['mqttx']);
/** Lines that stand for files which only the reader has. */
const needsFilesOfTheReader = /^berth up .*\/etc\/tls\//;

/** What the output of a command says where everything is right; the others have to end with 0. */
const goodOutput: readonly (readonly [RegExp, RegExp])[] = [
  [/^telnet /, /^Connected to /m],
  [/^openssl s_client /, /^Verification: OK$/m],
  [/^openssl x509 /, /Fingerprint=(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/],
  [/^berth deployment show /, /dedicated/],
];

const service = await Service.start();
const { ready, password } = service;
const folder = mkdtempSync(join(tmpdir(), 'berth-guide-'));
const berth = join(folder, 'berth');
writeFileSync(berth, `#!/bin/sh\ncd ${root} || exit 1\nexec ${process.execPath} ${root}/apps/cli/main.ts "$@"\n`);
chmodSync(berth, 0o755);
const environment = {
  ...process.env,
  PATH: `${folder}:${process.env['PATH'] ?? ''}`,
  BERTH_DATA: service.dataDirectory,
  LC_ALL: 'C.UTF-8',
};

afterAll(async () => {
  await service[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** A line with the values of the service in it, as a reader fills it in. */
async function filled(line: string): Promise<string> {
  const values: Readonly<Record<string, string>> = {
    'http://localhost:18083': `http://localhost:${ready.http}`,
    // `berth` runs in the folder of the project, so that it finds its packages.
    'ca.crt': join(folder, 'ca.crt'),
    ADDRESS: 'localhost',
    USERNAME: ready.username,
    PASSWORD: password,
    '8883': String(ready.mqtts),
    '8084': String(ready.wss),
    '1883': String(await freePort()),
    '8083': String(await freePort()),
  };
  return line.replaceAll(
    /http:\/\/localhost:18083|(?<![/\w])ca\.crt|\b(?:ADDRESS|USERNAME|PASSWORD|8883|8084|1883|8083)\b/g,
    (found) => values[found] ?? found,
  );
}

/** A port that nothing listens on now. */
async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve: listening } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening);
  await promise;
  const address = server.address();
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  await closed.promise;
  if (address === null || typeof address === 'string') throw new Error('there is no port');
  return address.port;
}

/** The process groups of the lines that were run: what a shell starts is in its group. */
const groups: number[] = [];

function start(line: string): Bun.Subprocess<'ignore', 'pipe', 'pipe'> {
  const child = Bun.spawn(['sh', '-c', line], {
    cwd: folder,
    env: environment,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    detached: true,
  });
  groups.push(child.pid);
  return child;
}

/** Whether a process of the group was there to get the signal; 0 only asks. */
function signalGroup(group: number, signal: 'SIGKILL' | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}

/** Ends the shell of a line and what it has started. */
async function end(child: Bun.Subprocess): Promise<void> {
  signalGroup(child.pid, 'SIGKILL');
  await child.exited;
}

/** Runs a line to its end and checks it. */
async function runLine(line: string): Promise<void> {
  const child = start(line);
  try {
    const texts = [child.stdout, child.stderr].map((stream) => new Response(stream).text());
    const [stdout = '', stderr = ''] = await within(line, commandMs, Promise.all(texts));
    const exitCode = await child.exited;
    const output = `${stdout}${stderr}`;
    const good = goodOutput.find(([command]) => command.test(line))?.[1];
    if (good !== undefined) expect(output).toMatch(good);
    else expect({ line, exitCode, output }).toEqual({ line, exitCode: 0, output });
  } finally {
    await end(child);
  }
}

/** Runs a subscriber beside the lines behind it, until what they publish has come. */
async function runSubscriber(line: string, rest: readonly string[]): Promise<void> {
  const child = start(line);
  try {
    const output = child.stdout.getReader();
    const came = output.read();
    let isHere = false;
    void came.then(() => (isHere = true));
    expect(rest.length).toBeGreaterThan(0);
    // It takes a moment to subscribe, and says nothing then: publish until something comes.
    const deadline = Date.now() + commandMs;
    while (!isHere && Date.now() < deadline) for (const next of rest) await runLine(next);
    const { value } = await within(line, 1000, came);
    expect(new TextDecoder().decode(value)).toContain('hello');
  } finally {
    await end(child);
  }
}

test('the commands are the same in both languages', () => {
  expect(pages('zh-CN').map((page) => page.replace('.zh-CN', ''))).toEqual([...pages('en')]);
  for (const page of pages('en')) {
    const lines = (name: string) => shellBlocks(name).flatMap((block) => block.lines);
    expect(lines(page.replace(/\.md$/, '.zh-CN.md'))).toEqual(lines(page));
  }
});

const blocks = pages('en').flatMap(shellBlocks);
const isRun = (line: string) => !notHere.has(line.split(' ')[0] ?? '') && !needsFilesOfTheReader.test(line);
const runnable = blocks
  .map(({ page, lines }) => ({ page, lines: lines.filter(isRun) }))
  .filter(({ lines }) => lines.length > 0);

describe('a command of the guide works as it stands:', () => {
  test.each(runnable.map((block) => [`${block.page}: ${block.lines[0] ?? ''}`, block] as const))(
    '%s',
    async (_name, { lines }) => {
      if (!existsSync(join(folder, 'ca.crt'))) await runLine(await filled('berth ca --out ca.crt'));
      const toRun = await Promise.all(lines.map(filled));
      for (const [index, line] of toRun.entries()) {
        if (/^\w+_sub /.test(line)) {
          await runSubscriber(line, toRun.slice(index + 1));
          break;
        }
        await runLine(line);
      }
    },
    testMs,
  );

  test('and leaves no process behind', async () => {
    expect(groups.length).toBeGreaterThan(0);
    const isThere = (group: number): boolean => signalGroup(group, 0);
    await eventually('the end of all of them', commandMs, () => (groups.some(isThere) ? null : true));
  });

  test('and there are some of every kind', () => {
    const programs = new Set(runnable.flatMap((block) => block.lines.map((line) => line.split(' ')[0] ?? '')));
    for (const program of ['berth', 'mosquitto_pub', 'mosquitto_sub', 'openssl', 'curl', 'nc', 'telnet', 'getent'])
      expect(programs).toContain(program);
    const left = blocks.flatMap((block) => block.lines).filter((line) => !isRun(line));
    expect(left.filter((line) => !line.startsWith('mqttx '))).toHaveLength(1);
  });
});
