import { bodyBytesMax } from './body-limits.ts';

export interface HttpServerOptions {
  /** Answers requests; a Hono app is one. */
  readonly app: { fetch(request: Request): Response | Promise<Response> };
  /** Address to listen on. */
  readonly hostname: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM; null serves plain HTTP, which is for loopback only. */
  readonly tls: HttpCertificate | null;
}

/** PEM. */
export interface HttpCertificate {
  readonly key: string;
  /** With its chain. */
  readonly cert: string;
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
  /** Shows another certificate to connections that come from now on; requests that run are finished. */
  replaceCertificate(tls: HttpCertificate): void;
  /** Finishes requests that run, and takes no new ones. */
  stop(): Promise<void>;
}

/** The port of REST and guide cannot be listened on. `message` says why and `remedy` what to do. */
export class HttpListenError extends Error {
  override readonly name = 'HttpListenError';
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}

/**
 * Listens for HTTP, or HTTPS where a certificate is given.
 * @throws HttpListenError where the port is in use or may not be opened.
 */
export function startHttpServer(options: HttpServerOptions): HttpServer {
  // With TLS the port is shared with the listener that comes after a change of certificate. Sharing would also hide
  // that a foreign program has the port, so it is taken without it first.
  const port = options.tls === null ? options.port : freePort(options);
  let server = serve(options, port, options.tls);
  const bound = server.port ?? port;
  const stop = () => server.stop();
  return {
    port: bound,
    stop,
    replaceCertificate(tls) {
      if (options.tls === null) return;
      const before = server;
      server = serve(options, bound, tls);
      void before.stop();
    },
    [Symbol.asyncDispose]: stop,
  };
}

function freePort(options: HttpServerOptions): number {
  const probe = serve(options, options.port, null);
  const { port = options.port } = probe;
  void probe.stop(true);
  return port;
}

function serve({ app, hostname }: HttpServerOptions, port: number, tls: HttpCertificate | null): Bun.Server<undefined> {
  try {
    return Bun.serve({
      hostname,
      port,
      reusePort: tls !== null,
      maxRequestBodySize: bodyBytesMax.server,
      fetch: (request) => app.fetch(request),
      ...(tls === null ? {} : { tls: { key: tls.key, cert: tls.cert } }),
    });
  } catch (error) {
    throw listenError(hostname, port, error);
  }
}

function listenError(hostname: string, port: number, cause: unknown): HttpListenError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const where = `port ${port} of ${hostname}`;
  const [why, remedy] =
    code === 'EADDRINUSE'
      ? [`${where} is in use`, 'Stop the program that uses it, or choose another port with --http-port.']
      : code === 'EACCES'
        ? [`${where} may not be opened by this user`, 'Choose a port above 1023 with --http-port.']
        : [`${where} cannot be opened: ${reason}`, 'Check --http-bind and --http-port.'];
  return new HttpListenError(`The REST API cannot listen: ${why}.`, remedy, { cause });
}
