/** A scripted MQTT server for tests: bytes in, bytes out, over TLS, TCP or WebSocket over TLS. */
import { loadIssuer } from '../../server/certificates/load-issuer.ts';

/** A CA and a server certificate for `localhost`, `*.berth.localhost`. */
export interface TestCertificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export async function makeCertificates(): Promise<TestCertificates> {
  const { issueRoot, issueServer } = await loadIssuer();
  const root = await issueRoot(null, Date.now());
  const server = await issueServer(root, ['localhost', 'berth.localhost', '*.berth.localhost'], Date.now());
  return { ca: root.certificatePem, cert: server.certificatePem, key: server.keyPem };
}

/** One client connection as a script sees it. */
export interface TestConnection {
  readonly serverName: string | null;
  send(...bytes: (Uint8Array | readonly number[])[]): void;
  end(): void;
}

/** Gets every whole MQTT packet; what it sends back is the answer. */
export type Script = (packet: Buffer, connection: TestConnection) => void;

export class TestServer implements Disposable {
  readonly port: number;
  /** Every packet that came, in order. */
  readonly received: Buffer[] = [];
  readonly #stop: () => void;
  readonly #waiting = new Set<() => void>();

  private constructor(listen: (onPacket: Script) => { port: number; stop: () => void }, script: Script) {
    const { port, stop } = listen((packet, connection) => {
      this.received.push(packet);
      script(packet, connection);
      for (const wake of this.#waiting) wake();
    });
    this.port = port;
    this.#stop = stop;
  }

  /** @param certificates null: without TLS. */
  static tcp(certificates: TestCertificates | null, script: Script): TestServer {
    return new TestServer((onPacket) => listenTcp(certificates, onPacket), script);
  }

  /** WebSocket over TLS at `/mqtt`, subprotocol echoed. */
  static websocket(certificates: TestCertificates, script: Script): TestServer {
    return new TestServer((onPacket) => listenWebSocket(certificates, onPacket), script);
  }

  /** Resolves with the first packet of the type (the upper four bits of its first byte). */
  async packet(type: number): Promise<Buffer> {
    for (;;) {
      const found = this.received.find((packet) => (packet[0] ?? 0) >> 4 === type);
      if (found !== undefined) return found;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      await promise;
      this.#waiting.delete(resolve);
    }
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}

function listenTcp(certificates: TestCertificates | null, onPacket: Script): { port: number; stop: () => void } {
  const listener = Bun.listen<{ buffered: Buffer }>({
    hostname: '127.0.0.1',
    port: 0,
    ...(certificates === null ? {} : { tls: { cert: certificates.cert, key: certificates.key } }),
    socket: {
      open(socket) {
        socket.data = { buffered: Buffer.alloc(0) };
      },
      data(socket, chunk) {
        const connection: TestConnection = {
          serverName: (certificates === null ? null : socket.getServername()) || null,
          send: (...bytes) => void socket.write(Buffer.concat(bytes.map((part) => Buffer.from(part)))),
          end: () => void socket.end(),
        };
        const { packets, rest } = cut(Buffer.concat([socket.data.buffered, chunk]));
        socket.data.buffered = rest;
        for (const packet of packets) onPacket(packet, connection);
      },
    },
  });
  return { port: listener.port, stop: () => listener.stop(true) };
}

function listenWebSocket(certificates: TestCertificates, onPacket: Script): { port: number; stop: () => void } {
  const server = Bun.serve<{ buffered: Buffer }>({
    hostname: '127.0.0.1',
    port: 0,
    tls: { cert: certificates.cert, key: certificates.key },
    fetch(request, upgrader) {
      if (new URL(request.url).pathname !== '/mqtt')
        return new Response('error -2: no such path, use /mqtt', { status: 404 });
      const subprotocol = request.headers.get('sec-websocket-protocol') ?? '';
      const isUpgraded = upgrader.upgrade(request, {
        data: { buffered: Buffer.alloc(0) },
        headers: { 'Sec-WebSocket-Protocol': subprotocol },
      });
      return isUpgraded ? undefined : new Response('not an upgrade', { status: 426 });
    },
    websocket: {
      message(socket, message) {
        const { packets, rest } = cut(Buffer.concat([socket.data.buffered, Buffer.from(message)]));
        socket.data.buffered = rest;
        const connection: TestConnection = {
          serverName: null,
          send: (...bytes) => void socket.sendBinary(Buffer.concat(bytes.map((part) => Buffer.from(part)))),
          end: () => socket.close(1000),
        };
        for (const packet of packets) onPacket(packet, connection);
      },
    },
  });
  return { port: server.port ?? 0, stop: () => void server.stop(true) };
}

/** Cuts a byte stream into whole packets (MQTT 5.0 section 2.1.4: remaining length). */
function cut(bytes: Buffer): { packets: Buffer[]; rest: Buffer } {
  const packets: Buffer[] = [];
  let rest = bytes;
  for (;;) {
    let length = 0;
    let at = 1;
    for (; at <= 4; at++) {
      const byte = rest[at];
      if (byte === undefined) return { packets, rest };
      length += (byte & 0x7f) * 128 ** (at - 1);
      if (byte < 0x80) break;
    }
    if (rest.length < at + 1 + length) return { packets, rest };
    packets.push(rest.subarray(0, at + 1 + length));
    rest = rest.subarray(at + 1 + length);
  }
}
