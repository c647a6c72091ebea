/**
 * A token bucket in virtual time: `rate` tokens a second, one second's worth of burst.
 * It may go below zero: work that has begun is done, and the debt says how long to wait.
 */
export class TokenBucket {
  #rate: number | null;
  #tokens: number;
  #at: number;

  /** @param rate tokens a second; null is no limit. */
  constructor(rate: number | null, now: number) {
    this.#rate = rate;
    this.#tokens = rate ?? 0;
    this.#at = now;
  }

  get limited(): boolean {
    return this.#rate !== null;
  }

  setRate(rate: number | null, now: number): void {
    if (rate === this.#rate) return;
    this.#refill(now);
    this.#tokens = this.#rate === null ? (rate ?? 0) : Math.min(this.#tokens, rate ?? 0);
    this.#rate = rate;
  }

  /** Takes tokens, into debt if need be. */
  take(count: number, now: number): void {
    if (this.#rate === null) return;
    this.#refill(now);
    this.#tokens -= count;
  }

  /** Takes tokens, but no more than come back within a second. */
  takeOfOneSecond(count: number, now: number): void {
    if (this.#rate !== null) this.take(Math.min(count, this.#rate), now);
  }

  /** One token was taken for nothing. */
  giveBack(): void {
    if (this.#rate !== null) this.#tokens = Math.min(this.#rate, this.#tokens + 1);
  }

  /** Takes one token if there is a whole one. */
  tryTake(now: number): boolean {
    if (this.#rate === null) return true;
    this.#refill(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Milliseconds until the debt is paid; 0 when there is none. */
  waitMs(now: number): number {
    if (this.#rate === null) return 0;
    this.#refill(now);
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#rate) * 1000);
  }

  #refill(now: number): void {
    if (this.#rate === null || now === this.#at) return;
    // A clock that was set back gives nothing, and goes on from there.
    if (now > this.#at) this.#tokens = Math.min(this.#rate, this.#tokens + ((now - this.#at) / 1000) * this.#rate);
    this.#at = now;
  }
}
