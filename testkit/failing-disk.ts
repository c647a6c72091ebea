import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A place for a data directory whose disk can be made to fail and to work again under a running service. */
export interface FailingDisk extends Disposable {
  readonly name: string;
  /** An empty directory. */
  readonly directory: string;
  /** From now on the process cannot write, or cannot write more. */
  break(pid: number): void;
  repair(pid: number): void;
}

function must(...command: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync([...command], { stdout: 'ignore', stderr: 'pipe' });
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr.toString()}`);
}

/** Every write of the process to a file fails (EFBIG), as on a broken disk. Needs no rights. */
class WriteLimit implements FailingDisk {
  readonly name = 'writes fail';
  readonly directory = mkdtempSync(join(tmpdir(), 'berth-disk-'));

  break(pid: number): void {
    must('prlimit', '--pid', String(pid), '--fsize=0:unlimited');
  }

  repair(pid: number): void {
    must('prlimit', '--pid', String(pid), '--fsize=unlimited:unlimited');
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A small file system in memory that is filled to the last byte (ENOSPC). Needs the right to mount. */
class SmallDisk implements FailingDisk {
  readonly name = 'the disk is full';
  readonly #mount = mkdtempSync(join(tmpdir(), 'berth-disk-'));
  readonly directory = join(this.#mount, 'data');
  readonly #filler = join(this.#mount, 'filler');

  constructor() {
    must('mount', '-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', this.#mount);
  }

  break(): void {
    for (let size = 16 * 1024 * 1024; size >= 4096;) {
      try {
        writeFileSync(this.#filler, new Uint8Array(size), { flag: 'a' });
      } catch {
        size /= 2;
      }
    }
  }

  repair(): void {
    rmSync(this.#filler);
  }

  [Symbol.dispose](): void {
    must('umount', this.#mount);
    rmSync(this.#mount, { recursive: true, force: true });
  }
}

/** Whether this machine lets us mount: found out by doing it. */
function mayMount(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/bin/mount')) return false;
  try {
    new SmallDisk()[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}

/** The ways of failing that can be had on this machine; the first can be had everywhere. */
export const failingDisks: readonly (() => FailingDisk)[] = [
  () => new WriteLimit(),
  ...(mayMount() ? [() => new SmallDisk()] : []),
];
