/** What an operator may ask of a rollover, and when. Works on the files alone, with a running service or without. */
import { type Refusal, refusal } from './answer.ts';
import { beginRollover, endRollover, moveRollover, settleRollover } from './rollover.ts';
import type { CertificateFiles } from './files.ts';
import { lifeOf } from './pem.ts';
import { ensureRoot } from './root.ts';

const dayMs = 86_400_000;
/** How long devices have to get the new CA file where no time is given. */
const switchAfterMs = 30 * dayMs;
/** A time that has just passed is taken as now. */
const pastToleranceMs = 60_000;

/**
 * Makes a second root and plans the switch, or moves the time of the one that is planned.
 * @param at milliseconds since 1970, `now`, or null: in 30 days, and what is planned stays as it is.
 * @returns why not, or null where it is done.
 */
export async function planRollover(
  directory: CertificateFiles,
  at: number | 'now' | null,
  now: number,
): Promise<Refusal | null> {
  const switchAt = at === 'now' ? now : (at ?? now + switchAfterMs);
  if (switchAt < now - pastToleranceMs) {
    return refusal('rollover.past', 'The time of the switch is in the past.', 'Give a later one, or --now.');
  }
  const active = settleRollover(directory, now);
  if (active?.phase === 'switched') {
    return refusal(
      'rollover.switched',
      'The new root signs already.',
      'Let every device have the new CA file and run "berth ca rollover --finish"; only then a further root can be made.',
    );
  }
  const root = active === null ? await ensureRoot(directory, now) : active.oldRoot;
  const { notAfter } = lifeOf(root.certificate);
  if (switchAt >= notAfter) {
    const message = `The root that signs now ends on ${new Date(notAfter).toISOString().slice(0, 10)}, before the switch.`;
    return refusal('rollover.too-late', message, 'Give an earlier time.');
  }
  if (active === null) await beginRollover(directory, root, switchAt, now);
  else if (at !== null) moveRollover(directory, switchAt);
  return null;
}

/** Goes back to the old root alone, before the switch or after it. @returns why not, or null where it is done. */
export function cancelRollover(directory: CertificateFiles, now: number): Refusal | null {
  const active = settleRollover(directory, now);
  if (active === null) return none();
  if (active.phase === 'switched' && active.oldRoot.keyPem === null) {
    const message = `The new root signs already, and ${directory.file('ca.key')} is missing.`;
    return refusal('rollover.key-missing', message, 'Put the key of the old root back first.');
  }
  endRollover(directory, 'cancelled');
  return null;
}

/** Takes the old root out of the CA file. @returns why not, or null where it is done. */
export function finishRollover(directory: CertificateFiles, now: number): Refusal | null {
  const active = settleRollover(directory, now);
  if (active === null) return none();
  if (active.phase === 'planned') {
    const when = new Date(active.switchAt).toISOString();
    const message = `The old root signs until the switch at ${when}, so it cannot leave the CA file.`;
    return refusal(
      'rollover.planned',
      message,
      'Wait, or bring the switch forward with "berth ca rollover --at TIME".',
    );
  }
  endRollover(directory, 'finished');
  return null;
}

function none(): Refusal {
  return refusal('rollover.none', 'No second root is being introduced.', 'Begin with "berth ca rollover".');
}
