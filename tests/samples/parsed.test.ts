import { afterAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { filesOf } from '../../apps/cli/sample/files.ts';
import { sampleLanguage, sampleLanguages } from '../../packages/samples/mod.ts';

/** Where `npm test` puts the parser (tools/check/toolchains.ts). */
const python = resolve(import.meta.dirname, '../../.cache/clients/swift/bin/python');
const folder = mkdtempSync(join(tmpdir(), 'berth-swift-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @returns the parser's exit code and what it found. */
async function parse(text: string): Promise<{ readonly code: number; readonly said: string }> {
  if (!existsSync(python)) throw new Error('the parser is not set up: run npm test -- --only samples');
  const file = join(folder, 'file.swift');
  writeFileSync(file, text);
  const program = join(import.meta.dirname, 'swift/parse.py');
  const child = Bun.spawn([python, program, file], { stdout: 'pipe', stderr: 'pipe' });
  const said = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text());
  return { code: await child.exited, said };
}

test('what no compiler can be had for is Swift alone', () => {
  expect(sampleLanguages.filter((one) => one.tested === 'parsed').map((one) => one.name)).toEqual(['swift']);
});

describe('Swift', () => {
  const swift = sampleLanguage('swift');
  if (swift === null) throw new Error('there is no sample for Swift');
  const fill = (username: string) =>
    filesOf(swift, {
      host: 'a.example',
      tlsPort: 8884,
      wssPort: 8085,
      transport: 'wss',
      username,
      password: username,
      clientId: username,
      caPem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
    }).get(swift.main) ?? '';

  test('the sample is Swift, as it is and filled in', async () => {
    expect(await parse(filesOf(swift, {}).get(swift.main) ?? '')).toEqual({ code: 0, said: 'no faults\n' });
    const awkward = `o'n"e\\ $two \\(fatalError()) """ \n\t\u0001 六 \u2028 // /*`;
    expect(await parse(fill(awkward))).toEqual({ code: 0, said: 'no faults\n' });
  });

  test('what is not Swift is found', async () => {
    const broken = await parse(fill('device').replace('private func connect() {', 'private func connect( {'));
    expect(broken.code).toBe(1);
    expect(broken.said).toMatch(/^\d+:\d+: /m);
  });
});
