/** Flags, environment and file -> typed configuration. Pure: everything outside comes in as an argument. */
import type { z } from 'zod';
import { nearest } from './names.ts';
import { type OptionDefinition, type OptionKey, options } from './options.ts';
import { passwordLengthAdvised, settings } from './settings.ts';

/** The whole configuration of a server, checked. */
export interface Config {
  /** Path of the data directory as it was given, relative to the working directory. */
  readonly data: string;
  /** Lower case, at least two labels. */
  readonly domain: string;
  /** Further DNS names (lower case) and IP addresses (canonical) of the server certificate. */
  readonly san: readonly string[];
  /** Paths of the operator's own server certificate and its key; both or neither. */
  readonly cert: string | null;
  readonly key: string | null;
  /** Whether clients get TLS session tickets. */
  readonly sessionTickets: boolean;
  /** IP address of the MQTT listeners, or `all`: every address, IPv6 too. */
  readonly bind: string;
  readonly httpBind: string;
  /** 0 takes a free port, for each of the three. */
  readonly mqttsPort: number;
  readonly wssPort: number;
  readonly httpPort: number;
  readonly durability: Durability;
  /** Seconds that clients have to come back after a start before their wills are published. */
  readonly willGrace: number;
  readonly log: 'json' | 'text' | 'auto';
  /** Of the first credential; null where none was chosen. */
  readonly username: string | null;
  /** A secret. */
  readonly password: string | null;
}

/** What an acknowledged message survives: a power cut, a killed process, nothing. */
export type Durability = 'fsync' | 'os' | 'memory';

export interface ConfigInput {
  /** By key of the option, as commander gives them, and `config`: the path of a configuration file. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a file as text; throws as `node:fs` does. */
  readonly readFile: (path: string) => string;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly string[] }
  /** One sentence each, with the remedy and without a secret. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** A value with the place that it came from, as people are told. */
interface Given {
  readonly value: unknown;
  readonly where: string;
}

type GivenValues = ReadonlyMap<OptionKey, Given>;

/**
 * Makes the configuration: a flag goes before the environment, that before the file, that before the default.
 * An empty environment variable counts as not set. Every mistake is found in one call.
 */
export function loadConfig(input: ConfigInput): ConfigResult {
  const problems: string[] = [];
  const given = collect(input, problems);
  const merged = {
    ...Object.fromEntries(
      options.map((option) => [option.key, given.get(option.key)?.value ?? option.default ?? emptyOf(option)]),
    ),
  };
  const sources = new Map(given);
  for (const key of ['username', 'password'] as const) readSecretFile(key, merged, sources, input.readFile, problems);

  const parsed = settings.safeParse(merged);
  if (!parsed.success) problems.push(...describeIssues(parsed.error.issues, merged, sources));
  else problems.push(...findPortClashes(parsed.data, sources), ...findHalfCertificate(parsed.data, sources));
  if (!parsed.success || problems.length > 0) return { ok: false, problems };

  const { usernameFile: _usernameFile, passwordFile: _passwordFile, ...config } = parsed.data;
  return { ok: true, config, warnings: findWarnings(config, input.env, sources) };
}

function emptyOf(option: OptionDefinition): unknown {
  return option.repeatable ? [] : null;
}

function collect(input: ConfigInput, problems: string[]): GivenValues {
  const given = new Map<OptionKey, Given>();
  const path = input.flags['config'] ?? (input.env['BERTH_CONFIG'] || undefined);
  const file = typeof path === 'string' ? readConfigFile(path, input.readFile, problems) : {};
  for (const { key, flag, environment } of options) {
    const fromFlag = flag === null ? undefined : input.flags[key];
    const fromEnvironment = input.env[environment] || undefined;
    if (fromFlag !== undefined) given.set(key, { value: fromFlag, where: flag ?? key });
    else if (fromEnvironment !== undefined) given.set(key, { value: fromEnvironment, where: environment });
    else if (file[key] !== undefined) given.set(key, { value: file[key], where: `"${key}" in ${path as string}` });
  }
  return given;
}

function readConfigFile(path: string, readFile: (path: string) => string, problems: string[]): Record<string, unknown> {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    problems.push(
      `The configuration file ${path} cannot be read (${reasonOf(error)}). Check the path and its permissions.`,
    );
    return {};
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The parser's own message may quote the text, and with it a password.
    problems.push(`The configuration file ${path} is not valid JSON. Check it for missing commas and quotes.`);
    return {};
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    problems.push(`The configuration file ${path} must hold one JSON object, such as {"domain": "mqtt.example.com"}.`);
    return {};
  }
  const keys = options.map((option) => option.key as string);
  for (const key of Object.keys(content)) {
    if (keys.includes(key)) continue;
    const near = nearest(key, keys);
    problems.push(
      `"${key}" in ${path} is not an option. ${near === null ? `The options are ${keys.join(', ')}.` : `Did you mean "${near}"?`}`,
    );
  }
  return content as Record<string, unknown>;
}

