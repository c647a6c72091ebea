import { promises as dns } from 'node:dns';
import { connect, isIP, type Socket } from 'node:net';
import { isLoopbackName } from '../mqtt/target.ts';

/** An IP address behind a name. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** What the doctor asks of the machine and its network. Tests hand over their own. */
export interface World {
  /** Every address of a name. @throws Error with the code of the resolver, for example `ENOTFOUND`. */
  resolve(host: string): Promise<readonly Address[]>;
  /** The name that a name is an alias of (CNAME); null where it is none, or where nobody tells. */
  aliasOf(host: string): Promise<string | null>;
  /** Begins a TCP connection. */
  dial(address: string, port: number): Socket;
  /** The clock of this machine, milliseconds since 1970: the one that TLS compares certificates with. */
  nowMs(): number;
}

/** How long the question for an alias may take; it is a side remark. */
const aliasTimeoutMs = 2000;

/** This machine. */
export const thisWorld: World = {
  async resolve(host) {
    if (isLoopbackName(host)) return loopback;
    const family = isIP(host);
    if (family === 4 || family === 6) return [{ address: host, family }];
    const found = await dns.lookup(host, { all: true });
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
  },
  async aliasOf(host) {
    if (isLoopbackName(host) || isIP(host) !== 0) return null;
    const timer = Promise.withResolvers<null>();
    const timeout = setTimeout(() => timer.resolve(null), aliasTimeoutMs);
    try {
      const names = await Promise.race([dns.resolveCname(host).catch(() => null), timer.promise]);
      return names?.[0] ?? null;
    } finally {
      clearTimeout(timeout);
    }
  },
  dial: (address, port) => connect({ host: address, port }),
  nowMs: () => Date.now(),
};

/** `localhost` and names below it are always this machine (RFC 6761 section 6.3). */
const loopback: readonly Address[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];
