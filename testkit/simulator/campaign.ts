import { Coverage } from './coverage.ts';
import { shrink, writeSteps } from './shrink.ts';
import { simulate, type Outcome } from './simulation.ts';

/** A seed that broke a promise, and how to see it again. */
export interface Failure {
  readonly seed: number;
  readonly rule: string;
  readonly message: string;
  /** Steps that are enough for it, such as `1,4-9`; null where it was not made smaller. */
  readonly steps: string | null;
}

export interface CampaignResult {
  readonly seeds: number;
  readonly messages: number;
  readonly failures: readonly Failure[];
  readonly coverage: Coverage;
}

const shrinkRunsMax = 600;

/**
 * Runs seeds until there are no more, or `isOver` says so, or enough have failed.
 * @param options.makeSmaller whether what fails is made smaller.
 * @param heard called after each seed.
 */
export function campaign(
  seeds: Iterable<number>,
  isOver: () => boolean,
  options: { readonly makeSmaller: boolean; readonly failuresMax: number },
  heard: (done: number, failed: number) => void,
): CampaignResult {
  const { makeSmaller, failuresMax } = options;
  const coverage = new Coverage();
  const failures: Failure[] = [];
  let done = 0;
  let messages = 0;
  for (const seed of seeds) {
    if (isOver() || failures.length === failuresMax) break;
    const outcome = simulate(seed);
    done++;
    messages += outcome.messages;
    coverage.add(outcome.coverage);
    if (outcome.violation !== null) failures.push(failureOf(outcome, outcome.violation, makeSmaller));
    heard(done, failures.length);
  }
  return { seeds: done, messages, failures, coverage };
}

function failureOf(outcome: Outcome, violation: NonNullable<Outcome['violation']>, makeSmaller: boolean): Failure {
  const { seed, stepCount } = outcome;
  const { rule, message } = violation;
  if (!makeSmaller) return { seed, rule, message, steps: null };
  const all = Array.from({ length: stepCount }, (_, index) => index);
  const steps = shrink(all, (only) => simulate(seed, only).violation?.rule === rule, shrinkRunsMax);
  return {
    seed,
    rule,
    message: simulate(seed, new Set(steps)).violation?.message ?? message,
    steps: writeSteps(steps),
  };
}
