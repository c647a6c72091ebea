/** Work of a deployment in one turn of the loop while it has the core for itself: large, so that writes stay large. */
const ALONE_UNITS = 16_384;
/** And while others have been busy too: about four milliseconds, so that they wait no longer than that. */
const SHARED_UNITS = 1_024;
/** How many bytes of payload cost as much as handing over one small message. */
const BYTES_PER_UNIT = 4_096;
/** A deployment counts as busy this long after its last packet. */
const BUSY_MS = 1_000;

/** What one deployment may do in one turn of the loop. A packet counts as one unit, and so does each delivery. */
export class Work {
  readonly #busy: Set<Work>;
  #left = ALONE_UNITS;
  #leftForGone = SHARED_UNITS;
  #isForGone = false;
  /** Whether it is in `busy`: whatever is taken from its share puts it there, so that the next turn gives it back. */
  #listed = false;
  #busyUntil = -Infinity;

  /** @param busy those of all deployments whose share has to be renewed; this one adds itself. */
  constructor(busy: Set<Work>) {
    this.#busy = busy;
  }

  /** Whether the deployment has had its share: what else its clients have sent waits for the next turn. */
  get isSpent(): boolean {
    return this.#left <= 0;
  }

  /**
   * Whether what clients that are gone have left over may still be handled in this turn. They cannot come back for it, so it has a share of its own,
   * whatever the others have used up; one for all of them.
   */
  get hasShareForGone(): boolean {
    return this.#leftForGone > 0;
  }

  /** What is done from now on is for a client that is gone, or no longer. */
  serveGone(isGone: boolean): void {
    this.#isForGone = isGone;
  }

  /** A packet is being handled. */
  packet(now: number): void {
    this.#busyUntil = now + BUSY_MS;
    this.spend(1);
  }

  /** Something was done that costs as much as so many packets. It need not have come with one: wills, and what the server says itself. */
  spend(units: number): void {
    if (this.#isForGone) this.#leftForGone -= units;
    else this.#left -= units;
    if (this.#listed) return;
    this.#listed = true;
    this.#busy.add(this);
  }

  /** A message of so many bytes goes to so many subscribers. */
  deliver(subscribers: number, byteCount: number): void {
    this.spend(subscribers * (1 + byteCount / BYTES_PER_UNIT));
  }

  /** A new turn. What was done too much is not carried over. */
  renew(now: number): void {
    // Where the clock was set back, its last packet is not in the future.
    const isBusy = now < this.#busyUntil && now >= this.#busyUntil - BUSY_MS;
    if (!isBusy) {
      this.#listed = false;
      this.#busy.delete(this);
    }
    this.#leftForGone = SHARED_UNITS;
    this.#left = this.#busy.size > 1 ? SHARED_UNITS : ALONE_UNITS;
  }
}
