/** An IPv4 address that came in on an IPv6 socket, as people write it. Empty where the peer was gone before it was asked. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

/** SNI in lower case, without the dot that ends an absolute name; null where there was none. */
export function plainName(name: string | undefined): string | null {
  if (name === undefined || name === '') return null;
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}
