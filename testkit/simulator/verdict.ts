import type { Mutation } from './mutations.ts';

/** What became of one fault that was seeded on purpose. */
export interface Verdict {
  readonly mutation: Mutation;
  readonly seeds: number;
  /** Seeds that found it. */
  readonly caught: number;
  /** The first of them; null where none did. */
  readonly first: number | null;
  /** Promises that were found broken. */
  readonly rules: readonly string[];
}
