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
  clientId?: string;
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
    .option('--host <name>', "another name for the deployment's address, such as localhost")
    .option('-u, --username <name>', 'user name of the device (default: the first one that is enabled)')
    .option('-i, --client-id <id>', 'client id of the device: one of its own for every device')
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
What is printed is the file that Berth's own tests check; only its settings change. --list says how each was tested.
Where a sample needs more files than one, --out saves them all. Without a running service, address, user name and CA
stay placeholders unless they are given.
Passwords are stored hashed, so the password is yours to fill in.`;
}

async function run(name: string | undefined, flags: SampleFlags, context: Context): Promise<void> {
  if (flags.list) {
    await context.write(flags.json ? toJson(sampleLanguages.map(describe)) : renderList(context));
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
  if (language.name !== name.toLowerCase()) context.error(say.alias(language, name));
  if (flags.out === undefined) {
    if (language.others.length > 0) context.error(say.others(language, context.command));
    await context.write(
      flags.json ? toJson({ ...describe(language), text: mainFileOf(language, values) }) : mainFileOf(language, values),
    );
  } else {
    const saved = save(flags.out, filesOf(language, values));
    context.error(say.saved(flags.out, saved));
    if (!saved.includes('ca.crt') && readsCaFile(language)) context.error(say.noCa);
    if (language.run.length > 0) context.error(say.run(flags.out, language.run));
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
    ...(flags.clientId === undefined ? {} : { clientId: flags.clientId }),
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
  const { name, aliases, title, main, others, tested } = language;
  return { name, aliases, title, file: main, otherFiles: others, tested };
}

function renderList(context: Context): string {
  const { headings, tested } = phrases[context.language];
  return renderTable(
    headings,
    sampleLanguages.map((entry) => [entry.name, entry.title, entry.main, tested[entry.tested]]),
  );
}

/** Boards and phones carry the text of the CA file; the others, and the build for ESP-IDF, read it. */
function readsCaFile(language: SampleLanguage): boolean {
  return language.tested === 'run' || language.name === 'esp32-idf';
}

const phrases = {
  en: {
    headings: ['LANGUAGE', 'WHAT IT IS', 'FILE', 'TESTED'],
    tested: {
      run: 'run against the service',
      host: 'run on a computer, not on a board',
      jvm: 'run on a plain JVM, not on Android',
      parsed: 'syntax only, not run',
    },
    alias: (language: SampleLanguage, typed: string) =>
      `${printable(typed)} is here ${language.name}: ${language.title}. All: --list.`,
    others: (language: SampleLanguage, berth: string) =>
      `It needs ${language.others.join(', ')} too: "${berth} sample ${language.name} --out DIR" saves all files.`,
    noCa: 'Put the CA file beside it as ca.crt ("berth ca", or GET /ca.crt of the service).',
    run: (folder: string, commands: readonly string[]) =>
      `Set the password in it, then run in ${folder}:\n${commands.map((command) => `  ${command}`).join('\n')}`,
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
    headings: ['语言', '说明', '文件', '测试方式'],
    tested: {
      run: '连接服务实际运行',
      host: '在计算机上运行，未在开发板上运行',
      jvm: '在普通 JVM 上运行，未在 Android 上运行',
      parsed: '仅检查语法，未运行',
    },
    alias: (language: SampleLanguage, typed: string) =>
      `${printable(typed)} 对应 ${language.name}：${language.title}。全部示例见 --list。`,
    others: (language: SampleLanguage, berth: string) =>
      `还需要 ${language.others.join('、')}："${berth} sample ${language.name} --out DIR" 可保存全部文件。`,
    noCa: '请将 CA 文件以 ca.crt 为名放在同一文件夹（"berth ca"，或服务的 GET /ca.crt）。',
    run: (folder: string, commands: readonly string[]) =>
      `请在文件中填写密码，然后在 ${folder} 中运行：\n${commands.map((command) => `  ${command}`).join('\n')}`,
    placeholders: '数据目录上没有正在运行的服务：地址、用户名和 CA 均为占位符，请在文件开头的设置区中修改。',
    saved: (folder: string, files: readonly string[]) => `已保存到 ${folder}：${files.join('、')}。`,
    password: (username: string | undefined) =>
      username === undefined
        ? '请自行填写用户名和密码：该部署还没有凭证（"berth credential add"）。'
        : `请自行填写 ${printable(username)} 的密码：服务只保存其散列值，并不知道密码。`,
    noDeployment: (berth: string) => `没有部署。请先创建：${berth} deployment create NAME`,
  },
} as const;
