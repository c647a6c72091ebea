import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** Where `npm test` puts what the clients need (tools/toolchains.ts). */
const cache = join(root, '.cache/clients');

/** The scenarios that every program runs; see README.md. */
export const scenarios = ['qos0', 'qos1', 'qos2', 'will', 'retained', 'session', 'refused'] as const;

/** A program in the language of a client library. */
export interface Program {
  /** The library, as a reader knows it. */
  readonly name: string;
  readonly command: readonly string[];
  /** A file without which the command cannot run. */
  readonly needs: string;
}

/** What a program is told. */
export interface ProgramSettings {
  readonly host: string;
  /** The deployment's own name, which need not resolve. */
  readonly address: string;
  readonly port: number;
  readonly transport: 'tls' | 'wss';
  readonly version: '3.1.1' | '5.0';
  readonly ca: string;
  readonly username: string;
  readonly password: string;
  readonly prefix: string;
}

const python = join(cache, 'python/bin/python');
const javaClasses = join(cache, 'java/classes');
const goProgram = join(cache, 'go/mqtt-clients');

export const programs: readonly Program[] = [
  { name: 'paho-mqtt (Python)', command: [python, 'tests/clients/python/client.py'], needs: python },
  {
    name: 'MQTT.js (Node)',
    command: ['node', 'tests/clients/node/client.mjs'],
    needs: join(root, 'node_modules/mqtt'),
  },
  {
    name: 'HiveMQ client (Java)',
    command: ['java', '-cp', `${javaClasses}:${join(cache, 'java/jars')}/*`, 'Main'],
    needs: javaClasses,
  },
  { name: 'Eclipse Paho (Go)', command: [goProgram], needs: goProgram },
];

/**
 * Runs a program to its end.
 * @returns what it said of each scenario: `ok`, or the reason why not.
 * @throws Error where it cannot run, or does not end within `deadlineMs`.
 */
export async function runProgram(
  program: Program,
  settings: ProgramSettings,
  deadlineMs: number,
): Promise<ReadonlyMap<string, string>> {
  if (!existsSync(program.needs)) throw new Error(`${program.name} is not set up: run npm test -- --only clients`);
  const child = Bun.spawn([...program.command, JSON.stringify(settings)], {
    cwd: root,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
  });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  await child.exited;
  if (child.signalCode !== null) throw new Error(`${program.name} did not end in ${deadlineMs} ms: ${stdout}${stderr}`);
  const results = new Map<string, string>();
  for (const line of stdout.split('\n')) {
    const found = /^(not )?ok (\S+?)(?:: (.*))?$/.exec(line);
    if (found !== null) results.set(found[2] ?? '', found[1] === undefined ? 'ok' : (found[3] ?? 'not ok'));
  }
  if (results.size === 0) throw new Error(`${program.name} said nothing: ${stderr}`);
  return results;
}
