import { cpus, release, totalmem, version } from 'node:os';
import { programNamed } from './brokers.ts';

/** What the figures were measured on. */
export function describeMachine(): Record<string, string | number> {
  const [first] = cpus();
  return {
    cpu: first?.model ?? 'unknown',
    cores: cpus().length,
    memoryMb: Math.round(totalmem() / 1024 / 1024),
    kernel: release(),
    system: version(),
  };
}

/** What was measured. @param checkout of Berth. */
export function describeVersions(checkout: string): Record<string, string> {
  const mosquitto = Bun.spawnSync([programNamed('mosquitto'), '-h']);
  return {
    berth: gitVersion(checkout),
    bun: Bun.version,
    mosquitto: /version (\S+)/.exec(mosquitto.stdout.toString() + mosquitto.stderr.toString())?.[1] ?? 'unknown',
  };
}

function gitVersion(checkout: string): string {
  const git = (...args: string[]): string =>
    Bun.spawnSync(['git', '-C', checkout, ...args])
      .stdout.toString()
      .trim();
  const commit = git('rev-parse', '--short', 'HEAD');
  if (commit === '') return 'unknown';
  const isChanged = git('status', '--porcelain', '--untracked-files=no', '--', 'apps/server', 'packages') !== '';
  return isChanged ? `${commit} with changes` : commit;
}
