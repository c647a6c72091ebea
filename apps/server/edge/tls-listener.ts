import type { SocketHandler } from 'bun';
import { bind, bindReplaceable } from './bind.ts';
import type { SocketListener } from './bind.ts';
import type { Certificate } from './certificate.ts';
import type { Connection } from './connection.ts';
import type { EdgeListener } from './listener.ts';
import { acceptWithBytes, acceptWithKeepAlive, steerToListener } from './socket-options.ts';
import { tlsOptions } from './tls-options.ts';

/**
 * A TLS port whose certificate can be changed without losing a connection: a second listener with the new certificate
 * shares the port, the kernel is told to give it all new connections, and the first one goes when it has been quiet.
 */
export class TlsListener implements EdgeListener {
  readonly kind: 'mqtts' | 'wss';
  readonly hostname: string;
  readonly port: number;
  readonly #socket: SocketHandler<Connection>;
  readonly #sessionTickets: boolean;
  readonly #onClose: (listener: TlsListener) => void;
  #current: SocketListener;
  #retiring: { readonly listener: SocketListener; readonly timer: NodeJS.Timeout } | null = null;
  #closed = false;
  #keepAliveComes: boolean;

  /** @throws PortInUseError, or the error of the system or of the TLS library. */
  constructor(
    kind: 'mqtts' | 'wss',
    at: { readonly hostname: string; readonly port: number },
    socket: SocketHandler<Connection>,
    tls: { readonly certificate: Certificate; readonly sessionTickets: boolean },
    onClose: (listener: TlsListener) => void,
  ) {
    this.kind = kind;
    this.#socket = socket;
    this.#sessionTickets = tls.sessionTickets;
    this.#onClose = onClose;
    this.#current = bindReplaceable({ ...at, socket, tls: tlsOptions(tls.certificate, tls.sessionTickets) });
    acceptWithBytes(this.#current);
    this.#keepAliveComes = acceptWithKeepAlive(this.#current);
    this.hostname = this.#current.hostname;
    this.port = this.#current.port;
  }

  /** Whether its connections are accepted with TCP keep-alive set. */
  get keepAliveComes(): boolean {
    return this.#keepAliveComes;
  }

  /**
   * Shows another certificate to new connections. The old listener stays for `retireMs`, for the connections that
   * the kernel had given to it already.
   */
  replaceCertificate(certificate: Certificate, retireMs: number): void {
    if (this.#closed) return;
    this.#retire();
    const { hostname, port } = this;
    const tls = tlsOptions(certificate, this.#sessionTickets);
    const next = bind({ hostname, port, socket: this.#socket, tls, reusePort: true });
    acceptWithBytes(next);
    if (!acceptWithKeepAlive(next)) this.#keepAliveComes = false;
    steerToListener(next, 1);
    const old = this.#current;
    this.#current = next;
    this.#retiring = { listener: old, timer: setTimeout(() => this.#retire(), retireMs).unref() };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#retire();
    this.#current.stop();
    this.#onClose(this);
  }

  #retire(): void {
    if (this.#retiring === null) return;
    clearTimeout(this.#retiring.timer);
    this.#retiring.listener.stop();
    this.#retiring = null;
  }
}
