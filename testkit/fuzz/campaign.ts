import { Random } from '../random.ts';
import { chance, pick } from './chance.ts';
import type { Input, Step } from './input.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

/** An input that broke a rule, made as small as it could be. */
export interface Finding {
  readonly target: string;
  /** Seed and number of the execution: the same again gives the same. */
  readonly seed: number;
  readonly execution: number;
  readonly message: string;
  readonly stack: string;
  readonly input: Input;
}

export interface CampaignResult {
  readonly executions: number;
  readonly signs: number;
  /** Inputs that showed something new. */
  readonly kept: readonly Input[];
  readonly findings: readonly Finding[];
}

export interface CampaignOptions {
  readonly seed: number;
  readonly iterations: number;
  /** Asked now and then: true ends the campaign. */
  readonly isOver?: () => boolean;
  /** Inputs to start from: the corpus. */
  readonly corpus?: readonly Input[];
}

const poolMax = 3000;
const findingsMax = 5;
const minimiseRunsMax = 3000;

/** Runs inputs that are new or made from those that showed something new, until the number or the time is used up. */
export function campaign(target: Target, options: CampaignOptions): CampaignResult {
  const random = new Random(options.seed);
  const pool: Input[] = [];
  const signs = new Set<string>();
  const findings: Finding[] = [];
  const known = new Set<string>();
  const attempt = (input: Input, execution: number): void => {
    try {
      const size = signs.size;
      for (const sign of target.run(input)) signs.add(sign);
      if (signs.size > size) keepIn(pool, input, random);
    } catch (error) {
      const message = messageOf(error);
      if (known.has(message)) return;
      known.add(message);
      const small = minimise(target, input, message);
      const stack = error instanceof Error ? (error.stack ?? '') : '';
      findings.push({ target: target.name, seed: options.seed, execution, message, stack, input: small });
    }
  };
  for (const input of options.corpus ?? []) attempt(input, 0);
  let execution = 0;
  while (execution < options.iterations && findings.length < findingsMax) {
    if (execution % 256 === 0 && options.isOver?.() === true) break;
    execution++;
    attempt(nextInput(target, pool, random), execution);
  }
  return { executions: execution + (options.corpus?.length ?? 0), signs: signs.size, kept: pool, findings };
}

function keepIn(pool: Input[], input: Input, random: Random): void {
  if (pool.length < poolMax) pool.push(input);
  else pool[random.between(0, poolMax)] = input;
}

function nextInput(target: Target, pool: readonly Input[], random: Random): Step[] {
  if (pool.length < 8 || chance(random, 20)) return target.generate(random);
  // What was found last leads on more often.
  const recent = chance(random, 30) ? pool.slice(-30) : pool;
  return mutate(pick(random, recent), pick(random, pool), random);
}

/** What is the same for the same mistake: the message without numbers. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replaceAll(/\d+/g, 'N').split('\n', 1)[0] ?? '';
}

/** Leaves out steps, then bytes, as long as the same rule is broken. */
export function minimise(target: Target, input: Input, message: string): Input {
  let runs = 0;
  const breaks = (candidate: Input): boolean => {
    if (++runs > minimiseRunsMax) return false;
    try {
      target.run(candidate);
      return false;
    } catch (error) {
      return messageOf(error) === message;
    }
  };
  let best = [...input];
  for (let size = Math.max(1, best.length >> 1); size >= 1; size >>= 1) {
    for (let at = 0; at < best.length;) {
      const candidate = best.toSpliced(at, size);
      if (breaks(candidate)) best = candidate;
      else at += size;
    }
  }
  for (let index = 0; index < best.length; index++) {
    for (let size = 64; size >= 1; size >>= 1) {
      const step = best[index];
      if (step === undefined) break;
      let { bytes } = step;
      for (let at = 0; at < bytes.length;) {
        const shorter = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + size)]);
        const candidate = best.with(index, { verb: step.verb, bytes: shorter });
        if (breaks(candidate)) {
          best = candidate;
          bytes = shorter;
        } else at += size;
      }
    }
  }
  return best;
}

/** A few short ones of the inputs, which show together as much as so few can. */
export function distil(target: Target, inputs: readonly Input[], most: number): Input[] {
  const length = (input: Input): number => input.reduce((sum, { bytes }) => sum + 1 + bytes.length, 0);
  const seen = new Set<string>();
  const few: Input[] = [];
  for (const input of inputs.toSorted((a, b) => length(a) - length(b))) {
    if (few.length === most) break;
    const size = seen.size;
    for (const sign of target.run(input)) seen.add(sign);
    if (seen.size > size) few.push(input);
  }
  return few;
}
