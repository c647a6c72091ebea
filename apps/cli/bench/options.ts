import { randomBytes } from 'node:crypto';
import { Argument, InvalidArgumentError, type Command } from 'commander';
import type { ProtocolVersion, QoS } from '../../../packages/codec/types.ts';
import type { Context } from '../context.ts';
import { usageError } from '../exit.ts';
import { readConnection } from '../mqtt/connection-options.ts';
import { parsePort, parseQos, parseVersion, wholeNumber } from '../mqtt/parse-values.ts';
import type { ConnectionSettings } from '../mqtt/settings.ts';
import {
  connectScenarios,
  scenarios,
  type ConnectScenario,
  type MessageScenario,
  type Plan,
  type Scenario,
} from './plan.ts';
import { stampBytes } from './stamp.ts';

/** The options of `bench`, as commander gives them. */
export interface BenchFlags {
  host?: string;
  url?: string;
  port?: number;
  username?: string;
  password?: string;
  passwordFile?: string;
  ca?: string;
  data?: string;
  servername?: string;
  insecure?: boolean;
  protocolVersion: ProtocolVersion;
  connectTimeout: number;
  qos?: QoS;
  publishers?: number;
  subscribers?: number;
  connections?: number;
  payload?: number;
  rate?: number;
  window?: number;
  seconds?: number;
  warmUp?: number;
  concurrency: number;
  workers: number;
  pid?: number;
  topic?: string;
  json?: boolean;
}

const connectionsMax = 1_000_000;
const many = wholeNumber(1, connectionsMax);

/** Adds the argument and the options of `bench` to a command. */
export function addBenchOptions(command: Command): Command {
  return command
    .helpOption('--help', 'show this help')
    .addArgument(new Argument('[scenario]', 'what to load').choices(scenarios).default('pairs'))
    .optionsGroup('Connection:')
    .option('-h, --host <host>', 'host name or address (default: localhost)')
    .option('-p, --port <port>', 'port (default: 8883; wss 8084, mqtt 1883, ws 8083)', parsePort)
    .option('--url <url>', 'the same as a URL: mqtts://, wss://, mqtt:// or ws://HOST:PORT/PATH')
    .option('-u, --username <name>', 'user name (or BERTH_USERNAME)')
    .option('-P, --password <password>', 'password (or BERTH_PASSWORD, which others on this machine do not see)')
    .option('--password-file <file>', 'file whose first line is the password')
    .option('-V, --protocol-version <version>', '3.1, 3.1.1 or 5', parseVersion, 5)
    .option('--connect-timeout <seconds>', 'for a whole connection', wholeNumber(1, 3600), 30)
    .optionsGroup('TLS:')
    .option('--ca <file>', 'trust this CA file only (default: the one of the data directory, and those of the system)')
    .option('--data <dir>', 'data directory whose ca.crt is trusted (or BERTH_DATA)')
    .option('--servername <name>', 'SNI and name of the certificate, where it is not the host')
    .option('--insecure', 'accept any certificate')
    .optionsGroup('Load:')
    .option('--publishers <number>', 'publishers (default: 50; fan-out 1)', many)
    .option('--subscribers <number>', 'subscribers (default: as many as publishers; fan-out 200, fan-in 1)', many)
    .option('--connections <number>', 'connections of connect and idle (default: 1000), or pairs', many)
    .option('-q, --qos <qos>', 'quality of service 0, 1 or 2 (default: 0; latency 1)', parseQos)
    .option(
      '--payload <bytes>',
      `bytes of a message, ${stampBytes} or more (default: 64)`,
      wholeNumber(stampBytes, 268_000_000),
    )
    .option(
      '--rate <number>',
      'messages (connect, idle: connections) a second in all (default: none; latency 5000)',
      parseRate,
    )
    .option(
      '--window <number>',
      'messages of a publisher under way at once (default: 8, fan-out 4, with a rate 1000)',
      wholeNumber(1, 65_535),
    )
    .option(
      '--seconds <number>',
      'how long it is measured, or connections are held (default: 10; connect 0)',
      wholeNumber(0, 86_400),
    )
    .option('--warm-up <seconds>', 'time before that (default: 1)', wholeNumber(0, 3600))
    .option('--concurrency <number>', 'connections being opened at once', wholeNumber(1, 10_000), 50)
    .option('--workers <number>', 'threads of the generator', wholeNumber(1, 64), 1)
    .option('--topic <prefix>', 'first level of the topics (default: a random one)')
    .optionsGroup('Result:')
    .option('--pid <pid>', 'process of the broker on this machine: measure its CPU time and memory', many)
    .option('--json', 'print the result as JSON');
}

