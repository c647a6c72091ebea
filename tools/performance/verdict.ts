import type { Both } from './text.ts';

/** What a figure has reached of what it has to reach. */
export type Verdict = 'aim' | 'must' | 'missed';

export const verdicts: Readonly<Record<Verdict, Both>> = {
  aim: { en: 'aim reached', zh: '达到目标' },
  must: { en: 'must reached', zh: '达到要求' },
  missed: { en: '**missed**', zh: '**未达到**' },
};

/** For a figure of which less is better. */
export function verdictOf(value: number, must: number, aim: number = Number.NEGATIVE_INFINITY): Verdict {
  if (value <= aim) return 'aim';
  return value <= must ? 'must' : 'missed';
}