/** Puts the content of `usernameFile` or `passwordFile` in the place of the value itself. */
function readSecretFile(
  key: 'username' | 'password',
  merged: Record<string, unknown>,
  sources: Map<OptionKey, Given>,
  readFile: (path: string) => string,
  problems: string[],
): void {
  const fileKey = `${key}File` as const;
  const path = merged[fileKey];
  if (typeof path !== 'string') return;
  const [direct, file] = [sources.get(key), sources.get(fileKey)];
  if (direct !== undefined) {
    problems.push(`${direct.where} and ${file?.where ?? fileKey} are both set. Keep one of them.`);
    return;
  }
  try {
    const value = readFile(path).replace(/\r?\n$/, '');
    merged[key] = value;
    sources.set(key, { value, where: `The ${key === 'username' ? 'user name' : 'password'} in ${path}` });
  } catch (error) {
    problems.push(
      `The file ${path} of ${file?.where ?? fileKey} cannot be read (${reasonOf(error)}). Check the path and its permissions.`,
    );
  }
}

function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  merged: Record<string, unknown>,
  sources: GivenValues,
): string[] {
  const seen = new Set<string>();
  const sentences: string[] = [];
  for (const issue of issues) {
    const option = options.find((entry) => entry.key === issue.path[0]);
    // One sentence an option: a second complaint about the same value helps nobody.
    if (option === undefined || seen.has(option.key)) continue;
    seen.add(option.key);
    const where = sources.get(option.key)?.where ?? option.key;
    const list = merged[option.key];
    const value = typeof issue.path[1] === 'number' && Array.isArray(list) ? list[issue.path[1]] : list;
    const isSecret = option.secret || option.key === 'username';
    sentences.push(`${where} ${issue.message}${isSecret ? '' : `, not ${JSON.stringify(value)}`}.`);
  }
  return sentences;
}

function findPortClashes(values: z.infer<typeof settings>, sources: GivenValues): string[] {
  const problems: string[] = [];
  const users = new Map<number, OptionKey>();
  for (const key of ['mqttsPort', 'wssPort', 'httpPort'] as const) {
    const port = values[key];
    if (port === 0) continue;
    const other = users.get(port);
    if (other === undefined) users.set(port, key);
    else
      problems.push(
        `${nameOf(other, sources)} and ${nameOf(key, sources)} are both ${port}. Give each listener a port of its own (0 takes a free one).`,
      );
  }
  return problems;
}

function findHalfCertificate({ cert, key }: z.infer<typeof settings>, sources: GivenValues): string[] {
  if ((cert === null) === (key === null)) return [];
  const [given, missing] = cert === null ? (['key', 'cert'] as const) : (['cert', 'key'] as const);
  return [
    `${nameOf(given, sources)} is set and ${nameOf(missing, sources)} is not. Set both, or neither: then Berth makes its own certificate.`,
  ];
}

function nameOf(key: OptionKey, sources: GivenValues): string {
  return sources.get(key)?.where ?? options.find((option) => option.key === key)?.flag ?? key;
}

function findWarnings(config: Config, env: ConfigInput['env'], sources: GivenValues): string[] {
  const warnings: string[] = [];
  if (config.password !== null && [...config.password].length < passwordLengthAdvised) {
    warnings.push(
      `${nameOf('password', sources)} has fewer than ${passwordLengthAdvised} characters. Choose a longer one, or leave it out and Berth makes one.`,
    );
  }
  const known = [...options.map((option) => option.environment), 'BERTH_CONFIG'];
  for (const name of Object.keys(env)) {
    if (!name.startsWith('BERTH_') || known.includes(name)) continue;
    // Only near misses: other commands and the operator's own scripts may have variables with the prefix.
    const near = nearest(
      name.slice('BERTH_'.length),
      known.map((entry) => entry.slice('BERTH_'.length)),
    );
    if (near !== null) warnings.push(`${name} is not an option and is ignored. Did you mean BERTH_${near}?`);
  }
  return warnings;
}

/** `ENOENT` in words; never the message, which may quote what was read. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words: Record<string, string> = {
    ENOENT: 'it does not exist',
    EACCES: 'permission denied',
    EISDIR: 'it is a directory',
  };
  return words[code] ?? (code === '' ? 'unknown error' : code);
}