function parseRate(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= 100_000_000) return value;
  throw new InvalidArgumentError('It takes a number above 0.');
}

/**
 * Makes the plan from what was typed.
 * @returns it, and the settings of one ordinary connection that shows whether the broker can be reached at all.
 * @throws CliError where options contradict each other.
 */
export function readBench(
  scenario: Scenario,
  flags: BenchFlags,
  context: Context,
): { readonly plan: Plan; readonly probe: ConnectionSettings } {
  const probe = readConnection({ ...flags, clean: true, keepAlive: 60 }, context);
  const { target, tls, version, username, password, connectTimeoutMs } = probe;
  const common = {
    endpoint: { target, tls, version, username, password, connectTimeoutMs },
    prefix: flags.topic ?? `b${randomBytes(2).toString('hex')}`,
    concurrency: flags.concurrency,
    workers: flags.workers,
    brokerPid: flags.pid ?? null,
  };
  if (/[+#]|^\$|\//.test(common.prefix) || common.prefix === '') {
    throw usageError('--topic takes one level of a topic, without +, # and a $ in front.');
  }
  const plan = isConnectScenario(scenario)
    ? { ...common, ...readConnectLoad(scenario, flags) }
    : { ...common, ...readMessageLoad(scenario, flags) };
  return { plan, probe };
}

function isConnectScenario(scenario: Scenario): scenario is ConnectScenario {
  return (connectScenarios as readonly string[]).includes(scenario);
}

function readConnectLoad(scenario: ConnectScenario, flags: BenchFlags) {
  refuse(scenario, flags, ['publishers', 'subscribers', 'qos', 'payload', 'window', 'warmUp']);
  return {
    scenario,
    connections: flags.connections ?? 1000,
    ratePerSecond: flags.rate ?? null,
    holdSeconds: flags.seconds ?? (scenario === 'idle' ? 10 : 0),
  };
}

function readMessageLoad(scenario: MessageScenario, flags: BenchFlags) {
  if (flags.seconds === 0) throw usageError('--seconds 0 measures nothing.');
  const ratePerSecond = flags.rate ?? (scenario === 'latency' ? 5000 : null);
  return {
    scenario,
    ...readEnds(scenario, flags),
    qos: flags.qos ?? (scenario === 'latency' ? 1 : 0),
    payloadBytes: flags.payload ?? 64,
    window: flags.window ?? (ratePerSecond !== null ? 1000 : scenario === 'fan-out' ? 4 : 8),
    ratePerSecond,
    seconds: flags.seconds ?? 10,
    warmUpSeconds: flags.warmUp ?? 1,
    quietSeconds: 3,
  };
}

function readEnds(scenario: MessageScenario, flags: BenchFlags): { publishers: number; subscribers: number } {
  if (scenario === 'pairs' || scenario === 'latency') {
    const given = new Set(
      [flags.connections, flags.publishers, flags.subscribers].filter((count) => count !== undefined),
    );
    if (given.size > 1) throw usageError('Pairs have as many publishers as subscribers: give one of the two.');
    const [pairs = 50] = given;
    return { publishers: pairs, subscribers: pairs };
  }
  refuse(scenario, flags, ['connections']);
  const publishers = flags.publishers ?? (scenario === 'fan-out' ? 1 : 50);
  const subscribers = flags.subscribers ?? { 'fan-out': 200, 'fan-in': 1, shared: publishers }[scenario];
  return { publishers, subscribers };
}

function refuse(scenario: Scenario, flags: BenchFlags, names: readonly (keyof BenchFlags)[]): void {
  const given = names.find((name) => flags[name] !== undefined);
  if (given === undefined) return;
  const option = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw usageError(`--${option} has no meaning for ${scenario}.`);
}
