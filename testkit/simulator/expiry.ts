import type { ProtocolVersion } from '../../packages/codec/mod.ts';
import type { Limits } from '../../packages/engine/limits.ts';

/** A Session Expiry Interval, in seconds, as the limits leave it. */
export function shortenExpiry(asked: number, version: ProtocolVersion, limits: Limits): number {
  const most = version === 5 ? limits.sessionExpirySeconds : limits.sessionExpiryV3Seconds;
  return most !== null && most < asked ? most : asked;
}
