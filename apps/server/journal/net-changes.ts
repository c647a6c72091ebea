import { changeKind, readChanges } from './changes.ts';

/** What batches left of one deployment: `null` is a deleted key. */
export interface Net {
  /** Everything that was there before is gone. */
  isForgotten: boolean;
  readonly keys: Map<string, Uint8Array | null>;
}

/**
 * Adds a batch to what the batches before it left. Most changes undo an earlier one (a message queued, a message delivered):
 * only what is left of them has to be written. @throws RangeError when the bytes are no batch.
 */
export function collectChanges(batch: Uint8Array, nets: Map<string, Net>): void {
  readChanges(batch, (kind, deployment, key, value) => {
    let net = nets.get(deployment);
    if (net === undefined) nets.set(deployment, (net = { isForgotten: false, keys: new Map() }));
    if (kind === changeKind.forget) {
      net.isForgotten = true;
      net.keys.clear();
    } else net.keys.set(key, kind === changeKind.put ? value : null);
  });
}
