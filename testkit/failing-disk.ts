import { closeSync, copyFileSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** A place for a data directory whose disk can be made to fail and to work again under a running service. */
export interface FailingDisk extends Disposable {
  /** An empty directory. */
  readonly directory: string;
  /** From now on the process cannot write, or cannot write more. */
  break(pid: number): void;
  repair(pid: number): void;
}

function must(...command: readonly string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { stdout: 'pipe', stderr: 'pipe' });
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr.toString().trim()}`);
  return stdout.toString();
}

/** Every write of the process to a file fails (EFBIG), as on a broken disk. Needs no rights. */
class WriteLimit implements FailingDisk {
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

/**
 * A disk with ext4 whose kernel finds an error in it, and makes it read-only under the open files (EROFS), as it does by itself where a
 * disk returns nonsense. Such a file system never becomes writable again: as an operator does, it is repaired and mounted anew in its
 * place. Needs root, a loop device, and ext4 in the kernel.
 */
class ReadOnlyDisk implements FailingDisk {
  readonly #folder = mkdtempSync(join(tmpdir(), 'berth-disk-'));
  readonly #mount = join(this.#folder, 'mount');
  readonly directory = join(this.#mount, 'data');
  readonly #image = join(this.#folder, 'image');

  constructor() {
    mkdirSync(this.#mount);
    try {
      must('truncate', '-s', '32M', this.#image);
      must('mkfs.ext4', '-q', '-F', this.#image);
      this.#mountIt(this.#image);
    } catch (error) {
      rmSync(this.#folder, { recursive: true });
      throw error;
    }
  }

  break(): void {
    const device = must('findmnt', '-no', 'SOURCE', this.#mount).trim();
    writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, '1');
  }

  repair(): void {
    // What it has of the old one stays open in the service, and so the kernel does not let go of that device.
    const repaired = `${this.#image}-repaired`;
    copyFileSync(this.#image, repaired);
    // 1: it has found errors and corrected them.
    must('sh', '-c', 'e2fsck -fy "$0" || test $? = 1', repaired);
    must('umount', '-l', this.#mount);
    this.#mountIt(repaired);
  }

  #mountIt(image: string): void {
    must('mount', '-o', 'loop,errors=remount-ro', image, this.#mount);
  }

  [Symbol.dispose](): void {
    must('umount', this.#mount);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** @returns why a disk of this kind cannot be had on this machine, found out by trying it; null where it can. */
function whyNot(make: () => FailingDisk): string | null {
  if (process.getuid?.() !== 0) return 'only root may mount';
  try {
    using disk = make();
    mkdirSync(disk.directory);
    const file = openSync(join(disk.directory, 'file'), 'w');
    try {
      disk.break(process.pid);
      if (canWrite(file)) return 'it can still be written when it is broken';
      disk.repair(process.pid);
    } finally {
      closeSync(file);
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function canWrite(file: number): boolean {
  try {
    writeSync(file, new Uint8Array(64 * 1024));
    return true;
  } catch {
    return false;
  }
}

/** A way of failing, as a sentence for the titles of tests. */
interface Failing {
  readonly name: string;
  readonly make: () => FailingDisk;
}

const readOnly: Failing = { name: 'the disk turns read-only', make: () => new ReadOnlyDisk() };
const mounted: readonly Failing[] = [{ name: 'the disk is full', make: () => new SmallDisk() }, readOnly];

/** The ways of failing that can be had on this machine, the first everywhere; of the others it is said why not. */
export const failingDisks: readonly Failing[] = [
  { name: 'writes fail', make: () => new WriteLimit() },
  ...mounted.filter(({ name, make }) => {
    const why = whyNot(make);
    if (why !== null) console.error(`Not tested on this machine: ${name} (${why}).`);
    return why === null;
  }),
];

/** Those whose disk takes no file any more, and says that it is read-only. */
export const readOnlyDisks: readonly Failing[] = failingDisks.filter((one) => one === readOnly);
