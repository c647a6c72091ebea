import { isIP } from 'node:net';

/** What a listener may be bound to and then answers at `localhost`. */
const answersLocalhost: ReadonlySet<string> = new Set(['all', '0.0.0.0', '::', '127.0.0.1', '::1', 'localhost']);

/** What to connect to on this machine for a listener that is bound to an address: `localhost` wherever it answers there. */
export function addressHere(bind: string): string {
  return answersLocalhost.has(bind) ? 'localhost' : bind;
}

/** A name or an address as it stands in a URL. */
export function hostInUrl(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}
