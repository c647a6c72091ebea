import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ApiClient } from '../../../packages/api/mod.ts';
import { dataDirectoryOf, fetchTrusting, request, runningApi } from '../admin/connect.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes, exitCodesHelp } from '../exit.ts';

interface CaFlags {
  data?: string;
  api?: string;
  out?: string;
  fingerprint?: boolean;
}

/** Adds `berth ca`. */
export function addCa(program: Command, context: Context): void {
  program
    .command('ca')
    .description('print or save the CA file that devices trust')
    .option('--data <dir>', 'data directory of the service (BERTH_DATA, default ./berth-data)')
    .option('--api <url>', 'ask the service at this address instead')
    .option('-o, --out <file>', 'save it to a file')
    .option('--fingerprint', 'print its SHA-256 fingerprint')
    .addHelpText('after', `\n${examples(context.command)}\n\n${exitCodesHelp}`)
    .action((flags: CaFlags) => run(flags, context));
}

function examples(berth: string): string {
  return `Examples:
  ${berth} ca --out ca.crt
  ${berth} ca --fingerprint
  ${berth} ca --api http://192.168.1.10:18083 --out ca.crt`;
}

async function run(flags: CaFlags, context: Context): Promise<void> {
  const pem = await readCa(flags, context);
  if (flags.out !== undefined) save(flags.out, pem);
  if (flags.fingerprint) await context.write(`${fingerprintOf(pem)}\n`);
  else if (flags.out === undefined) await context.write(pem);
  else context.error(`The CA file is saved in ${flags.out}.`);
}

async function readCa(flags: CaFlags, context: Context): Promise<string> {
  const data = dataDirectoryOf(flags, context);
  if (flags.api === undefined) {
    try {
      return readFileSync(join(data, 'ca.crt'), 'utf8');
    } catch {
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

function save(path: string, pem: string): void {
  try {
    writeFileSync(path, pem);
  } catch (error) {
    throw new CliError(
      `--out: cannot write ${path} (${error instanceof Error ? error.message : String(error)}).`,
      exitCodes.failure,
      { cause: error },
    );
  }
}

/** SHA-256 of the first certificate, as OpenSSL prints it: upper-case pairs with colons. */
function fingerprintOf(pem: string): string {
  try {
    return new X509Certificate(pem).fingerprint256;
  } catch (error) {
    throw new CliError('The CA file holds no certificate.', exitCodes.failure, { cause: error });
  }
}
