/** The protocol levels that the standards of this suite describe: 4 is MQTT 3.1.1, 5 is MQTT 5.0. */
export type Dialect = 4 | 5;

/** A test of one or more normative statements of one standard. */
export interface ConformanceTest {
  /** Begins with the ids of its statements in brackets. */
  readonly title: string;
  readonly dialect: Dialect;
  readonly run: () => Promise<void>;
}

/** Every test, in the order in which the chapters name them. */
export const conformanceTests: ConformanceTest[] = [];

/** Registers a test of statements of MQTT 3.1.1. */
export function test3(title: string, run: () => Promise<void>): void {
  conformanceTests.push({ title, dialect: 4, run });
}

/** Registers a test of statements of MQTT 5.0. */
export function test5(title: string, run: () => Promise<void>): void {
  conformanceTests.push({ title, dialect: 5, run });
}

/**
 * Registers a test that runs in both dialects. Where the numbers differ, the title has the one of 3.1.1 before the
 * one of 5.0: `[MQTT-3.1.2-4 | MQTT-3.1.2-5]`; a hyphen stands for a statement that only the other standard numbers.
 * `[choice]` is no statement: a standard leaves it open, and docs/reference/choices.md says what was chosen.
 */
export function testBoth(title: string, run: (dialect: Dialect) => Promise<void>): void {
  test3(title, () => run(4));
  test5(title, () => run(5));
}

/** The statements that a title names, in one standard. */
export function statementsOf(title: string, dialect: Dialect): string[] {
  const prefix = /^(?:\[[^\]]*\]\s*)*/.exec(title)?.[0] ?? '';
  return [...prefix.matchAll(/\[([^\]]*)\]/g)]
    .map((match) => {
      const [of3 = '', of5 = of3] = (match[1] ?? '').split(' | ');
      return dialect === 4 ? of3 : of5;
    })
    .filter((id) => id.startsWith('MQTT-'));
}
