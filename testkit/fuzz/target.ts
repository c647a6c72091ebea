import type { Random } from '../random.ts';
import type { Input, Step } from './input.ts';

/** What is tested, with the rules that it must keep whatever comes. */
export interface Target {
  readonly name: string;
  /** A new input: mostly proper, so that it gets far. */
  generate(random: Random): Step[];
  /**
   * Runs the input and judges it.
   * @returns signs of what happened (packet types, reason codes, faults, states): an input that shows a new one is kept.
   * @throws whatever leaves the code under test, or Broken where it broke a rule.
   */
  run(input: Input): Iterable<string>;
}

/** A rule was broken. The message is the same for the same mistake, so that inputs can be made smaller. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

export function must(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new Broken(rule);
}
