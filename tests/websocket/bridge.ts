import { createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

const endOfHead = '\r\n\r\n';

/**
 * A port without TLS for a suite that cannot speak it: what comes goes on over TLS with SNI. Path and subprotocol are put
 * into the upgrade request, and the subprotocol is taken out of the answer; all bytes behind them pass as they are.
 */
export class Bridge implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(to: { readonly port: number; readonly serverName: string; readonly ca: string }): Promise<Bridge> {
    const server = createServer();
    const bridge = new Bridge(server);
    server.on('connection', (client) => bridge.#join(client, to));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return bridge;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #join(client: Socket, to: { readonly port: number; readonly serverName: string; readonly ca: string }): void {
    const server = connectTls({ host: '127.0.0.1', port: to.port, servername: to.serverName, ca: to.ca });
    relay(client, server, (head) =>
      head
        .replace(/^GET \S+/, 'GET /mqtt')
        .replace(/\r\nHost: [^\r]*/i, `\r\nHost: ${to.serverName}`)
        .concat('\r\nSec-WebSocket-Protocol: mqtt'),
    );
    relay(server, client, (head) => head.replace(/\r\nSec-WebSocket-Protocol: [^\r]*/i, ''));
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      // A reset on one side is an end on the other.
      socket.on('error', () => (socket === client ? server : client).destroy());
      socket.on('close', () => this.#sockets.delete(socket));
    }
  }
}

/** Passes bytes on; what stands in front of the first empty line goes through `change`. */
function relay(from: Socket, to: Socket, change: (head: string) => string): void {
  let head: string | null = '';
  from.on('data', (bytes: Buffer) => {
    let rest = bytes;
    if (head !== null) {
      head += bytes.toString('latin1');
      const end = head.indexOf(endOfHead);
      if (end === -1) return;
      to.write(Buffer.from(change(head.slice(0, end)) + endOfHead, 'latin1'));
      rest = Buffer.from(head.slice(end + endOfHead.length), 'latin1');
      head = null;
    }
    if (rest.length > 0 && !to.write(rest)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  });
  from.on('end', () => to.end());
}
