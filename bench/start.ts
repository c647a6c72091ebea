/**
 * How long a start takes: `bun bench/start.ts [--rounds 5]`. From `npm start` to the first CONNACK, on a new data directory and
 * on one that is there; and from the end of the TLS handshake to CONNACK for clients with Nagle's algorithm on. The file is
 * bench/results/start.json.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { within } from '../testkit/deadline.ts';
import { connectPacket } from '../testkit/packets.ts';
import { RawClient } from '../testkit/raw-client.ts';
import { firstLine } from './compare/brokers.ts';
import { median } from './compare/report.ts';
import { writeResults } from './results-file.ts';

const root = resolve(import.meta.dirname, '..');
const startMs = 20_000;
const naglePerRound = 20;
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1.');

interface Ready {
  readonly mqtts: number;
  readonly username: string;
  readonly password?: string;
  readonly ca: string;
}

/** What a user types, with ports that are free. */
function npmStart(data: string): Bun.Subprocess<'ignore', 'pipe', 'ignore'> {
  const ports = ['--mqtts-port', '0', '--wss-port', '0', '--http-port', '0'];
  return Bun.spawn(['npm', 'start', '--silent', '--', '--json', '--data', data, '--bind', '127.0.0.1', ...ports], {
    cwd: root,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'ignore',
  });
}

/** Starts, connects, measures the clients with Nagle on if asked to, and stops. @returns milliseconds to CONNACK. */
async function measure(data: string, known: string | null): Promise<{ ms: number; password: string; nagle: number[] }> {
  const begun = performance.now();
  const child = npmStart(data);
  try {
    const ready = JSON.parse(await within('npm start', startMs, firstLine(child.stdout))) as Ready;
    const password = ready.password ?? known ?? '';
    const { mqtts, username, ca } = ready;
    const client = await RawClient.connect({ transport: 'tls', port: mqtts, ca: readFileSync(ca, 'utf8') });
    client.send(connectPacket({ version: 4, clientId: 'first', username, password }));
    await client.expect('20 02 00 00');
    const ms = performance.now() - begun;
    await client[Symbol.asyncDispose]();
    return { ms, password, nagle: known === null ? [] : await nagle(ready, password) };
  } finally {
    // Not npm, which would end before the service has let go of its data directory.
    process.kill(Number(readFileSync(join(data, 'berth.pid'), 'utf8')), 'SIGTERM');
    await within('the end of the service', startMs, child.exited);
  }
}

async function nagle({ mqtts, username, ca }: Ready, password: string): Promise<number[]> {
  const script = join(import.meta.dirname, 'start', 'nagle-client.mjs');
  const child = Bun.spawn(['node', script, String(mqtts), ca, username, password, String(naglePerRound)], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const output = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error('a client with Nagle on was not served');
  return JSON.parse(output) as number[];
}

const first: number[] = [];
const later: number[] = [];
const nagleMs: number[] = [];
for (let round = 1; round <= rounds; round++) {
  const folder = mkdtempSync(join(tmpdir(), 'berth-start-'));
  try {
    const made = await measure(folder, null);
    first.push(made.ms);
    const again = await measure(folder, made.password);
    later.push(again.ms);
    nagleMs.push(...again.nagle);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
const rounded = (value: number): number => Math.round(value * 10) / 10;
const figures = {
  rounds,
  msToFirstConnackOnANewDataDirectory: rounded(median(first)),
  msToFirstConnackOnALaterStart: rounded(median(later)),
  msToConnackWithNagleMedian: rounded(median(nagleMs)),
  msToConnackWithNagleWorst: rounded(Math.max(...nagleMs)),
};
console.log(JSON.stringify(figures, null, 2));
await writeResults(join(import.meta.dirname, 'results', 'start.json'), {
  command: `bun bench/start.ts --rounds ${rounds}`,
  ...figures,
});
