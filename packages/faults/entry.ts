import type { FaultName } from './names.ts';
import type { Fault } from './types.ts';

/** A fault as the files of this folder write it down: name, number and the head of the Reason String come from names.ts. */
export interface FaultEntry extends Omit<Fault, 'name' | 'number' | 'reasonString'> {
  /** The Reason String without its "error N: ". */
  readonly reason: string | null;
}

/** Some entries of the catalogue, by name. */
export type FaultEntries = Partial<Record<FaultName, FaultEntry>>;
