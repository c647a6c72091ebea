import { within } from '../deadline.ts';

/** Tells those who wait that something has changed. */
export class Signal {
  #next = Promise.withResolvers<void>();

  raise(): void {
    const raised = this.#next;
    this.#next = Promise.withResolvers<void>();
    raised.resolve();
  }

  /** Waits until it holds. @throws Error that names what was waited for, at the deadline. */
  async until(what: string, milliseconds: number, holds: () => boolean): Promise<void> {
    const end = performance.now() + milliseconds;
    while (!holds()) await within(what, Math.max(1, end - performance.now()), this.#next.promise);
  }
}
