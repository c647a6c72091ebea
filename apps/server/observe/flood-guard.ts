import type { LogLine } from './log-line.ts';

export interface FloodGuardOptions {
  readonly windowMs: number;
  /** Lines of the same event, fault, deployment and address that are let through in a window. */
  readonly linesPerKey: number;
  /** Lines of all kinds that are let through in a window. */
  readonly linesPerWindow: number;
  /** Summaries at the end of a window; what is left is told in one. */
  readonly summariesPerWindow: number;
}

/** A thousand lines in 10 s at most: a flood costs kilobytes a second, whatever its size and however many addresses it has. */
export const floodGuardDefaults: FloodGuardOptions = {
  windowMs: 10_000,
  linesPerKey: 10,
  linesPerWindow: 1000,
  summariesPerWindow: 50,
};

/** What was held back of one kind of line. */
export interface HeldBack {
  /** The first that was held back: its event, fault, deployment and address stand for all. Null: of several kinds. */
  readonly line: LogLine | null;
  readonly lines: number;
  /** Sum of what the lines counted. */
  readonly count: number;
  readonly windowMs: number;
}

/** What lines are told apart by: event, fault (of the server's own: its message), deployment and address. */
interface Kind {
  readonly event: LogLine['event'];
  readonly what: string | null;
  readonly deployment: string | null;
  readonly address: string | null;
}

interface Bucket {
  passed: number;
  line: LogLine | null;
  lines: number;
  count: number;
}

/**
 * Decides which lines are written, so that nobody fills a disk from outside.
 * Time is divided in windows; it passes only with the times that are passed in.
 * Memory is bounded: a bucket is made with a line that passes, or else it is one of its event and fault.
 */
export class FloodGuard {
  readonly #options: FloodGuardOptions;
  #buckets = new Map<string, Bucket>();
  #windowStart: number | null = null;
  #passed = 0;
  /** What was held back last, and where it was counted; null at the beginning of a window. */
  #lastHeld: { readonly kind: Kind; readonly bucket: Bucket } | null = null;

  constructor(options: FloodGuardOptions = floodGuardDefaults) {
    this.#options = options;
  }

  /**
   * Counts a line of an event like the one that was held back last, and in the same window: it is held back too, and need not be made.
   * @returns false where it is another one: then `endWindow` and `admit` decide.
   */
  holdAnother(
    event: LogLine['event'],
    fault: string | null,
    deployment: string | null,
    address: string | null,
    count: number,
    now: number,
  ): boolean {
    const last = this.#lastHeld;
    if (last === null || !this.#isInWindow(now)) return false;
    const { kind, bucket } = last;
    if (kind.event !== event || kind.what !== fault || kind.deployment !== deployment || kind.address !== address)
      return false;
    bucket.lines++;
    bucket.count += count;
    return true;
  }

  /** Whether this line may be written. Call `endWindow` before. */
  admit(line: LogLine, now: number): boolean {
    this.#windowStart ??= now;
    const full = this.#passed >= this.#options.linesPerWindow;
    const kind = kindOf(line);
    const bucket = this.#bucket(line, kind, full);
    if (!full && bucket.passed < this.#options.linesPerKey) {
      bucket.passed++;
      this.#passed++;
      return true;
    }
    bucket.line ??= line;
    bucket.lines++;
    bucket.count += line.count ?? 1;
    this.#lastHeld = { kind, bucket };
    return false;
  }

  /** Ends the window when its time is over (or the clock was set back). @returns what was held back in it, largest first. */
  endWindow(now: number): readonly HeldBack[] {
    return this.#windowStart === null || this.#isInWindow(now) ? [] : this.flush(now);
  }

  /** Ends the window in any case. */
  flush(now: number): readonly HeldBack[] {
    const windowMs = Math.max(0, now - (this.#windowStart ?? now));
    const held = [...this.#buckets.values()].filter((bucket) => bucket.lines > 0).toSorted((a, b) => b.lines - a.lines);
    this.#buckets = new Map();
    this.#windowStart = null;
    this.#passed = 0;
    this.#lastHeld = null;
    const told = held
      .slice(0, this.#options.summariesPerWindow)
      .map(({ line, lines, count }) => ({ line, lines, count, windowMs }));
    const rest = held.slice(this.#options.summariesPerWindow);
    if (rest.length === 0) return told;
    const lines = rest.reduce((sum, bucket) => sum + bucket.lines, 0);
    const count = rest.reduce((sum, bucket) => sum + bucket.count, 0);
    return [...told, { line: null, lines, count, windowMs }];
  }

  #isInWindow(now: number): boolean {
    const start = this.#windowStart;
    return start !== null && now >= start && now < start + this.#options.windowMs;
  }

  #bucket(line: LogLine, kind: Kind, full: boolean): Bucket {
    const key = `${kind.event} ${kind.what} ${kind.deployment} ${kind.address}`;
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    const wide = full ? `all ${line.event} ${line.fault}` : key;
    const bucket = this.#buckets.get(wide) ?? { passed: 0, line: null, lines: 0, count: 0 };
    // What stands for lines of many addresses and deployments names none.
    if (full) bucket.line ??= { ...line, deployment: null, address: null };
    this.#buckets.set(wide, bucket);
    return bucket;
  }
}

function kindOf({ event, message, fault, deployment, address }: LogLine): Kind {
  return { event, what: event === 'server' ? message : fault, deployment, address };
}
