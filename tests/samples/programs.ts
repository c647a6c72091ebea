import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
/** Where `npm test` puts languages and libraries (tools/check/toolchains.ts). */
const cache = join(root, '.cache/clients');
const buildMs = 120_000;

/** How to start a sample in its folder. */
export interface Prepared {
  readonly command: readonly string[];
}

/**
 * Makes a sample's folder ready to run, with the libraries that the check has installed.
 * @throws Error with what the compiler said.
 */
export async function prepare(language: string, folder: string, host: string): Promise<Prepared> {
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
    default:
      throw new Error(`there is no way to run ${language}`);
  }
}

/** Java with a hosts file of its own: it sends no SNI for a name without a dot, and the deployment's name need not resolve. */
function javaCommand(folder: string, host: string, rest: readonly string[]): string[] {
  const hosts = join(folder, 'hosts');
  writeFileSync(hosts, host.endsWith('.invalid') ? '' : `127.0.0.1 ${host}\n`);
  return ['java', `-Djdk.net.hosts.file=${hosts}`, ...rest];
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
