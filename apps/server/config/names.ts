import { isIP, isIPv6 } from 'node:net';

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Longest domain that leaves room for `<id>.` in the 253 characters of a host name. */
const domainLengthMax = 253 - 64;

/** Whether the text is a host name in lower case: valid labels (RFC 1123), not an address, 253 characters at most. */
export function isHostName(text: string): boolean {
  return (
    text.length <= 253 &&
    isIP(text) === 0 &&
    text.split('.').every((part) => label.test(part)) &&
    !/\.\d+$/.test(`.${text}`)
  );
}

/** Whether deployments can have addresses below the name. One label is not enough: OpenSSL takes no wildcard on it. */
export function isDomain(text: string): boolean {
  return isHostName(text) && text.includes('.') && text.length <= domainLengthMax;
}

/** An IP address in its one canonical form (`::1`), or null when the text is none. */
export function canonicalAddress(text: string): string | null {
  if (isIPv6(text) && !text.includes('%')) return new URL(`http://[${text}]/`).hostname.slice(1, -1);
  return isIP(text) === 4 ? text : null;
}

/** The candidate that the text was most likely meant to be, or null when none is near. */
export function nearest(text: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(text.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(text.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
