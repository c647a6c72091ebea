/** Somebody listens on the port already. */
export class PortInUseError extends Error {
  readonly hostname: string;
  readonly port: number;

  constructor(hostname: string, port: number) {
    super(`port ${port} on ${hostname} is in use by another program`);
    this.name = 'PortInUseError';
    this.hostname = hostname;
    this.port = port;
  }
}
