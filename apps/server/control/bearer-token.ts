import { createHash, timingSafeEqual } from 'node:crypto';

/** The token in an Authorization header (RFC 6750), however that is written; null where there is none. */
export function bearerToken(authorization: string | undefined): string | null {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? null;
}

/** Whether an Authorization header carries the token. The time taken says nothing about either. */
export function hasBearerToken(authorization: string | undefined, token: string): boolean {
  const given = bearerToken(authorization) ?? '';
  // Digests have one length, which timingSafeEqual asks for. No empty token ever fits.
  return timingSafeEqual(digest(given), digest(token)) && token !== '';
}

function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
