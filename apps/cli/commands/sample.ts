import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { ApiClient, Deployment } from '../../../packages/api/mod.ts';
import {
  sampleLanguage,
  sampleLanguages,
  type SampleLanguage,
  type SampleValues,
} from '../../../packages/samples/mod.ts';
import {
  addAdminOptions,
  type AdminFlags,
  connectAdmin,
  dataDirectoryOf,
  request,
  serviceRuns,
} from '../admin/connect.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes, exitCodesHelp, usageError } from '../exit.ts';
import { filesOf, mainFileOf } from '../sample/files.ts';
import { printable, renderTable } from '../table.ts';
import { toJson } from './deployment.ts';

interface SampleFlags extends AdminFlags {
  deployment?: string;
  host?: string;
  username?: string;
  transport?: 'tls' | 'wss';
  out?: string;
  list?: boolean;
}

/** Adds `berth sample`. */
export function addSample(program: Command, context: Context): void {
  addAdminOptions(program.command('sample [language]'))
    .description('print or save a device in your language, with address, ports, user name and CA of a deployment in it')
    .option('--list', 'which languages there are')
    .option('--deployment <name>', 'name or id of the deployment (default: the first one)')
    .option('--host <name>', "another name for the deployment's address, such as localhost or a custom domain")
    .option('-u, --username <name>', 'user name of the device (default: the first one that is enabled)')
    .addOption(new Option('--transport <transport>', 'tls (MQTT over TLS) or wss (WebSocket)').choices(['tls', 'wss']))
    .option('-o, --out <dir>', 'save all files of the sample and the CA file in this folder')
    .addHelpText('after', `\n${examples(context.command)}\n\n${exitCodesHelp}`)
    .action((language: string | undefined, flags: SampleFlags) => run(language, flags, context));
}

function examples(berth: string): string {
  return `Examples:
  ${berth} sample --list
  ${berth} sample python --out my-device
  ${berth} sample go --deployment plant-7 --username sensor-1
What is printed is the file that Berth's own tests run; only its settings change.
Passwords are stored hashed, so the password is yours to fill in.`;
}

async function run(name: string | undefined, flags: SampleFlags, context: Context): Promise<void> {
  if (flags.list) {
    await context.write(flags.json ? toJson(sampleLanguages.map(describe)) : renderList());
    return;
  }
  if (name === undefined) throw usageError(`Name a language: ${names()}.`);
  const language = sampleLanguage(name);
  if (language === null) throw usageError(`There is no sample for "${printable(name)}". There is: ${names()}.`);
  if (flags.transport === 'wss' && !language.hasWebSocket) {
    throw usageError(`The sample for ${language.name} speaks MQTT over TLS only: leave --transport out.`);
  }
  const known = await readValues(flags, context);
  const values = { ...known.values, ...(flags.transport === undefined ? {} : { transport: flags.transport }) };
  const say = phrases[context.language];
  if (known.from === null) context.error(say.placeholders);
  if (flags.out === undefined) {
    await context.write(
      flags.json ? toJson({ ...describe(language), text: mainFileOf(language, values) }) : mainFileOf(language, values),
    );
  } else {
    const saved = save(flags.out, filesOf(language, values));
    context.error(say.saved(flags.out, saved));
  }
  if (known.from !== null) context.error(say.password(values.username));
}

/** What is known of the deployment; nothing but what was typed where no service runs. */
async function readValues(
  flags: SampleFlags,
  context: Context,
): Promise<{ readonly values: SampleValues; readonly from: Deployment | null }> {
  const typed: SampleValues = {
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.username === undefined ? {} : { username: flags.username }),
  };
  const isAsked = flags.deployment !== undefined || flags.api !== undefined;
  if (!isAsked && !serviceRuns(dataDirectoryOf(flags, context))) return { values: typed, from: null };
  const api = connectAdmin(flags, context);
  const deployment = await findDeployment(flags.deployment, api, context);
  const username = typed.username ?? (await firstUsername(deployment, api, context));
  const values: SampleValues = {
    host: deployment.address,
    tlsPort: deployment.ports.mqtts,
    wssPort: deployment.ports.wss,
    caPem: await request(context, api.caCertificate()),
    ...(username === undefined ? {} : { username }),
    ...typed,
  };
  return { values, from: deployment };
}

async function findDeployment(name: string | undefined, api: ApiClient, context: Context): Promise<Deployment> {
  if (name !== undefined) return request(context, api.getDeployment(name));
  const [first] = await request(context, api.listDeployments());
  if (first === undefined) throw new CliError(phrases[context.language].noDeployment(context.command));
  return first;
}

async function firstUsername(deployment: Deployment, api: ApiClient, context: Context): Promise<string | undefined> {
  const credentials = await request(context, api.listCredentials(deployment.id));
  return credentials.find((entry) => !entry.disabled)?.username;
}

/** @returns the names of the files that were written. Never overwrites one. */
function save(folder: string, files: ReadonlyMap<string, string>): readonly string[] {
  const there = [...files.keys()].filter((name) => existsSync(join(folder, name)));
  if (there.length > 0) {
    throw new CliError(`--out: ${join(folder, there[0] ?? '')} is there already. Name another folder, or remove it.`);
  }
  try {
    for (const [name, text] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  } catch (error) {
    throw new CliError(
      `--out: cannot write to ${folder} (${error instanceof Error ? error.message : String(error)}).`,
      exitCodes.failure,
      { cause: error },
    );
  }
  return [...files.keys()];
}

function names(): string {
  return sampleLanguages.map((entry) => entry.name).join(', ');
}

function describe(language: SampleLanguage) {
  return { name: language.name, title: language.title, file: language.main };
}

function renderList(): string {
  return renderTable(
    ['LANGUAGE', 'WHAT IT IS', 'FILE'],
    sampleLanguages.map((entry) => [entry.name, entry.title, entry.main]),
  );
}

const phrases = {
  en: {
    placeholders:
      'No service is running on the data directory: address, user name and CA are placeholders. Change them in the block of settings at the top.',
    saved: (folder: string, files: readonly string[]) => `Saved in ${folder}: ${files.join(', ')}.`,
    password: (username: string | undefined) =>
      username === undefined
        ? 'User name and password are yours to fill in: the deployment has no credential yet ("berth credential add").'
        : `The password of ${printable(username)} is yours to fill in: the service stores it hashed and does not know it.`,
    noDeployment: (berth: string) => `There is no deployment. Make one: ${berth} deployment create NAME`,
  },
  zh: {
    placeholders: '数据目录上没有正在运行的服务：地址、用户名和 CA 均为占位符，请在文件开头的设置区中修改。',
    saved: (folder: string, files: readonly string[]) => `已保存到 ${folder}：${files.join('、')}。`,
    password: (username: string | undefined) =>
      username === undefined
        ? '请自行填写用户名和密码：该部署还没有凭证（"berth credential add"）。'
        : `请自行填写 ${printable(username)} 的密码：服务只保存其散列值，并不知道密码。`,
    noDeployment: (berth: string) => `没有部署。请先创建：${berth} deployment create NAME`,
  },
} as const;
