import type { Engine } from '../../packages/engine/engine.ts';
import type { DeploymentId } from '../../packages/engine/ids.ts';
import type { StoredRecord } from '../../packages/engine/restore.ts';
import type { ServerJournal } from './journal/port.ts';

/**
 * Gives the engine what the journal kept. Records of deployments that are gone are deleted.
 * @param graceMs how long clients have to come back before the wills of their sessions are published.
 * @returns how many records were restored.
 */
export async function restoreDeployments(
  engine: Engine,
  journal: ServerJournal,
  exists: (deployment: DeploymentId) => boolean,
  graceMs: number,
  now: number,
): Promise<number> {
  let current: DeploymentId | null = null;
  let records: StoredRecord[] = [];
  let count = 0;
  const finish = (): void => {
    if (current === null) return;
    if (exists(current)) engine.restore(current, records, graceMs, now);
    else journal.forget(current);
    records = [];
  };
  for await (const { deployment, key, value } of journal.restore()) {
    if (deployment !== current) finish();
    current = deployment;
    records.push({ key, value });
    count++;
  }
  finish();
  return count;
}
