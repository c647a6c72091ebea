import { expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fillSample, sampleLanguages } from '../../../packages/samples/mod.ts';
import { Service } from '../../../testkit/service.ts';
import { run } from '../run.ts';
import { TestContext } from '../test-context.ts';

const examples = resolve(import.meta.dirname, '../../../examples');
const serviceMs = 60_000;

test('without a service the file is printed as it stands, and it is said so', async () => {
  for (const language of sampleLanguages) {
    const context = new TestContext();
    expect(await run(['sample', language.name], context)).toBe(0);
    expect(context.output.toString()).toBe(readFileSync(join(examples, language.folder, language.main), 'utf8'));
    expect(context.errors).toContain('placeholders');
  }
});

test('what is typed is filled in without a service too, and nothing outside of the settings changes', async () => {
  const context = new TestContext();
  expect(await run(['sample', 'python', '--host', 'a.example', '-u', `o'n"e$1\\`], context)).toBe(0);
  const [source, filled] = [readFileSync(join(examples, 'python/sample.py'), 'utf8'), context.output.toString()];
  const changed = filled.split('\n').filter((line, index) => line !== source.split('\n')[index]);
  expect(changed.map((line) => line.replace(/ +#.*/, ''))).toEqual([
    'HOST = "a.example"',
    `USERNAME = "o'n\\"e$1\\\\"`,
  ]);
});

test('other names of a language are known, and it is said which sample that is', async () => {
  for (const [typed, name] of [
    ['ESP32', 'esp32-arduino'],
    ['kotlin', 'android'],
    ['js', 'node'],
    ['ios', 'swift'],
  ] as const) {
    const context = new TestContext();
    expect(await run(['sample', typed], context)).toBe(0);
    expect(context.errors).toContain(name);
  }
  const names = sampleLanguages.flatMap((language) => [language.name, ...language.aliases]);
  expect(new Set(names).size).toBe(names.length);
});

test('a client id is filled in; where a sample has more files, it is said how to get them', async () => {
  for (const language of sampleLanguages) {
    const context = new TestContext();
    expect(await run(['sample', language.name, '--client-id', 'pump-7'], context)).toBe(0);
    expect(context.output.toString()).toContain('"pump-7"');
    for (const other of language.others) expect(context.errors).toContain(other);
  }
});

test('--list says how each was tested, in both languages', async () => {
  const english = new TestContext();
  await run(['sample', '--list'], english);
  expect(english.output.toString()).toMatch(/swift .* syntax only, not run/);
  const chinese = new TestContext({ language: 'zh' });
  await run(['sample', '--list'], chinese);
  expect(chinese.output.toString()).toMatch(/swift .* 仅检查语法，未运行/);
});

test('--list names every language; another one is a mistake', async () => {
  const list = new TestContext();
  expect(await run(['sample', '--list'], list)).toBe(0);
  for (const language of sampleLanguages) expect(list.output.toString()).toContain(language.title);
  const wrong = new TestContext();
  expect(await run(['sample', 'cobol'], wrong)).toBe(2);
  expect(wrong.errors).toContain('python');
});

test('a deployment that is asked for and cannot be looked up is an error, not a placeholder', async () => {
  const context = new TestContext();
  expect(await run(['sample', 'python', '--deployment', 'plant'], context)).toBe(1);
  expect(context.output.toString()).toBe('');
});

test('a file without a block of settings is refused', () => {
  const [language] = sampleLanguages;
  if (language === undefined) throw new Error('there is no sample');
  expect(() => fillSample('print("hello")', language, {})).toThrow('no block of settings');
});

test(
  'with a service, address, ports, user name and CA are its own; a file is never overwritten',
  async () => {
    await using service = await Service.start();
    const folder = mkdtempSync(join(tmpdir(), 'berth-sample-'));
    try {
      const out = join(folder, 'device');
      const first = await service.berth('sample', 'node', '--out', out, '--transport', 'wss');
      expect(first.exitCode).toBe(0);
      const text = readFileSync(join(out, 'sample.mjs'), 'utf8');
      expect(text).toContain(`const HOST = "${service.ready.address}"`);
      expect(text).toContain(`const TLS_PORT = ${service.ready.mqtts};`);
      expect(text).toContain(`const WSS_PORT = ${service.ready.wss};`);
      expect(text).toContain('const TRANSPORT = "wss"');
      expect(text).toContain(`const USERNAME = "${service.ready.username}"`);
      expect(readFileSync(join(out, 'ca.crt'), 'utf8')).toBe(readFileSync(service.ready.ca, 'utf8'));
      expect(existsSync(join(out, 'package.json'))).toBe(true);
      expect(first.stderr).toContain('yours to fill in');
      expect((await service.berth('sample', 'node', '--out', out)).exitCode).toBe(1);
      expect((await service.berth('sample', 'node', '--deployment', 'nowhere')).exitCode).toBe(1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  serviceMs,
);
