import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const times = 200;
const bytes = new Uint8Array(4096);

/** Median milliseconds of a write of 4 KiB with its fdatasync on the disk of a folder: what no commit can be quicker than. */
export function fsyncMs(folder: string): number {
  const file = join(folder, 'fsync-probe');
  const descriptor = openSync(file, 'w');
  try {
    const taken = Array.from({ length: times }, () => {
      const begun = performance.now();
      writeSync(descriptor, bytes);
      fdatasyncSync(descriptor);
      return performance.now() - begun;
    });
    return Number((taken.toSorted((a, b) => a - b)[times >> 1] ?? 0).toFixed(3));
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
}
