import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { within } from '../../testkit/deadline.ts';

const startMs = 20_000;
const stopMs = 12_000;

/** A broker that runs, pinned to its core. */
export interface Running {
  readonly name: string;
  readonly pid: number;
  /** Port with TLS on 127.0.0.1; the name of the certificate is `localhost`. */
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly ca: string;
  stop(): Promise<void>;
}

/** What all brokers of a round share, so that they do the same work. */
export interface Common {
  readonly folder: string;
  /** The core that brokers run on. */
  readonly core: number;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly username: string;
  readonly password: string;
}

/** Starts Berth from a checkout, with everything on that a user has on. Only the limit of sessions is lifted. */
export async function startBerth(
  checkout: string,
  folder: string,
  core: number,
): Promise<{ running: Running; common: Common }> {
  const data = join(folder, 'berth');
  const child = Bun.spawn(
    [
      ...pinned(core),
      process.execPath,
      resolve(checkout, 'apps/cli/main.ts'),
      ...['up', '--data', data, '--bind', '127.0.0.1', '--json'],
      ...['--mqtts-port', '0', '--wss-port', '0', '--http-port', '0'],
    ],
    { cwd: checkout, stdin: 'ignore', stdout: 'pipe', stderr: Bun.file(join(folder, 'berth.log')) },
  );
  const ready = JSON.parse(await within('Berth', startMs, firstLine(child.stdout))) as {
    deployment: { id: string };
    mqtts: number;
    username: string;
    password: string;
    ca: string;
  };
  const lifted = Bun.spawnSync(
    [
      process.execPath,
      resolve(checkout, 'apps/cli/main.ts'),
      ...['deployment', 'set', ready.deployment.id, '--limit', 'sessions=1000000', '--data', data],
    ],
    { cwd: checkout },
  );
  if (lifted.exitCode !== 0) throw new Error(`the limit of sessions could not be lifted: ${lifted.stderr.toString()}`);
  const { username, password, ca } = ready;
  const running = { name: 'berth', pid: child.pid, port: ready.mqtts, username, password, ca, stop: () => end(child) };
  const common = {
    folder,
    core,
    ca,
    cert: join(data, 'server.crt'),
    key: join(data, 'server.key'),
    username,
    password,
  };
  return { running, common };
}

/** Starts Mosquitto with the same certificate, user and password; its other settings are its own defaults. */
export async function startMosquitto(common: Common): Promise<Running> {
  const { folder, username, password } = common;
  const passwords = join(folder, 'mosquitto.passwords');
  const made = Bun.spawnSync([programNamed('mosquitto_passwd'), '-b', '-c', passwords, username, password]);
  if (made.exitCode !== 0) throw new Error(`mosquitto_passwd: ${made.stderr.toString()}`);
  const port = freePort();
  const configuration = join(folder, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    `certfile ${common.cert}`,
    `keyfile ${common.key}`,
    `password_file ${passwords}`,
    'allow_anonymous false',
    'log_type error',
    // Else it gives up the right to read the key.
    ...(process.getuid?.() === 0 ? ['user root'] : []),
  ];
  writeFileSync(configuration, `${lines.join('\n')}\n`);
  chmodSync(passwords, 0o600);
  return startProcess('mosquitto', [programNamed('mosquitto'), '-c', configuration], port, common);
}

/**
 * Starts a broker by a command of the user, which a shell reads. It finds what it needs in the environment:
 * MQTT_PORT, MQTT_CERT, MQTT_KEY, MQTT_USERNAME, MQTT_PASSWORD, and MQTT_FOLDER for files of its own.
 */
export function startPeer(name: string, command: string, common: Common): Promise<Running> {
  const folder = join(common.folder, name);
  mkdirSync(folder, { recursive: true });
  const port = freePort();
  const environment = {
    MQTT_PORT: String(port),
    MQTT_CERT: common.cert,
    MQTT_KEY: common.key,
    MQTT_USERNAME: common.username,
    MQTT_PASSWORD: common.password,
    MQTT_FOLDER: folder,
  };
  return startProcess(name, ['sh', '-c', `exec ${command}`], port, common, environment);
}

/** The path of a program that may lie in a folder that only root has in PATH. @throws Error where it is not installed. */
export function programNamed(name: string): string {
  const path = [Bun.which(name), `/usr/sbin/${name}`, `/usr/local/sbin/${name}`].find(
    (candidate) => candidate !== null && existsSync(candidate),
  );
  if (path == null) throw new Error(`${name} is not installed: apt-get install mosquitto`);
  return path;
}

/** Prefix of a command that keeps it on one core. */
export function pinned(core: number): string[] {
  return ['taskset', '-c', String(core)];
}

async function startProcess(
  name: string,
  command: readonly string[],
  port: number,
  common: Common,
  environment: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const log = join(common.folder, `${name}.log`);
  const child = Bun.spawn([...pinned(common.core), ...command], {
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...environment },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: Bun.file(log),
  });
  const { username, password, ca } = common;
  try {
    await within(name, startMs, listening(port, child));
  } catch (error) {
    await end(child);
    throw new Error(`${name} does not listen on port ${port}: ${readFileSync(log, 'utf8')}`, { cause: error });
  }
  return { name, pid: child.pid, port, username, password, ca, stop: () => end(child) };
}

/** Resolves when something listens on the port; a process tells no one when it is ready, so it is asked. */
async function listening(port: number, child: Bun.Subprocess): Promise<void> {
  while (child.exitCode === null) {
    try {
      (await Bun.connect({ hostname: '127.0.0.1', port, socket: { data() {} } })).end();
      return;
    } catch {
      await Bun.sleep(50);
    }
  }
  throw new Error('it ended');
}

async function end(child: Bun.Subprocess): Promise<void> {
  child.kill('SIGTERM');
  await within('the end of a broker', stopMs, child.exited).catch(() => child.kill('SIGKILL'));
  await child.exited;
}

function freePort(): number {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}

/** The first line of a stream. @throws Error where it ends before. */
export async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (!text.includes('\n')) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`ended before it was ready: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  return text.slice(0, text.indexOf('\n'));
}
