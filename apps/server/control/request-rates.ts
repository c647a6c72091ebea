import { createHash } from 'node:crypto';
import { TokenBucket } from '../../../packages/engine/token-bucket.ts';

/** How many buckets are kept; a key that comes back after it was forgotten begins with a full one. */
const BUCKETS_MAX = 4_096;

/** Counts requests by key, and by deployment where they are about one. */
export class RequestRates {
  readonly #now: () => number;
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param now milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Counts one request.
   * @param key the secret that came with it; only its digest is kept.
   * @param scope the deployment that it is about, or an empty text.
   * @param perSecond null is no limit.
   * @returns null where it may be done, else the seconds to wait.
   */
  take(key: string, scope: string, perSecond: number | null): number | null {
    if (perSecond === null) return null;
    const now = this.#now();
    const name = `${createHash('sha256').update(key).digest('base64url')} ${scope}`;
    const bucket = this.#buckets.get(name) ?? new TokenBucket(perSecond, now);
    // The one that was used last stands at the end, so that the others are forgotten first.
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    const [oldest] = this.#buckets.size > BUCKETS_MAX ? this.#buckets.keys() : [];
    if (oldest !== undefined) this.#buckets.delete(oldest);
    bucket.setRate(perSecond, now);
    return bucket.tryTake(now) ? null : Math.max(1, Math.ceil(1 / perSecond));
  }
}
