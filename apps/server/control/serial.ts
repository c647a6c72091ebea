/** Runs changes one after the other, so that database and memory change in the same order. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<Result>(change: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(change);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves when all changes so far are done, whether they succeeded or not. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
