import { realpathSync, statSync, writeFileSync } from 'node:fs';
import { writeFileAtomically } from '../server/config/atomic-file.ts';

/** Where the folder takes no file beside it, or the file is mounted by itself: it can be written, and not replaced. */
const notReplaceable: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EBUSY']);

/**
 * Saves a file that a user named, as a whole where that can be: nobody sees a part of it, and a failure leaves what was
 * there. A link stays and leads to the new content; a pipe or a device is written to.
 * @param mode of the new file, whatever the umask and whatever the old one had.
 * @throws as `node:fs` does.
 */
export function saveFile(path: string, text: string, mode: number): void {
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing === undefined) {
    writeFileAtomically(path, text, mode);
    return;
  }
  if (!existing.isFile()) {
    writeFileSync(path, text);
    return;
  }
  try {
    writeFileAtomically(realpathSync(path), text, mode);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && notReplaceable.has(error.code))) throw error;
    writeFileSync(path, text);
  }
}
