/** A mistake in the operator's own certificate: what is wrong, and what to do, one sentence each. */
export interface OwnProblem {
  readonly message: string;
  readonly remedy: string;
}
