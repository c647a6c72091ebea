import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Service } from '../../testkit/service.ts';
import { WebSocketEcho } from '../../testkit/websocket-echo.ts';
import { Bridge } from './bridge.ts';

const root = resolve(import.meta.dirname, '../..');

/** Where `npm test` puts the suite (tools/check/toolchains.ts). */
export const python = join(root, '.cache/clients/websocket/bin/python');

const patterns = ['1.*', '2.*', '3.*', '4.*', '5.*', '6.*', '7.*', '10.*'];
/** Messages of megabytes in small pieces: nothing in them is about the service itself. */
const largePatterns = ['9.*'];

/** What the suite says of one case; `behavior` and `close` are Autobahn's words. */
export interface CaseResult {
  readonly id: string;
  readonly behavior: string;
  readonly close: string;
  /** Status code of the close frame that the server sent; null where it sent none, or none with a code. */
  readonly code: number | null;
}

/** One case on both servers. */
export interface Case {
  readonly id: string;
  readonly echo: CaseResult;
  /** Null where the case was not run there. */
  readonly service: CaseResult | null;
}

/** Runs the cases against the echo server and, but for the large ones, against the WebSocket port of the service. */
export async function runSuite(): Promise<Case[]> {
  const echo = await runEcho();
  const service = new Map((await runService()).map((result) => [result.id, result]));
  return echo.map((result) => ({ id: result.id, echo: result, service: service.get(result.id) ?? null }));
}

async function runEcho(): Promise<CaseResult[]> {
  using echo = new WebSocketEcho();
  return await runCases(echo.port, [...patterns, ...largePatterns]);
}

async function runService(): Promise<CaseResult[]> {
  await using service = await Service.start();
  const ca = readFileSync(service.ready.ca, 'utf8');
  await using bridge = await Bridge.open({ port: service.ready.wss, serverName: service.ready.address, ca });
  return await runCases(bridge.port, patterns);
}

async function runCases(port: number, cases: readonly string[]): Promise<CaseResult[]> {
  const script = join(import.meta.dirname, 'cases.py');
  const child = Bun.spawn([python, script, `ws://127.0.0.1:${port}`, ...cases], { stdout: 'pipe', stderr: 'pipe' });
  const [output, errors, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (exitCode !== 0) throw new Error(`the suite ended with ${exitCode}: ${errors}`);
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as CaseResult);
}
