import { createHash, randomBytes } from 'node:crypto';
import { ConnectionError } from '../symptom.ts';
import { encodeFrame, FrameReader, Opcode } from '../mqtt/websocket-frame.ts';

const headBytesMax = 64 * 1024;

/** The client's half of a WebSocket on an open socket: the upgrade, then frames. Moves no bytes itself. */
export class WebSocketLink {
  /** The upgrade request. */
  readonly request: Uint8Array;
  /** Whether the server has agreed to the upgrade. */
  upgraded = false;
  readonly #accept: string;
  #head: Buffer = Buffer.alloc(0);
  #deliver: (bytes: Uint8Array) => void = () => {};
  #reply: (frame: Uint8Array) => void = () => {};
  #closed: ConnectionError | null = null;
  readonly #reader = new FrameReader(({ opcode, payload }) => {
    if (opcode === Opcode.binary || opcode === Opcode.continuation) this.#deliver(payload);
    else if (opcode === Opcode.ping) this.#reply(encodeFrame(Opcode.pong, payload));
    else if (opcode === Opcode.close) {
      const status = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.#closed = new ConnectionError({ kind: 'websocket', status, reason: payload.toString('utf8', 2) });
    }
  });

  constructor(hostHeader: string, path: string, subprotocol: string) {
    const key = randomBytes(16).toString('base64');
    this.#accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: ${hostHeader}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${key}`,
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Protocol: ${subprotocol}`,
    ];
    this.request = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
  }

  /** A frame around packets. */
  frame(bytes: Uint8Array): Uint8Array {
    return encodeFrame(Opcode.binary, bytes);
  }

  /**
   * Takes bytes of the socket.
   * @param deliver gets the bytes of MQTT inside.
   * @param reply gets frames that go back at once.
   * @throws ConnectionError where the upgrade is refused, frames are wrong, or the server closes.
   */
  receive(chunk: Buffer, deliver: (bytes: Uint8Array) => void, reply: (frame: Uint8Array) => void): void {
    this.#deliver = deliver;
    this.#reply = reply;
    const frames = this.upgraded ? chunk : this.#readHead(chunk);
    if (frames === null) return;
    if (!this.#reader.read(frames)) {
      throw new ConnectionError({
        kind: 'websocket',
        status: 1002,
        reason: 'the server sent a frame that is not allowed',
      });
    }
    if (this.#closed !== null) throw this.#closed;
  }

  /** @returns what followed the head; null while it is not complete. */
  #readHead(chunk: Buffer): Buffer | null {
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf('\r\n\r\n');
    if (end === -1) {
      if (this.#head.length > headBytesMax) throw new ConnectionError({ kind: 'foreign', protocol: 'other' });
      return null;
    }
    const [statusLine = '', ...headers] = this.#head.toString('latin1', 0, end).split('\r\n');
    const rest = this.#head.subarray(end + 4);
    const accepts = headers.some(
      (line) => line.toLowerCase().startsWith('sec-websocket-accept:') && line.trimEnd().endsWith(this.#accept),
    );
    const status = Number(statusLine.split(' ')[1]);
    if (status !== 101 || !accepts) {
      throw new ConnectionError({ kind: 'http', status, body: rest.toString('utf8') });
    }
    this.upgraded = true;
    this.#head = Buffer.alloc(0);
    return rest;
  }
}
