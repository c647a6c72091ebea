import { describe, expect, test } from 'bun:test';
import { regressions } from './regressions.ts';
import { readSteps, shrink, writeSteps } from './shrink.ts';
import { simulate } from './simulation.ts';
import { matches } from './topics.ts';

describe('the simulator itself', () => {
  test('the same seed gives the same run, effect by effect', () => {
    for (const seed of [3, 29, 104]) {
      const [first, second] = [1, 2].map(() => {
        const lines: string[] = [];
        const outcome = simulate(seed, null, (line) => lines.push(line));
        return { lines, coverage: [...outcome.coverage], messages: outcome.messages };
      });
      expect(first?.lines.length).toBeGreaterThan(500);
      expect(first).toEqual(second);
    }
  });

  test.each(regressions.map(({ seed, what }) => [seed, what] as const))(
    'seed %d, which broke a promise once, breaks none (%s)',
    (seed) => {
      expect(simulate(seed).violation?.message).toBeUndefined();
    },
  );

  test('a run with some of the steps left out is a run too', () => {
    const lines: string[] = [];
    const { violation, stepCount } = simulate(7, new Set([10, 11, 12]), (line) => lines.push(line));
    expect([violation, stepCount > 20]).toEqual([null, true]);
    expect(lines.filter((line) => line.includes(' step '))).toHaveLength(3);
  });

  test('shrinking leaves what is needed', () => {
    const all = Array.from({ length: 300 }, (_, index) => index);
    let runs = 0;
    const fails = (steps: ReadonlySet<number>): boolean => {
      runs++;
      return steps.has(17) && steps.has(201) && (steps.has(40) || steps.has(41));
    };
    expect(shrink(all, fails, 1000)).toEqual([17, 41, 201]);
    expect(runs).toBeLessThan(200);
    expect(shrink(all, fails, 5).length).toBeGreaterThan(3);
  });

  test('lists of steps', () => {
    expect(writeSteps([1, 4, 5, 6, 9])).toBe('1,4-6,9');
    expect([...readSteps('1,4-6,9')]).toEqual([1, 4, 5, 6, 9]);
    expect(() => readSteps('1,x')).toThrow(RangeError);
  });

  test('the topics of the model', () => {
    const cases: [string, string, boolean][] = [
      ['a/b', 'a/b', true],
      ['a/+', 'a/b', true],
      ['+', 'a/b', false],
      ['#', 'a/b', true],
      ['a/#', 'a', true],
      ['a/#', 'b/a', false],
      ['a/b', 'a', false],
      ['a', 'a/b', false],
    ];
    for (const [filter, topic, expected] of cases)
      expect([filter, topic, matches(filter, topic)]).toEqual([filter, topic, expected]);
  });
});
