import type { Dialect } from './registry.ts';
import type { Statement } from './statement.ts';
import { statements3 } from './statements-3.1.1.ts';
import { statements5 } from './statements-5.0.ts';

/** A standard with its normative statements; `name` is the group of its tests in a report. */
export interface Standard {
  readonly name: string;
  readonly dialect: Dialect;
  readonly statements: readonly Statement[];
}

export const standards: readonly Standard[] = [
  { name: 'MQTT 3.1.1', dialect: 4, statements: statements3 },
  { name: 'MQTT 5.0', dialect: 5, statements: statements5 },
];
