import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { within } from './deadline.ts';
import { maskedFrame, opcode, takeFrame, upgradeRequest } from './websocket-frames.ts';

const deadlineMs = 5_000;

/** Where to connect and how. */
export interface RawOptions {
  readonly transport: 'tcp' | 'tls' | 'ws' | 'wss';
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Address to connect from; any of 127.0.0.0/8 on Linux. */
  readonly localAddress?: string;
  /** SNI; null sends none. Default `localhost`. */
  readonly serverName?: string | null;
  /** PEM of the CA; without it the server's certificate is not checked. */
  readonly ca?: string;
  /** WebSocket: default `/mqtt`. */
  readonly path?: string;
  /** WebSocket: `Sec-WebSocket-Protocol` as written; null leaves it out. Default `mqtt`. */
  readonly protocols?: string | null;
  /** WebSocket: the Host header. Default `localhost`. */
  readonly hostHeader?: string;
  /** ALPN protocols to offer. Default none. */
  readonly alpn?: readonly string[];
}

/** How the server ended the connection. */
export type Ending = 'closed' | 'reset';

/**
 * A client that knows bytes only, for black-box tests: it sends what it is told, right or wrong,
 * and cuts what comes into MQTT packets by their Remaining Length.
 */
export class RawClient implements AsyncDisposable {
  readonly socket: Socket | TLSSocket;
  #webSocket = false;
  #bytes = new Uint8Array(0);
  #frames = new Uint8Array(0);
  #ending: Ending | null = null;
  #wake: PromiseWithResolvers<void> = Promise.withResolvers<void>();

