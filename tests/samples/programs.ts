import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { KotlinCompiler } from './kotlin-compiler.ts';

const root = resolve(import.meta.dirname, '../..');
/** Where `npm test` puts languages and libraries (tools/check/toolchains.ts). */
const cache = join(root, '.cache/clients');
/** The boards' APIs for this machine. */
const boards = join(import.meta.dirname, 'host');
const warnings = ['-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter', '-Wno-missing-field-initializers'];
const libraries = ['-lssl', '-lcrypto', '-pthread'];
const buildMs = 120_000;

/** How to start a sample in its folder. */
export interface Prepared {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Makes a sample's folder ready to run, with the libraries that the check has installed.
 * @throws Error with what the compiler said.
 */
export async function prepare(language: string, folder: string, host: string): Promise<Prepared> {
  // A board finds this machine under the address of the deployment, which no name server knows.
  const environment = { BOARD_HOST: isResolvable(host) ? host : '' };
  switch (language) {
    case 'python':
      return { command: [needed('python/bin/python'), 'sample.py'] };
    case 'node':
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
      return { command: ['node', 'sample.mjs'] };
    case 'go':
      await build(folder, goCommand(), 'build', '-mod=readonly', '-o', 'sample', '.');
      return { command: [join(folder, 'sample')] };
    case 'java':
      return { command: javaCommand(folder, host, ['-cp', `${needed('java/jars')}/*`, 'Sample.java']) };
    case 'android':
      return prepareKotlin(folder, host);
    case 'esp32-arduino':
      await buildSketch(folder, 'esp32-arduino.ino', [await espMqtt()]);
      return { command: [join(folder, 'sample')], environment };
    case 'esp8266':
      await buildSketch(folder, 'esp8266-arduino.ino', []);
      return { command: [join(folder, 'sample')], environment };
    case 'esp32-idf':
      await buildIdf(folder);
      return { command: [join(folder, 'sample')], environment };
    default:
      throw new Error(`there is no way to run ${language}`);
  }
}

/** The Android sample on a plain JVM, with the program of `android/Main.kt` around it. */
async function prepareKotlin(folder: string, host: string): Promise<Prepared> {
  const compiler = needed('kotlin/jars');
  const library = readdirSync(compiler).find((name) => name.startsWith('kotlin-stdlib-')) ?? '';
  const jars = readdirSync(needed('java/jars')).map((name) => join(cache, 'java/jars', name));
  const classPath = [...jars, join(compiler, library)].join(':');
  const sources = [join(folder, 'BerthDevice.kt'), join(import.meta.dirname, 'android/Main.kt')];
  const options = ['-no-stdlib', '-no-reflect', '-Werror', '-cp', classPath, '-d', join(folder, 'classes')];
  await kotlin(compiler).compile([...options, ...sources]);
  return { command: javaCommand(folder, host, ['-cp', `${join(folder, 'classes')}:${classPath}`, 'MainKt']) };
}

let compilerOfAll: KotlinCompiler | null = null;

function kotlin(jars: string): KotlinCompiler {
  return (compilerOfAll ??= new KotlinCompiler(jars));
}

/** Ends what the builds have left running. */
export function stopBuilding(): void {
  compilerOfAll?.stop();
  compilerOfAll = null;
}

let espMqttObject: Promise<string> | null = null;

/** The stand-in for esp-mqtt, compiled once: it is the same for every sample. */
function espMqtt(): Promise<string> {
  espMqttObject ??= (async () => {
    const folder = join(cache, 'boards');
    mkdirSync(folder, { recursive: true });
    const object = join(folder, `esp_mqtt-${process.pid}.o`);
    await build(
      folder,
      'g++',
      '-std=gnu++20',
      ...warnings,
      `-I${boards}`,
      '-c',
      join(boards, 'esp_mqtt.cpp'),
      '-o',
      object,
    );
    return object;
  })();
  return espMqttObject;
}

/** A sketch of Arduino with the board's API for the host around it. */
async function buildSketch(folder: string, sketch: string, more: readonly string[]): Promise<void> {
  symlinkSync(join(folder, sketch), join(folder, 'sketch.ino'));
  const include = ['-I.', `-I${boards}`, `-I${join(boards, 'arduino')}`];
  const sources = [join(boards, 'arduino/main.cpp'), ...more];
  await build(folder, 'g++', '-std=gnu++20', ...warnings, ...include, ...sources, '-o', 'sample', ...libraries);
}

/** The program for ESP-IDF with its API for the host around it; the CA file is part of it as on the board. */
async function buildIdf(folder: string): Promise<void> {
  const include = [`-I${boards}`, `-I${join(boards, 'idf')}`];
  for (const [source, object] of [
    ['main/main.c', 'sample.o'],
    [join(boards, 'idf/main.c'), 'board.o'],
  ] as const) {
    await build(folder, 'gcc', ...warnings, ...include, '-c', source, '-o', object);
  }
  await build(folder, 'g++', 'sample.o', 'board.o', await espMqtt(), '-o', 'sample', ...libraries);
}

/** Java with a hosts file of its own: it sends no SNI for a name without a dot, and the deployment's name need not resolve. */
function javaCommand(folder: string, host: string, rest: readonly string[]): string[] {
  const hosts = join(folder, 'hosts');
  writeFileSync(hosts, isResolvable(host) ? `127.0.0.1 ${host}\n` : '');
  return ['java', `-Djdk.net.hosts.file=${hosts}`, ...rest];
}

function isResolvable(host: string): boolean {
  return !host.endsWith('.invalid');
}

function goCommand(): string {
  const own = join(cache, 'python/bin/go');
  return existsSync(own) ? own : 'go';
}

function needed(path: string): string {
  const absolute = join(cache, path);
  if (!existsSync(absolute)) throw new Error(`${path} is not set up: run npm test -- --only samples`);
  return absolute;
}

async function build(folder: string, ...command: readonly string[]): Promise<void> {
  const child = Bun.spawn([...command], {
    cwd: folder,
    env: { ...process.env, GOTOOLCHAIN: 'local' },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: buildMs,
  });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`${command.join(' ')}\n${stdout}${stderr}`);
}
