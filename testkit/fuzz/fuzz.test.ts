import { describe, expect, test } from 'bun:test';
import { campaign, minimise } from './campaign.ts';
import { readCorpus } from './corpus.ts';
import { readInput, writeInput } from './input.ts';
import { must, type Target } from './target.ts';
import { targets } from './targets.ts';

const deadlineMs = 60_000;
/** An execution of these is a whole connection, cut in several ways, or an engine from its start to its end. */
const executionsOf: Readonly<Record<string, { readonly fixed: number; readonly fresh: number }>> = {
  connection: { fixed: 4000, fresh: 1000 },
  websocket: { fixed: 10_000, fresh: 2500 },
  framer: { fixed: 10_000, fresh: 2500 },
};
const usual = { fixed: 20_000, fresh: 5000 };
const fixedSeed = 20_261_123;
const freshSeed = Date.now() % 1_000_000_000;

for (const target of targets) {
  describe(target.name, () => {
    const { fixed, fresh } = executionsOf[target.name] ?? usual;

    for (const [name, input] of readCorpus(target.name)) {
      test(`case ${name}`, () => expect([...target.run(input)].length).toBeGreaterThan(0));
    }

    test(
      `${fixed} executions from seed ${fixedSeed}`,
      () => {
        const { executions, findings } = campaign(target, { seed: fixedSeed, iterations: fixed });
        expect(findings).toEqual([]);
        expect(executions).toBe(fixed);
      },
      deadlineMs,
    );

    // The seed is in the title, so that a failure says how to run it again.
    test(
      `${fresh} executions from seed ${freshSeed}`,
      () => expect(campaign(target, { seed: freshSeed, iterations: fresh }).findings).toEqual([]),
      deadlineMs,
    );
  });
}

describe('the fuzzer itself', () => {
  /** Breaks when two steps hold the same byte above 0x7f. */
  const touchy: Target = {
    name: 'touchy',
    generate: (random) => Array.from({ length: 4 }, () => ({ verb: 't', bytes: random.bytes(3) })),
    run(input) {
      const high = input.flatMap(({ bytes }) => [...bytes].filter((byte) => byte > 0x7f));
      must(new Set(high).size === high.length, 'the same byte twice');
      return [String(high.length)];
    },
  };

  test('finds what breaks, makes it small, and finds the same again from the same seed', () => {
    const [first, ...others] = campaign(touchy, { seed: 1, iterations: 10_000 }).findings;
    expect(others).toEqual([]);
    expect(first?.input.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(2);
    expect(campaign(touchy, { seed: 1, iterations: 10_000 }).findings[0]?.execution).toBe(first?.execution ?? -1);
  });

  test('an input that breaks nothing is not made smaller', () => {
    const input = [{ verb: 't', bytes: Uint8Array.of(1, 2) }];
    expect(minimise(touchy, input, 'Broken: the same byte twice')).toEqual(input);
  });

  test('an input is the same after it was written and read', () => {
    const input = [
      { verb: 'd0', bytes: Uint8Array.of(0x10, 0, 0xff) },
      { verb: 'c', bytes: new Uint8Array() },
    ];
    expect(readInput(`# a remark\n${writeInput(input)}`)).toEqual(input);
  });
});
