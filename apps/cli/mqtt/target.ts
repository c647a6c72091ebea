import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { CliError, exitCodes, usageError } from '../exit.ts';

/** The ways to reach MQTT. */
export type Scheme = 'mqtt' | 'mqtts' | 'ws' | 'wss';

/** Where to connect. */
export interface Target {
  readonly scheme: Scheme;
  /** Name or IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path of the WebSocket upgrade; of no use elsewhere. */
  readonly path: string;
}

const defaultPorts: Readonly<Record<Scheme, number>> = { mqtt: 1883, mqtts: 8883, ws: 8083, wss: 8084 };

const schemes: Readonly<Record<string, Scheme>> = {
  mqtt: 'mqtt',
  tcp: 'mqtt',
  mqtts: 'mqtts',
  ssl: 'mqtts',
  tls: 'mqtts',
  ws: 'ws',
  wss: 'wss',
};

/** A target, and the user name and password where the URL carries them. */
export interface ParsedTarget {
  readonly target: Target;
  readonly username: string | null;
  readonly password: string | null;
}

/**
 * Reads `--url`, `--host` and `--port`. A URL may stand in `--host` as well; the port is the usual one of the scheme.
 * @throws CliError where they contradict each other or make no sense.
 */
export function parseTarget(options: { url?: string; host?: string; port?: number }): ParsedTarget {
  if (options.url !== undefined && options.host !== undefined)
    throw usageError('Give either --url or --host, not both.');
  const given = options.url ?? options.host ?? 'localhost';
  const { scheme, url } = parseUrl(given);
  const urlPort = url.port === '' ? null : Number(url.port);
  if (urlPort !== null && options.port !== undefined && urlPort !== options.port) {
    throw usageError(`The address says port ${urlPort} and --port says ${options.port}. Give one of them.`);
  }
  const port = options.port ?? urlPort ?? defaultPorts[scheme];
  if (port === 0) throw usageError('Port 0 cannot be connected to.');
  return {
    target: {
      scheme,
      host: hostOf(url, given),
      port,
      path: url.pathname === '' || url.pathname === '/' ? '/mqtt' : url.pathname + url.search,
    },
    username: url.username === '' ? null : decoded(url.username),
    password: url.password === '' ? null : decoded(url.password),
  };
}

function parseUrl(given: string): { scheme: Scheme; url: URL } {
  const [before, after] = given.includes('://')
    ? split(given, '://')
    : ['mqtts', isIP(given) === 6 ? `[${given}]` : given];
  const scheme = schemes[before.toLowerCase()];
  if (scheme === undefined) throw usageError(`${before}:// is not MQTT. Use mqtts://, wss://, mqtt:// or ws://.`);
  // Read under a scheme that URL does not know: for ws and wss it would swallow the ports 80 and 443.
  const url = URL.parse(`mqtt://${after}`);
  if (url === null) throw notAnAddress(given);
  return { scheme, url };
}

function hostOf(url: URL, given: string): string {
  const name = decoded(url.hostname).replace(/^\[(.*)\]$/, '$1');
  if (isIP(name) !== 0) return name;
  const ascii = domainToASCII(name);
  if (ascii === '') throw notAnAddress(given);
  return ascii;
}

/** @throws CliError that does not show the text: it may be a password. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new CliError('The address has a % that begins no code. Write a % in it as %25.', exitCodes.usage, {
      cause: error,
    });
  }
}

function notAnAddress(given: string): CliError {
  // Not what stands before the @: it may be a password.
  const shown = given.replace(/^([^/]*:\/\/)?.*@/, '$1');
  return usageError(`"${shown}" is not an address. Use a host name, or a URL such as mqtts://localhost:8883.`);
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + separator.length)];
}

/** Whether the name is `localhost` or below it: always this machine (RFC 6761 section 6.3), also where the resolver does not know. */
export function isLoopbackName(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost');
}

/** Whether TLS is spoken. */
export function usesTls(scheme: Scheme): boolean {
  return scheme === 'mqtts' || scheme === 'wss';
}
