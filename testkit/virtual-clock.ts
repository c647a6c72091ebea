/** Time that moves only when a test says so. Milliseconds since 1970. */
export class VirtualClock {
  #now: number;
  readonly #alarms: { readonly at: number; readonly run: (now: number) => void }[] = [];

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  get now(): number {
    return this.#now;
  }

  /** Runs `run` when the clock reaches `at`; alarms of one moment run in the order in which they were set. */
  at(at: number, run: (now: number) => void): void {
    const index = this.#alarms.findIndex((alarm) => alarm.at > at);
    this.#alarms.splice(index === -1 ? this.#alarms.length : index, 0, { at, run });
  }

  /** Moves on by so many milliseconds; alarms on the way see the clock at their own time. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let next = this.#alarms[0]; next !== undefined && next.at <= end; next = this.#alarms[0]) {
      this.#alarms.shift();
      this.#now = Math.max(this.#now, next.at);
      next.run(this.#now);
    }
    this.#now = end;
  }
}
