/** Tests of a run, as its JUnit report counts them. */
export interface Counts {
  readonly passed: number;
  /** Tests that were skipped count as failed: nothing is skipped in silence. */
  readonly failed: number;
}

/**
 * Counts the tests of a report.
 * @param xml the report; null where the run wrote none.
 * @param ok whether the run itself ended well; a file that does not load stands in no report.
 */
export function countTests(xml: string | null, ok: boolean): Counts {
  const attributes = /<testsuites\b([^>]*)>/.exec(xml ?? '')?.[1] ?? '';
  const number = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(attributes)?.[1] ?? 0);
  const tests = number('tests');
  const failed = number('failures') + number('errors') + number('skipped');
  const passed = Math.max(0, tests - failed);
  if (failed > 0) return { passed, failed };
  return { passed, failed: ok && passed > 0 ? 0 : 1 };
}
