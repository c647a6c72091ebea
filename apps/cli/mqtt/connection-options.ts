import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { Option, type Command } from 'commander';
import type { ProtocolVersion, QoS } from '../../../packages/codec/types.ts';
import { parseTopicName } from './topics.ts';
import type { Context } from '../context.ts';
import { CliError, usageError } from '../exit.ts';
import { parsePort, parseQos, parseSeconds, parseVersion, wholeNumber } from './parse-values.ts';
import type { ConnectionSettings, WillSettings } from './settings.ts';
import { parseTarget } from './target.ts';

/** The options that `pub` and `sub` share, as commander gives them. */
export interface ConnectionFlags {
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
  id?: string;
  protocolVersion: ProtocolVersion;
  clean: boolean;
  sessionExpiry?: number;
  keepAlive: number;
  connectTimeout: number;
  willTopic?: string;
  willPayload?: string;
  willQos?: QoS;
  willRetain?: boolean;
  willDelay?: number;
}

/** Adds the options for the connection to a command. */
export function addConnectionOptions(command: Command): Command {
  return command
    .helpOption('--help', 'show this help')
    .optionsGroup('Connection:')
    .option('-h, --host <host>', 'host name or address (default: localhost)')
    .option('-p, --port <port>', 'port (default: 8883; wss 8084, mqtt 1883, ws 8083)', parsePort)
    .option('--url <url>', 'the same as a URL: mqtts://, wss://, mqtt:// or ws://HOST:PORT/PATH')
    .option('-u, --username <name>', 'user name (or BERTH_USERNAME)')
    .option('-P, --password <password>', 'password (or BERTH_PASSWORD, which others on this machine do not see)')
    .option('--password-file <file>', 'file whose first line is the password')
    .option('-i, --id <client-id>', 'client identifier (default: a random one)')
    .option('-V, --protocol-version <version>', '3.1, 3.1.1 or 5', parseVersion, 5)
    .option('--no-clean', 'resume the session of --id and keep it')
    .option('--clean', 'begin a new session (the default)')
    .option('--session-expiry <seconds>', 'how long the server keeps the session (5.0)', parseSeconds)
    .option('-k, --keep-alive <seconds>', 'keep-alive, 0 is none', wholeNumber(0, 65_535), 60)
    .option('--connect-timeout <seconds>', 'for each step of the connection', wholeNumber(1, 3600), 30)
    .optionsGroup('TLS:')
    .option('--ca <file>', 'trust this CA file only (default: the one of the data directory, and those of the system)')
    .addOption(new Option('--data <dir>', 'data directory whose ca.crt is trusted (or BERTH_DATA)'))
    .option('--servername <name>', 'SNI and name of the certificate, where it is not the host')
    .option('--insecure', 'accept any certificate')
    .optionsGroup('Will:')
    .option('--will-topic <topic>', 'topic of the will')
    .option('--will-payload <text>', 'message of the will')
    .option('--will-qos <qos>', 'QoS of the will', parseQos)
    .option('--will-retain', 'retain the will')
    .option('--will-delay <seconds>', 'delay of the will (5.0)', parseSeconds);
}

/**
 * Makes the settings of the connection from the options and the environment.
 * @throws CliError where they contradict each other, or a file cannot be read.
 */
export function readConnection(flags: ConnectionFlags, context: Context): ConnectionSettings {
  const { target, username, password } = parseTarget(flags);
  const version = flags.protocolVersion;
  requireV5(version, { '--session-expiry': flags.sessionExpiry, '--will-delay': flags.willDelay });
  if (!flags.clean && flags.id === undefined)
    throw usageError('--no-clean needs --id: the session belongs to a client identifier.');
  if (flags.password !== undefined && flags.passwordFile !== undefined) {
    throw usageError('Give either --password or --password-file, not both.');
  }
  const filePassword = flags.passwordFile === undefined ? null : firstLineOf(flags.passwordFile, '--password-file');
  return {
    target,
    tls: {
      ca: readCa(flags, context),
      serverName: flags.servername ?? null,
      insecure: flags.insecure ?? false,
    },
    version,
    clientId: flags.id ?? `berth-${randomBytes(6).toString('hex')}`,
    clean: flags.clean,
    keepAliveSeconds: flags.keepAlive,
    // Without an interval a 5.0 session ends with its connection, and --no-clean would keep nothing.
    sessionExpirySeconds: flags.sessionExpiry ?? (version === 5 && !flags.clean ? 0xffff_ffff : null),
    username: flags.username ?? username ?? (context.env['BERTH_USERNAME'] || null),
    password: flags.password ?? filePassword ?? password ?? (context.env['BERTH_PASSWORD'] || null),
    will: readWill(flags),
    connectTimeoutMs: flags.connectTimeout * 1000,
  };
}

/** Refuses options that only MQTT 5.0 has, where an older version was asked for. */
export function requireV5(version: ProtocolVersion, options: Readonly<Record<string, unknown>>): void {
  if (version === 5) return;
  const given = Object.keys(options).find((name) => options[name] !== undefined && options[name] !== false);
  if (given !== undefined) throw usageError(`${given} exists in MQTT 5.0 only. Leave it out, or use -V 5.`);
}

function readWill(flags: ConnectionFlags): WillSettings | null {
  if (flags.willTopic === undefined) {
    const given = flags.willPayload ?? flags.willQos ?? flags.willRetain ?? flags.willDelay;
    if (given !== undefined) throw usageError('A will needs --will-topic.');
    return null;
  }
  return {
    topic: parseTopicName(flags.willTopic),
    payload: Buffer.from(flags.willPayload ?? ''),
    qos: flags.willQos ?? 0,
    retain: flags.willRetain ?? false,
    delaySeconds: flags.willDelay ?? null,
  };
}

function readCa(flags: ConnectionFlags, context: Context): readonly string[] | null {
  if (flags.ca !== undefined) {
    const pem = readText(flags.ca, '--ca');
    if (!pem.includes('-----BEGIN CERTIFICATE-----'))
      throw usageError(`${flags.ca} holds no certificate in PEM format.`);
    return [pem];
  }
  const ownCa = join(flags.data ?? (context.env['BERTH_DATA'] || 'berth-data'), 'ca.crt');
  // Beside it, where the operator has brought a certificate: the root of that.
  const files = [ownCa, join(dirname(ownCa), 'own-ca.crt')].filter((path) => existsSync(path));
  if (files.length > 0) return [...files.map((path) => readText(path, 'the CA file')), ...rootCertificates];
  // A certificate of the operator whose root every system knows.
  const isPublic = existsSync(join(dirname(ownCa), 'own.crt'));
  if (flags.data !== undefined && !isPublic)
    throw usageError(`There is no ${ownCa}. Give the data directory of the service, or --ca FILE.`);
  return null;
}

/** The first line of a file, for secrets. */
export function firstLineOf(path: string, option: string): string {
  return readText(path, option).split(/\r?\n/, 1)[0] ?? '';
}

function readText(path: string, option: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(
      `${option}: cannot read ${path} (${error instanceof Error ? error.message : String(error)}).`,
      2,
      { cause: error },
    );
  }
}