  private constructor(socket: Socket | TLSSocket) {
    this.socket = socket;
    socket.on('data', (chunk: Uint8Array) => this.#received(chunk));
    socket.on('error', () => this.#ended('reset'));
    socket.on('close', () => this.#ended('closed'));
    socket.on('end', () => this.#ended('closed'));
  }

  /** Connects, through TLS and the WebSocket upgrade where asked for. @throws Error where that fails. */
  static async connect(options: RawOptions): Promise<RawClient> {
    const client = new RawClient(await openSocket(options));
    if (options.transport === 'ws' || options.transport === 'wss') await client.#upgrade(options);
    return client;
  }

  /** Sends bytes (hex with blanks, or raw text where it is not hex), in one binary frame over WebSocket. */
  send(bytes: Uint8Array | string): void {
    const data = typeof bytes === 'string' ? parseBytes(bytes) : bytes;
    this.socket.write(this.#webSocket ? maskedFrame(data) : data);
  }

  /** Sends bytes as they are, below WebSocket framing. */
  sendRaw(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next MQTT packet, whole. @throws Error at the deadline, or where the connection ends first. */
  async nextPacket(milliseconds = deadlineMs): Promise<Uint8Array> {
    for (;;) {
      const packet = this.#takePacket();
      if (packet !== null) return packet;
      if (this.#ending !== null) throw new Error(`the connection was ${this.#ending} while a packet was awaited`);
      await within('a packet', milliseconds, this.#wake.promise);
    }
  }

  /**
   * Takes the next packet and compares it with a pattern of hex bytes, in which `..` stands for any byte and a
   * `*` at the end for any rest: `20 .. 00 00 *`. @throws Error that shows both. @returns the packet.
   */
  async expect(pattern: string, milliseconds = deadlineMs): Promise<Uint8Array> {
    const packet = await this.nextPacket(milliseconds);
    if (!matches(packet, pattern)) throw new Error(`expected ${pattern}\n     got ${hex(packet)}`);
    return packet;
  }

  /** Waits until the server has ended the connection; packets that came before stay to be read. */
  async closed(milliseconds = deadlineMs): Promise<Ending> {
    while (this.#ending === null) await within('the end of the connection', milliseconds, this.#wake.promise);
    return this.#ending;
  }

  /** Whether the server has ended the connection. */
  get isClosed(): boolean {
    return this.#ending !== null;
  }

  /** Ends in order (FIN, after close_notify on TLS). */
  end(): void {
    this.socket.end();
  }

  /** Ends with a reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.closed) return;
    const closed = once(this.socket, 'close');
    this.socket.destroy();
    await closed;
  }

  async #upgrade(options: RawOptions): Promise<void> {
    const { text, accept } = upgradeRequest({
      host: options.hostHeader ?? 'localhost',
      path: options.path ?? '/mqtt',
      protocols: options.protocols === undefined ? 'mqtt' : options.protocols,
    });
    this.socket.write(text);
    const head = await this.#head();
    if (!head.startsWith('HTTP/1.1 101 ') || !head.includes(accept)) {
      this.socket.destroy();
      throw new Error(`the upgrade was answered with: ${head}`);
    }
    this.#webSocket = true;
    const early = this.#bytes;
    this.#bytes = new Uint8Array(0);
    this.#received(early);
  }

  async #head(): Promise<string> {
    for (;;) {
      const text = Buffer.from(this.#bytes).toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end !== -1) {
        this.#bytes = this.#bytes.slice(end + 4);
        return text.slice(0, end);
      }
      if (this.#ending !== null) throw new Error(`the connection was ${this.#ending} during the upgrade`);
      await within('the answer to the upgrade', deadlineMs, this.#wake.promise);
    }
  }

  #received(chunk: Uint8Array): void {
    if (!this.#webSocket) {
      this.#bytes = joined(this.#bytes, chunk);
    } else {
      this.#frames = joined(this.#frames, chunk);
      for (let taken = takeFrame(this.#frames); taken !== null; taken = takeFrame(this.#frames)) {
        this.#frames = new Uint8Array(taken.rest);
        if (taken.frame.opcode === opcode.close) this.#ended('closed');
        else if (taken.frame.opcode === opcode.ping)
          this.socket.write(maskedFrame(taken.frame.payload, { opcode: opcode.pong }));
        else if (taken.frame.opcode <= opcode.binary) this.#bytes = joined(this.#bytes, taken.frame.payload);
      }
    }
    this.#notify();
  }

  #ended(ending: Ending): void {
    this.#ending ??= ending;
    this.#notify();
  }

  #notify(): void {
    const woken = this.#wake;
    this.#wake = Promise.withResolvers<void>();
    woken.resolve();
  }

  #takePacket(): Uint8Array | null {
    let length = 0;
    for (let index = 1; index <= 4; index += 1) {
      const byte = this.#bytes[index];
      if (byte === undefined) return null;
      length += (byte & 0x7f) * 128 ** (index - 1);
      if (byte >= 0x80) continue;
      const end = index + 1 + length;
      if (this.#bytes.length < end) return null;
      const packet = this.#bytes.slice(0, end);
      this.#bytes = this.#bytes.subarray(end);
      return packet;
    }
    throw new Error(`no MQTT packet: ${hex(this.#bytes.slice(0, 16))}`);
  }
}

/** Bytes as two hex digits each, with blanks between. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** Whether bytes fit a pattern; see `RawClient.expect`. */
export function matches(bytes: Uint8Array, pattern: string): boolean {
  const wanted = pattern.trim().split(/\s+/);
  const open = wanted.at(-1) === '*';
  if (open) wanted.pop();
  if (open ? bytes.length < wanted.length : bytes.length !== wanted.length) return false;
  return wanted.every((byte, index) => byte === '..' || Number.parseInt(byte, 16) === bytes[index]);
}

function parseBytes(text: string): Uint8Array {
  return /^[0-9a-f\s]*$/i.test(text) ? Buffer.from(text.replaceAll(/\s/g, ''), 'hex') : Buffer.from(text, 'latin1');
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

async function openSocket(options: RawOptions): Promise<Socket | TLSSocket> {
  const host = options.host ?? '127.0.0.1';
  const from = options.localAddress === undefined ? {} : { localAddress: options.localAddress };
  if (options.transport === 'tcp' || options.transport === 'ws') {
    const socket = connectTcp({ host, port: options.port, ...from });
    await within('a TCP connection', deadlineMs, once(socket, 'connect'));
    return socket;
  }
  const serverName = options.serverName === undefined ? 'localhost' : options.serverName;
  const socket = connectTls({
    host,
    port: options.port,
    ...from,
    ...(serverName === null ? {} : { servername: serverName }),
    ...(options.ca === undefined ? { rejectUnauthorized: false } : { ca: options.ca }),
    ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
  });
  await within('a TLS connection', deadlineMs, once(socket, 'secureConnect'));
  return socket;
}
