/** A promise was broken. `rule` is the same for the same promise, so that a run can be made smaller. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly rule: string;

  constructor(rule: string, detail: string) {
    super(`${rule}: ${detail}`);
    this.rule = rule;
  }
}

/** @throws Violation where the condition does not hold. The detail is only made then. */
export function demand(condition: boolean, rule: string, detail: () => string): asserts condition {
  if (!condition) throw new Violation(rule, detail());
}
