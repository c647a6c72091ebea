import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an Authorization header carries the token (RFC 6750). The time taken says nothing about either. */
export function hasBearerToken(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '';
  // Digests have one length, which timingSafeEqual asks for. No empty token ever fits.
  return timingSafeEqual(digest(given), digest(token)) && token !== '';
}

function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
