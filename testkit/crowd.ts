import type { Socket } from 'bun';
import { connectPacket } from './packets.ts';
import type { Service } from './service.ts';

const connectTimeoutMs = 60_000;

/** One client of a crowd: knows bytes only, and cheaply. */
export class CrowdMember {
  readonly socket: Socket<CrowdMember>;
  receivedBytes = 0;
  #wake: () => void = () => undefined;
  closed = false;

  constructor(socket: Socket<CrowdMember>) {
    this.socket = socket;
  }

  /** Sends all of it, as fast as the socket takes it. */
  async send(bytes: Uint8Array): Promise<void> {
    let left = bytes;
    while (!this.closed) {
      const taken = this.socket.write(left);
      left = left.subarray(Math.max(0, taken));
      if (left.length === 0) return;
      await this.#next();
    }
  }

  /** Sends what the socket takes at once, and forgets the rest. */
  sendSome(bytes: Uint8Array): void {
    this.socket.write(bytes);
    this.socket.flush();
  }

  /** Waits until so many bytes have come in all. */
  async received(byteCount: number): Promise<void> {
    while (this.receivedBytes < byteCount && !this.closed) await this.#next();
  }

  tell(): void {
    this.#wake();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Many TLS clients of the first deployment of a service, some at a time. */
export class Crowd implements Disposable {
  readonly members: CrowdMember[] = [];
  readonly #service: Service;

  constructor(service: Service) {
    this.#service = service;
  }

  /** Opens connections; `first` is what each one sends. */
  async open(count: number, first: (index: number) => Uint8Array): Promise<CrowdMember[]> {
    const opened: CrowdMember[] = [];
    const atOnce = 64;
    for (let start = 0; start < count; start += atOnce) {
      const batch = Array.from({ length: Math.min(atOnce, count - start) }, (_, index) => start + index);
      opened.push(...(await Promise.all(batch.map((index) => this.#dial(first(index))))));
    }
    this.members.push(...opened);
    return opened;
  }

  /** CONNECT of the first user, accepted. */
  async connect(count: number, name: string, options: { clean?: boolean } = {}): Promise<CrowdMember[]> {
    const { username } = this.#service.ready;
    const { password } = this.#service;
    const members = await this.open(count, (index) =>
      connectPacket({ version: 4, clientId: `${name}-${index}`, username, password, keepAlive: 0, ...options }),
    );
    for (const member of members) await member.received(4);
    return members;
  }

  async #dial(first: Uint8Array): Promise<CrowdMember> {
    const done = Promise.withResolvers<CrowdMember>();
    const timer = setTimeout(() => done.reject(new Error('no TLS connection')), connectTimeoutMs);
    void Bun.connect<CrowdMember>({
      hostname: '127.0.0.1',
      port: this.#service.ready.mqtts,
      tls: { serverName: 'localhost', rejectUnauthorized: false },
      socket: {
        binaryType: 'uint8array',
        open: (socket) => {
          socket.data = new CrowdMember(socket);
        },
        handshake: (socket) => {
          clearTimeout(timer);
          socket.write(first);
          done.resolve(socket.data);
        },
        data: (socket, bytes) => {
          socket.data.receivedBytes += bytes.length;
          socket.data.tell();
        },
        drain: (socket) => socket.data.tell(),
        close: (socket) => {
          if (socket.data === undefined) return;
          socket.data.closed = true;
          socket.data.tell();
        },
        error: () => undefined,
      },
    }).catch(done.reject);
    return done.promise;
  }

  [Symbol.dispose](): void {
    for (const { socket } of this.members) socket.terminate();
  }
}
