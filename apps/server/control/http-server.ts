export interface HttpServerOptions {
  /** Answers requests; a Hono app is one. */
  readonly app: { fetch(request: Request): Response | Promise<Response> };
  /** Address to listen on. */
  readonly hostname: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM; null serves plain HTTP, which is for loopback only. */
  readonly tls: { readonly key: string; readonly certificate: string } | null;
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
  /** Finishes requests that run, and takes no new ones. */
  stop(): Promise<void>;
}

/** The console's port cannot be listened on. `message` says why and `remedy` what to do. */
export class HttpListenError extends Error {
  override readonly name = 'HttpListenError';
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}

const requestBytesMax = 1024 * 1024;

/**
 * Listens for HTTP, or HTTPS where a certificate is given.
 * @throws HttpListenError where the port is in use or may not be opened.
 */
export function startHttpServer(options: HttpServerOptions): HttpServer {
  const { app, hostname, port, tls } = options;
  try {
    const server = Bun.serve({
      hostname,
      port,
      reusePort: false,
      maxRequestBodySize: requestBytesMax,
      fetch: (request) => app.fetch(request),
      ...(tls === null ? {} : { tls: { key: tls.key, cert: tls.certificate } }),
    });
    const stop = () => server.stop();
    return { port: server.port ?? port, stop, [Symbol.asyncDispose]: stop };
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
  return new HttpListenError(`The console cannot listen: ${why}.`, remedy, { cause });
}
