import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';

/** A client that collects what it gets. */
export class TestClient implements Disposable {
  readonly socket: Socket;
  #bytes: Buffer[] = [];
  #length = 0;
  #ended: 'open' | 'ended' | 'reset' = 'open';
  #waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#bytes.push(bytes);
      this.#length += bytes.length;
      this.#changed();
    });
    socket.on('end', () => this.#end('ended'));
    socket.on('error', () => this.#end('reset'));
    socket.on('close', () => this.#end('ended'));
  }

  static async tcp(port: number, host = '127.0.0.1'): Promise<TestClient> {
    const socket = connectTcp({ port, host, allowHalfOpen: true });
    const client = new TestClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** Has sent the first byte of a TLS handshake, and sends no more: one that said nothing at all would be accepted later. */
  static async begun(port: number): Promise<TestClient> {
    const client = await TestClient.tcp(port);
    client.write(Uint8Array.of(0x16));
    return client;
  }

  /** Checks the certificate only where a CA is given. @throws what the TLS library says. */
  static async tls(port: number, options: ConnectionOptions = {}): Promise<TestClient> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: options.ca !== undefined, ...options });
    await once(socket, 'secureConnect');
    return new TestClient(socket);
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): Buffer {
    const bytes = Buffer.concat(this.#bytes);
    this.#bytes = [bytes];
    return bytes;
  }

  write(bytes: Uint8Array | string): void {
    this.socket.write(bytes);
  }

  /** At least so many bytes. @throws Error when the server closes before. */
  async receive(count: number): Promise<Buffer> {
    await this.until(() => this.#length >= count);
    return this.bytes;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#ended !== 'open') throw new Error(`the connection ${this.#ended} with ${this.#length} bytes`);
      await this.#change();
    }
  }

  /** How the server closed: in order, or with a reset. */
  async end(): Promise<'ended' | 'reset'> {
    while (this.#ended === 'open') await this.#change();
    return this.#ended;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #end(how: 'ended' | 'reset'): void {
    if (this.#ended === 'open') this.#ended = how;
    this.#changed();
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** A number of bytes that do not repeat within 256 or 65,536. */
export function patternBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 0x2545_f491;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state & 0xff;
  }
  return bytes;
}
