import type { Engine } from '../../packages/engine/engine.ts';
import type { DeploymentId } from '../../packages/engine/ids.ts';
import type { RestoreTimes, StoredRecord } from '../../packages/engine/restore.ts';
import type { ServerJournal } from './journal/port.ts';

/**
 * Gives the engine what the journal kept. Records of deployments that are gone are deleted. What is put right that way, and since when
 * clients are away, is written at once: there may be no turn of the link for long, and a kill until then would count their time anew.
 * @returns how many records were restored.
 */
export async function restoreDeployments(
  engine: Engine,
  journal: ServerJournal,
  exists: (deployment: DeploymentId) => boolean,
  times: RestoreTimes,
): Promise<number> {
  let current: DeploymentId | null = null;
  let records: StoredRecord[] = [];
  let count = 0;
  const finish = (): void => {
    if (current === null) return;
    if (exists(current)) engine.restore(current, records, times);
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
  journal.flush();
  return count;
}
