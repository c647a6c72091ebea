import { isIPv6 } from 'node:net';

/**
 * What counts as one sender: an IPv4 address, or the /64 of an IPv6 address, since whoever has one
 * address of a /64 has all of them. IPv4 addresses inside of IPv6 count as IPv4.
 */
export function remoteNetwork(address: string): string {
  // An IPv4 address, as most are: spares the expression that knows all forms of IPv6.
  if (!address.includes(':')) return address;
  const plain = address.replace(/%.*$/, '').toLowerCase();
  if (!isIPv6(plain)) return plain;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
  if (mapped?.[1] !== undefined) return mapped[1];
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  // A dotted quad at the end stands for two groups.
  const groups = before.length + after.length + (after.at(-1)?.includes('.') === true ? 1 : 0);
  const zeros = Array.from({ length: Math.max(0, 8 - groups) }, () => '0');
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
