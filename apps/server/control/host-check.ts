import { isIPv4 } from 'node:net';

/**
 * Whether a request for this Host may be answered: loopback names and addresses, and the configured ones. A page of a stranger can
 * have its own name resolve to this machine (DNS rebinding), but its requests then carry that name.
 * @param host Host header, with or without a port.
 */
export function isAllowedHost(host: string, allowed: readonly string[]): boolean {
  if (!isHost(host)) return false;
  const name = hostName(host);
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1') return true;
  if (isIPv4(name) && name.startsWith('127.')) return true;
  return allowed.some((entry) => hostName(entry) === name);
}

/** Whether it is a name or an address with at most a port behind it, and that a possible one: answers lead back to it. */
function isHost(host: string): boolean {
  return !/[\s/\\?#@]/.test(host) && URL.canParse(`http://${host}/`);
}

/** Lower case, without port, brackets and the dot of the root. */
function hostName(host: string): string {
  const bracketed = /^\[(.*)\](?::\d*)?$/.exec(host)?.[1];
  // An IPv6 address without brackets has no port behind it.
  const name = bracketed ?? (host.split(':').length === 2 ? host.replace(/:\d*$/, '') : host);
  return name.toLowerCase().replace(/\.$/, '');
}
