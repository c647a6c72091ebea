import type { Outcome } from './steps.ts';

/** A table of the outcomes, and behind it the one line that counts. */
export function summary(outcomes: readonly Outcome[]): string {
  const width = Math.max(4, ...outcomes.map((outcome) => outcome.name.length));
  const row = (name: string, passed: string, failed: string, seconds: string) =>
    `${name.padEnd(width)}  ${passed.padStart(7)}  ${failed.padStart(7)}  ${seconds.padStart(8)}`;
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  return [
    row('step', 'passed', 'failed', 'seconds'),
    ...outcomes.map((one) => row(one.name, String(one.passed), String(one.failed), one.seconds.toFixed(1))),
    '',
    `${sum((one) => one.passed)} passed, ${sum((one) => one.failed)} failed`,
  ].join('\n');
}
