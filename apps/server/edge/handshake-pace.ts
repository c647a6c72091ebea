/** How fast the handshakes of one group of connections may start. */
export interface Pace {
  /** Whose they are: the connections of a key share a pace. */
  readonly key: string;
  readonly perSecond: number;
}

/** Share of a second's handshakes that may start at once after a pause, and how many at least. */
const burstSeconds = 0.1;
const burstMin = 5;

/** Who may be gone before its turn has come. */
export interface Leaving {
  /** Whether its peer has gone while it waited: then it takes no turn. */
  readonly isAbandoned: boolean;
  /** It takes no turn any more. */
  abandon(): void;
}

interface Group<Visitor> {
  perSecond: number;
  /** When the next one would be due if all came evenly; it may run ahead of the clock by the burst. */
  dueAt: number;
  readonly waiting: Set<Visitor>;
}

/**
 * Spreads the handshakes of each group evenly over time, in their order: those of one deployment, however many come at once, so leave
 * room between them for everybody else.
 */
export class HandshakePaces<Visitor extends Leaving> {
  readonly #now: () => number;
  readonly #after: (milliseconds: number, run: () => void) => void;
  readonly #start: (visitor: Visitor) => void;
  readonly #groups = new Map<string, Group<Visitor>>();
  readonly #groupOf = new Map<Visitor, Group<Visitor>>();
  #paced = 0;
  /** When the next timer fires; Infinity where none is set. */
  #timerAt = Infinity;

  /**
   * @param now milliseconds.
   * @param after calls once, so many milliseconds later.
   * @param start called for each one that waited, when its time has come.
   */
  constructor(
    now: () => number,
    after: (milliseconds: number, run: () => void) => void,
    start: (visitor: Visitor) => void,
  ) {
    this.#now = now;
    this.#after = after;
    this.#start = start;
  }

  /** How many had to wait for their time until now. */
  get paced(): number {
    return this.#paced;
  }

  /** @returns whether it may start now; if not, `start` is called for it later. */
  enter(visitor: Visitor, pace: Pace): boolean {
    const group = this.#groups.get(pace.key) ?? { perSecond: 0, dueAt: 0, waiting: new Set<Visitor>() };
    this.#groups.set(pace.key, group);
    group.perSecond = pace.perSecond;
    if (group.waiting.size === 0 && this.#take(group)) return true;
    this.#paced += 1;
    group.waiting.add(visitor);
    this.#groupOf.set(visitor, group);
    this.#wakeIn(this.#waitMs(group));
    return false;
  }

  /** One that waits is gone. @returns false where it does not wait here. */
  giveUp(visitor: Visitor): boolean {
    this.#groupOf.get(visitor)?.waiting.delete(visitor);
    return this.#groupOf.delete(visitor);
  }

  #take(group: Group<Visitor>): boolean {
    if (this.#waitMs(group) > 0) return false;
    group.dueAt += 1000 / group.perSecond;
    return true;
  }

  /** Milliseconds until the next one of the group may start; 0 where it may now. */
  #waitMs(group: Group<Visitor>): number {
    const now = this.#now();
    const intervalMs = 1000 / group.perSecond;
    const aheadMsMax = Math.max(burstSeconds * 1000, burstMin * intervalMs);
    // The clock may have been set back.
    group.dueAt = Math.min(Math.max(group.dueAt, now), now + aheadMsMax);
    return Math.max(0, Math.ceil(group.dueAt + intervalMs - now - aheadMsMax));
  }

  #wakeIn(milliseconds: number): void {
    const at = this.#now() + milliseconds;
    if (at >= this.#timerAt) return;
    this.#timerAt = at;
    this.#after(milliseconds, () => this.#sweep());
  }

  #sweep(): void {
    this.#timerAt = Infinity;
    const now = this.#now();
    let waitMs = Infinity;
    for (const [key, group] of this.#groups) {
      for (const visitor of group.waiting) {
        if (visitor.isAbandoned) {
          this.giveUp(visitor);
          visitor.abandon();
          continue;
        }
        if (!this.#take(group)) break;
        this.giveUp(visitor);
        this.#start(visitor);
      }
      if (group.waiting.size > 0) waitMs = Math.min(waitMs, this.#waitMs(group));
      else if (group.dueAt <= now) this.#groups.delete(key);
    }
    if (waitMs !== Infinity) this.#wakeIn(waitMs);
  }
}
