import { Random } from '../random.ts';
import { act } from './act.ts';
import { type Happening } from './coverage.ts';
import { comeToRest, leaveNothing, lookCloser } from './rest.ts';
import { scenarioOf } from './scenario.ts';
import { Violation } from './violation.ts';
import { World } from './world.ts';

/** What became of one seed. */
export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly coverage: ReadonlyMap<Happening, number>;
  /** How many steps the scenario has. */
  readonly stepCount: number;
  readonly messages: number;
}

/**
 * Runs the scenario of a seed. The same seed gives the same run.
 * @param only steps that are done, by number; null: all of them.
 */
export function simulate(
  seed: number,
  only: ReadonlySet<number> | null = null,
  tracer: ((line: string) => void) | null = null,
): Outcome {
  const scenario = scenarioOf(seed);
  const world = new World(scenario, new Random(seed), tracer);
  let violation: Violation | null = null;
  try {
    const steps = scenario.steps.filter(({ index }) => only === null || only.has(index));
    const half = scenario.steps.length >> 1;
    let hasRested = false;
    for (const step of steps) {
      if (step.index >= half && !hasRested) {
        hasRested = true;
        comeToRest(world);
      }
      world.trace(() => `step ${step.index}: ${step.verb}`);
      act(world, step);
    }
    world.random = new Random(seed);
    comeToRest(world);
    lookCloser(world);
    leaveNothing(world);
  } catch (error) {
    if (error instanceof Violation) violation = error;
    else throw error;
  }
  return {
    seed,
    violation,
    coverage: world.coverage.counts,
    stepCount: scenario.steps.length,
    messages: world.ledger.messages.length,
  };
}
