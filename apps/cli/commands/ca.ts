import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ApiClient } from '../../../packages/api/mod.ts';
import {
  type CertificateChange,
  changeCertificates,
  readCertificates,
  storedCertificates,
} from '../admin/certificates.ts';
import {
  addAdminOptions,
  type AdminFlags,
  dataDirectoryOf,
  fetchTrusting,
  request,
  runningApi,
} from '../admin/connect.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes, exitCodesHelp, usageError } from '../exit.ts';
import { saveFile } from '../save-file.ts';
import { renderCertificates } from './ca-report.ts';
import { parseTime } from './ca-time.ts';
import { toJson } from './deployment.ts';

interface CaFlags extends AdminFlags {
  out?: string;
  fingerprint?: boolean;
}

interface RolloverFlags extends AdminFlags {
  at?: string;
  now?: boolean;
  status?: boolean;
  cancel?: boolean;
  finish?: boolean;
}

/** Adds `berth ca`, `berth ca renew` and `berth ca rollover`. */
export function addCa(program: Command, context: Context): void {
  const ca = addAdminOptions(program.command('ca'))
    .description('print or save the CA file that devices trust; renew the server certificate; introduce a second root')
    .option('-o, --out <file>', 'save it to a file')
    .option('--fingerprint', 'print the SHA-256 fingerprint of each certificate in it')
    .addHelpText('after', `\n${examples(context.command)}\n\n${exitCodesHelp}`)
    .action((flags: CaFlags) => run(flags, context));
  addAdminOptions(ca.command('renew'))
    .description('make a new server certificate now; no connection is lost')
    .addHelpText('after', `\nExamples:\n  ${context.command} ca renew\n\n${exitCodesHelp}`)
    .action((_own: AdminFlags, command: Command) => change({ kind: 'renew' }, command.optsWithGlobals(), context));
  addAdminOptions(ca.command('rollover'))
    .description(
      'make a second root beside the first: the CA file carries both, and the new one signs from a later time',
    )
    .option('--at <time>', 'when the new root begins to sign: 2026-12-24T03:00Z, 2026-12-24 or 30d (default 30d)')
    .option('--now', 'let the new root sign at once')
    .option('--status', 'only show what is under way')
    .option('--cancel', 'go back to the old root alone')
    .option('--finish', 'take the old root out of the CA file, after the switch')
    .addHelpText('after', `\n${rolloverExamples(context.command)}\n\n${exitCodesHelp}`)
    .action((_own: RolloverFlags, command: Command) => rollover(command.optsWithGlobals(), context));
}

function examples(berth: string): string {
  return `Examples:
  ${berth} ca --out ca.crt
  ${berth} ca --fingerprint
  ${berth} ca --json
  ${berth} ca --api https://192.168.1.10:18083 --data trusted --out ca.crt

On every address but loopback (--http-bind) the REST API speaks HTTPS. It is checked against the ca.crt in the directory
of --data, or against the trust store of the system where there is none.`;
}

function rolloverExamples(berth: string): string {
  return `Examples:
  ${berth} ca rollover --at 2026-12-24T03:00Z
  ${berth} ca rollover --status
  ${berth} ca rollover --finish`;
}

async function run(flags: CaFlags, context: Context): Promise<void> {
  if (flags.json) {
    await context.write(toJson(await readCertificates(flags, context)));
    return;
  }
  const pem = await readCa(flags, context);
  if (flags.out !== undefined) save(flags.out, pem);
  if (flags.fingerprint) {
    await context.write(
      fingerprintsOf(pem)
        .map((line) => `${line}\n`)
        .join(''),
    );
    return;
  }
  if (flags.out === undefined) await context.write(pem);
  else context.error(saved(flags.out, context));
  // On standard error, so that standard output is the file and nothing else.
  const status = flags.api === undefined ? await storedCertificates(dataDirectoryOf(flags, context)) : null;
  if (status !== null) context.error(renderCertificates(status, context.language).trimEnd());
}

async function change(what: CertificateChange, flags: AdminFlags, context: Context): Promise<void> {
  const status = await changeCertificates(what, flags, context);
  await context.write(flags.json ? toJson(status) : renderCertificates(status, context.language));
}

async function rollover(flags: RolloverFlags, context: Context): Promise<void> {
  const given = (['at', 'now', 'status', 'cancel', 'finish'] as const).filter((name) => flags[name] !== undefined);
  if (given.length > 1) throw usageError(`--${given[0]} and --${given[1]} cannot be used together.`);
  if (flags.status) {
    const status = await readCertificates(flags, context);
    await context.write(flags.json ? toJson(status) : renderCertificates(status, context.language));
    return;
  }
  if (flags.cancel || flags.finish) return change({ kind: flags.cancel ? 'cancel' : 'finish' }, flags, context);
  if (flags.now) context.error(warnNow(context));
  const at = flags.now ? 'now' : flags.at === undefined ? null : parseTime(flags.at, Date.now());
  await change({ kind: 'plan', at }, flags, context);
}

function warnNow(context: Context): string {
  return context.language === 'zh'
    ? '警告：只有旧 CA 文件的设备从现在起无法连接，装好新文件前一直如此；用 "berth ca rollover --cancel" 可以撤回。'
    : 'Warning: devices that have only the old CA file cannot connect from now on until they get the new one; "berth ca rollover --cancel" goes back.';
}

function saved(path: string, context: Context): string {
  return context.language === 'zh' ? `CA 文件已保存到 ${path}。` : `The CA file is saved in ${path}.`;
}

async function readCa(flags: CaFlags, context: Context): Promise<string> {
  const data = dataDirectoryOf(flags, context);
  if (flags.api === undefined) {
    // While the service shows a certificate of the operator.
    const isOwn = existsSync(join(data, 'own.crt'));
    try {
      return readFileSync(join(data, isOwn ? 'own-ca.crt' : 'ca.crt'), 'utf8');
    } catch {
      if (isOwn) throw new CliError(noCaFile(context));
      // Perhaps the directory belongs to another user; the running service gives the file to everybody.
    }
  }
  const api = new ApiClient({
    baseUrl: flags.api ?? runningApi(data, context),
    token: null,
    fetch: fetchTrusting(join(data, 'ca.crt')),
  });
  return request(context, api.caCertificate());
}

function noCaFile(context: Context): string {
  return context.language === 'zh'
    ? '没有 CA 文件：服务器证书为自备，且其文件中不含根证书。请让客户端使用系统的信任库。'
    : 'There is no CA file: the server certificate is one of your own, and its root is not given with it. Let clients use the trust store of their system.';
}

function save(path: string, pem: string): void {
  try {
    // Everybody may read it: it is what clients trust.
    saveFile(path, pem, 0o644);
  } catch (error) {
    throw new CliError(
      `--out: cannot write ${path} (${error instanceof Error ? error.message : String(error)}).`,
      exitCodes.failure,
      { cause: error },
    );
  }
}

/** SHA-256 of each certificate, as OpenSSL prints it: upper-case pairs with colons. */
function fingerprintsOf(pem: string): string[] {
  try {
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [pem];
    return blocks.map((block) => new X509Certificate(block).fingerprint256);
  } catch (error) {
    throw new CliError('The CA file holds no certificate.', exitCodes.failure, { cause: error });
  }
}
