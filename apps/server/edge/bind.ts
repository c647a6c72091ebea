import type { SocketHandler, TCPSocketListener, TLSOptions } from 'bun';
import type { Connection } from './connection.ts';
import { PortInUseError } from './port-in-use-error.ts';

/** Bun's listener for our connections. */
export type SocketListener = TCPSocketListener<Connection>;

/** What to listen on. */
export interface BindOptions {
  readonly hostname: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly socket: SocketHandler<Connection>;
  readonly tls?: TLSOptions;
  /** Others may listen on the same port: only for a listener that is to be replaced while it runs. */
  readonly reusePort?: boolean;
}

const freePortTries = 10;

/**
 * Listens. `::` is all interfaces, IPv4 too; where there is no IPv6 it becomes `0.0.0.0`.
 * @throws PortInUseError when somebody has the port; the error of the system or of the TLS library else.
 */
export function bind(options: BindOptions): SocketListener {
  try {
    return listen(options);
  } catch (error) {
    if (options.hostname !== '::' || !hasCode(error, 'EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL')) throw error;
    return listen({ ...options, hostname: '0.0.0.0' });
  }
}

/**
 * Listens so that `bind` with `reusePort` can add a listener to the same port later. `reusePort` alone would also
 * share the port with a foreign program unseen, so the port is taken without it first.
 */
export function bindReplaceable(options: BindOptions): SocketListener {
  for (let tries = 1; ; tries++) {
    const { hostname, port, socket } = options;
    const probe = bind({ hostname, port, socket });
    const taken = { hostname: probe.hostname, port: probe.port };
    probe.stop(true);
    try {
      return bind({ ...options, ...taken, reusePort: true });
    } catch (error) {
      // Somebody was quicker between the two calls: for port 0, another one will do.
      if (port !== 0 || tries === freePortTries || !(error instanceof PortInUseError)) throw error;
    }
  }
}

function listen(options: BindOptions): SocketListener {
  try {
    return Bun.listen<Connection>(options);
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE')) throw new PortInUseError(options.hostname, options.port);
    throw error;
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}
