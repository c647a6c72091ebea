import { resolve } from 'node:path';
import type { ConnectResult, MessageResult } from '../../apps/cli/bench/result.ts';
import { pinned, type Running } from './brokers.ts';
import type { FigureKind, Load } from './rows.ts';

/** Loads a broker and gives the figures of the load, in its order. */
export type Generator = (load: Load, broker: Running, seconds: number) => Promise<readonly Measured[]>;

/** One figure, and what was odd about it. */
export interface Measured {
  readonly value: number;
  readonly warnings: readonly string[];
}

const root = resolve(import.meta.dirname, '../..');

/** `berth bench`, from this checkout whichever Berth is measured. */
export function ownGenerator(core: number): Generator {
  return async (load, broker, seconds) => {
    const result = await runOwn(load, broker, seconds, core);
    const lost = 'lost' in result ? result.lost + result.doubled + result.reordered : 0;
    const warnings = lost > 0 ? [...result.warnings, `${lost} messages lost, doubled or reordered`] : result.warnings;
    return load.figures.map(({ kind }) => ({ value: ownFigure(kind, result), warnings }));
  };
}

/** Runs `berth bench` and gives what it says. @throws Error where it fails. */
export async function runOwn(
  load: Load,
  broker: Running,
  seconds: number,
  core: number,
): Promise<MessageResult | ConnectResult> {
  const { port, username, password, ca, pid } = broker;
  const output = await run([
    ...pinned(core),
    process.execPath,
    resolve(root, 'apps/cli/main.ts'),
    'bench',
    ...load.bench,
    ...['--url', `mqtts://localhost:${port}`, '-u', username, '-P', password, '--ca', ca],
    ...['--pid', String(pid), '-V', '3.1.1', '--json'],
    ...(load.bench.includes('--seconds') ? [] : ['--seconds', String(seconds)]),
  ]);
  return JSON.parse(output) as MessageResult | ConnectResult;
}

function ownFigure(kind: FigureKind, result: MessageResult | ConnectResult): number {
  if ('connections' in result) {
    return (kind === 'memory' ? result.broker?.residentKbPerConnection : result.broker?.cpuMsPerConnect) ?? Number.NaN;
  }
  return kind === 'latency' ? result.latencyMs.p99 : (result.broker?.deliveriesPerCpuSecond ?? Number.NaN) / 1000;
}

/** A generator outside of this project, with the options and the output of `mqttload`. */
export function mqttload(program: string, core: number): Generator {
  return async (load, broker, seconds) => {
    const result = await runMqttload(program, load, broker, seconds, core);
    const field = (name: string): number => result[name] ?? Number.NaN;
    const figure: Record<FigureKind, () => number> = {
      deliveries: () => field('recv_per_s') / Math.max(field('broker_cpu'), 0.01) / 1000,
      latency: () => field('p99_us') / 1000,
      connectCpu: () => (field('cpu_s') / field('conns')) * 1000,
      memory: () => field('rss_kb_per_conn'),
    };
    const warnings = (result['lost'] ?? 0) > 0 ? [`${result['lost']} messages lost`] : [];
    return load.figures.map(({ kind }) => ({ value: figure[kind](), warnings }));
  };
}

/** Runs `mqttload` and gives what it says. @throws Error where it fails. */
export async function runMqttload(
  program: string,
  load: Load,
  broker: Running,
  seconds: number,
  core: number,
): Promise<Readonly<Record<string, number>>> {
  const { port, username, password, ca, pid } = broker;
  const output = await run([
    ...pinned(core),
    program,
    ...['--user', username, '--pass', password, '--pid', String(pid), '--port', String(port)],
    ...['--tls', '--ca', ca, '--sni', 'localhost', '--secs', String(seconds), '--warm', '1'],
    ...load.mqttload,
  ]);
  return JSON.parse(output) as Record<string, number>;
}

async function run(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { cwd: root, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (exitCode !== 0) throw new Error(`the generator failed (${exitCode}): ${stderr}${stdout}`);
  return stdout.trim().split('\n').at(-1) ?? '';
}
