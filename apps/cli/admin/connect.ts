import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, join } from 'node:path';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { ApiClient, ApiError, type Fetch } from '../../../packages/api/mod.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes, usageError } from '../exit.ts';

/** The options of the admin commands that find the service, as commander gives them. */
export interface AdminFlags {
  data?: string;
  api?: string;
  tokenFile?: string;
  json?: boolean;
}

/** What the service writes to `<data>/runtime.json` while it runs. */
const runtimeSchema = z.object({ http: z.int(), httpHost: z.string(), tls: z.boolean().default(false), pid: z.int() });

/** Adds the options that find the running service, and `--json`. */
export function addAdminOptions(command: Command): Command {
  return command
    .addOption(new Option('--data <dir>', 'data directory of the running service (BERTH_DATA, default ./berth-data)'))
    .option('--api <url>', 'address of the REST API, where the data directory is not at hand')
    .option('--token-file <file>', 'file with the admin token (default: admin-token in the data directory)')
    .option('--json', 'print JSON');
}

/** The data directory that is meant. */
export function dataDirectoryOf(flags: { data?: string }, context: Context): string {
  return flags.data ?? (context.env['BERTH_DATA'] || 'berth-data');
}

/**
 * A client for the running service.
 * @throws CliError in one sentence with the remedy where there is none.
 */
export function connectAdmin(flags: AdminFlags, context: Context): ApiClient {
  const data = dataDirectoryOf(flags, context);
  const baseUrl = flags.api === undefined ? runningApi(data, context) : checkedUrl(flags.api);
  const token = readToken(flags.tokenFile ?? join(data, 'admin-token'), context);
  return new ApiClient({ baseUrl, token, fetch: fetchTrusting(join(data, 'ca.crt')) });
}

/**
 * `fetch` that trusts the CA of the installation where its file is at hand. This authority signs nothing but the
 * server's own certificate, so the name in it need not be the address that the listener happens to be bound to. Where
 * the operator has brought a certificate, it has to be the very one that lies in the data directory.
 */
export function fetchTrusting(caFile: string): Fetch {
  const own = join(dirname(caFile), 'own.crt');
  return (url, init) => {
    if (!url.startsWith('https:')) return fetch(url, init);
    if (existsSync(own)) return fetch(url, { ...init, tls: trustOwn(own) });
    if (!existsSync(caFile)) return fetch(url, init);
    const tls = { ca: readFileSync(caFile, 'utf8'), checkServerIdentity: () => undefined };
    return fetch(url, { ...init, tls });
  };
}

function trustOwn(own: string) {
  const chain = readFileSync(own, 'utf8');
  const { fingerprint256 } = new X509Certificate(chain);
  return {
    // The certificate itself is enough: its root may be known to no one but the devices.
    ca: chain,
    allowPartialTrustChain: true,
    checkServerIdentity: (_name: string, shown: { readonly fingerprint256: string }) =>
      shown.fingerprint256 === fingerprint256
        ? undefined
        : Object.assign(new Error(`the server shows another certificate than ${own}`), {
            code: 'CERT_REJECTED',
          }),
  };
}

/**
 * Runs one request and turns what goes wrong into a sentence.
 * @throws CliError
 */
export async function request<T>(context: Context, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // The service has just ended, or was killed and left its runtime file.
    if (error.code === 'server.unreachable')
      throw new CliError(`${error.message} ${startIt(context)}`, exitCodes.failure, { cause: error });
    if (error.code === 'server.untrusted')
      throw new CliError(`${error.message} ${trustIt(context)}`, exitCodes.failure, { cause: error });
    const exitCode = error.status === 400 ? exitCodes.usage : exitCodes.failure;
    throw new CliError(`${error.message} ${error.remedy}`, exitCode, {
      cause: error,
    });
  }
}

/** Whether a service runs on the data directory, as far as its files say. */
export function serviceRuns(data: string): boolean {
  try {
    const runtime = runtimeSchema.safeParse(parseJson(readFileSync(join(data, 'runtime.json'), 'utf8')));
    return runtime.success && isAlive(runtime.data.pid);
  } catch {
    return false;
  }
}

/** Address of the REST API of the service that runs on the data directory. */
export function runningApi(data: string, context: Context): string {
  let text: string;
  try {
    text = readFileSync(join(data, 'runtime.json'), 'utf8');
  } catch (error) {
    throw new CliError(notRunning(data, context), exitCodes.failure, { cause: error });
  }
  const runtime = runtimeSchema.safeParse(parseJson(text));
  if (!runtime.success) throw new CliError(notRunning(data, context));
  const { http, httpHost, tls, pid } = runtime.data;
  if (!isAlive(pid)) throw new CliError(notRunning(data, context));
  return `http${tls ? 's' : ''}://${reachable(httpHost)}:${http}`;
}

function notRunning(data: string, context: Context): string {
  return context.language === 'zh'
    ? `数据目录 ${data} 上没有正在运行的服务。${startIt(context)}`
    : `No service is running on the data directory ${data}. ${startIt(context)}`;
}

function startIt(context: Context): string {
  return context.language === 'zh'
    ? `请用 "${context.command} up" 启动服务,或用 --data DIR 指定它的数据目录。`
    : `Start it with "${context.command} up", or name its data directory with --data DIR.`;
}

function trustIt(context: Context): string {
  return context.language === 'zh'
    ? '请把该服务的 CA 文件以 ca.crt 为名放入一个目录，并用 --data DIR 指定；没有该文件时，使用系统的信任库和证书中的名称进行验证。'
    : 'Put the CA file of that service as ca.crt into a directory and name it with --data DIR. Without that file the trust store of the system decides, and the address has to be one that the certificate covers.';
}

function readToken(path: string, context: Context): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const isDenied = error instanceof Error && 'code' in error && error.code === 'EACCES';
    throw new CliError(
      context.language === 'zh'
        ? `无法读取管理令牌 ${path}。${isDenied ? '请以运行服务的用户执行此命令。' : '请用 --data 或 --token-file 指定。'}`
        : `The admin token ${path} cannot be read. ${isDenied ? 'Run this as the user that runs the service.' : 'Name it with --data or --token-file.'}`,
      exitCodes.failure,
      { cause: error },
    );
  }
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw usageError(`--api takes a URL such as http://127.0.0.1:18083, not "${text}".`);
  return text;
}

/** The address to connect to for a listener that is bound to `host`. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** A killed service leaves its file behind. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
