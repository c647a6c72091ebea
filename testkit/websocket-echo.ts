import type { Socket, TCPSocketListener } from 'bun';
import type { LayerHost } from '../apps/server/edge/layer.ts';
import { defaultEdgeLimits } from '../apps/server/edge/options.ts';
import { writeFrameHeader } from '../apps/server/edge/websocket/frame-header.ts';
import { WebSocketLayer } from '../apps/server/edge/websocket/web-socket-layer.ts';

const endOfHead = '\r\n\r\n';
const headerBytesMax = 10;
const textOpcode = 1;
const binaryOpcode = 2;

/**
 * An echo server for suites of WebSocket tests, on the WebSocket layer of the edge. What MQTT asks for beyond RFC 6455 is
 * bridged: path and subprotocol are put into the request, and a text message is shown to the layer as a binary one, which
 * is sent back as text. Frames are otherwise as they came.
 */
export class WebSocketEcho implements Disposable {
  readonly #listener: TCPSocketListener<EchoConnection>;

  constructor() {
    this.#listener = Bun.listen<EchoConnection>({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        open: (socket) => {
          socket.data = new EchoConnection(socket);
        },
        data: (socket, bytes) => socket.data.received(bytes),
        drain: (socket) => socket.data.flush(),
        close: () => undefined,
        error: () => undefined,
      },
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }
}

class EchoConnection implements LayerHost {
  readonly #socket: Socket<EchoConnection>;
  readonly #layer = new WebSocketLayer(this, defaultEdgeLimits);
  readonly #frames = new FrameWalk();
  #head: string | null = '';
  #message: Uint8Array[] = [];
  #unsent: Uint8Array[] = [];
  #ended = false;

  constructor(socket: Socket<EchoConnection>) {
    this.#socket = socket;
  }

  get writable(): boolean {
    return this.#unsent.length === 0;
  }

  received(bytes: Uint8Array): void {
    if (this.#ended) return;
    let rest = bytes;
    if (this.#head !== null) {
      this.#head += Buffer.from(bytes).toString('latin1');
      const end = this.#head.indexOf(endOfHead);
      if (end === -1) return;
      const request = this.#head
        .slice(0, end)
        .replace(/^GET \S+/, 'GET /mqtt')
        .concat('\r\nSec-WebSocket-Protocol: mqtt', endOfHead);
      rest = new Uint8Array(Buffer.from(this.#head.slice(end + endOfHead.length), 'latin1'));
      this.#head = null;
      this.#layer.receive(new Uint8Array(Buffer.from(request, 'latin1')));
    }
    for (const { piece, ends } of this.#frames.walk(rest)) {
      if (this.#ended) return;
      this.#layer.receive(piece.slice());
      if (ends !== null) this.#echo(ends);
    }
  }

  #echo(opcode: number): void {
    if (this.#ended) return;
    const payload = Buffer.concat(this.#message);
    this.#message = [];
    const frame = new Uint8Array(headerBytesMax + payload.length);
    const start = writeFrameHeader(frame, headerBytesMax, payload.length);
    frame[start] = ((frame[start] ?? 0) & 0xf0) | opcode;
    frame.set(payload, headerBytesMax);
    this.sendRaw(frame.subarray(start));
  }

  /** Writes what waits, as far as the socket takes it. */
  flush(): void {
    for (let next = this.#unsent[0]; next !== undefined; next = this.#unsent[0]) {
      const written = this.#socket.write(next);
      if (written < next.length) {
        this.#unsent[0] = next.subarray(Math.max(0, written));
        return;
      }
      this.#unsent.shift();
    }
    if (this.#ended) this.#socket.end();
    else this.#layer.drained();
  }

  // What the layer does.

  open(): void {}

  startFraming(): void {}

  deliver(bytes: Uint8Array): void {
    this.#message.push(bytes.slice());
  }

  sendRaw(bytes: Uint8Array): void {
    const text = this.#frames.begun ? null : Buffer.from(bytes).toString('latin1');
    const answer = text?.replace('Sec-WebSocket-Protocol: mqtt\r\n', '');
    const wasEmpty = this.writable;
    this.#unsent.push(answer === undefined ? bytes.slice() : new Uint8Array(Buffer.from(answer, 'latin1')));
    if (wasEmpty) this.flush();
  }

  refuse(_fault: string, _detail: string, response: Uint8Array | null): void {
    if (response !== null) this.#unsent.push(response);
    this.#end();
  }

  fail(): void {
    this.#end();
  }

  peerFinished(): void {
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.flush();
  }
}

/** Finds where frames begin and end, so that a message can be sent back when its last byte is there. */
class FrameWalk {
  /** Whether a frame has come. */
  begun = false;
  readonly #header: number[] = [];
  #left = 0;
  #messageOpcode = binaryOpcode;

  /** The bytes in pieces; `ends` is the opcode of a message that ends with the piece. Text is made binary. */
  *walk(bytes: Uint8Array): Generator<{ readonly piece: Uint8Array; readonly ends: number | null }> {
    for (let at = 0; at < bytes.length;) {
      this.begun = true;
      if (this.#left === 0) {
        const byte = bytes[at++] ?? 0;
        this.#header.push(byte);
        const isFirst = this.#header.length === 1;
        const isText = isFirst && (byte & 0x0f) === textOpcode;
        if (isFirst && (byte & 0x0f) !== 0 && (byte & 0x08) === 0)
          this.#messageOpcode = isText ? textOpcode : binaryOpcode;
        const length = this.#payloadLength();
        if (length !== null) this.#left = length;
        yield { piece: Uint8Array.of(isText ? byte + 1 : byte), ends: length === 0 ? this.#end() : null };
        continue;
      }
      const piece = bytes.subarray(at, at + this.#left);
      at += piece.length;
      this.#left -= piece.length;
      yield { piece, ends: this.#left === 0 ? this.#end() : null };
    }
  }

  /** Of the payload, once the header is whole; else null. */
  #payloadLength(): number | null {
    const header = Uint8Array.from(this.#header);
    const second = header[1] ?? 0;
    const short = second & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    if (header.length < 2 + lengthBytes + (second & 0x80 ? 4 : 0) || header.length < 2) return null;
    const view = new DataView(header.buffer);
    if (lengthBytes === 0) return short;
    return lengthBytes === 2 ? view.getUint16(2) : view.getUint32(2) * 2 ** 32 + view.getUint32(6);
  }

  #end(): number | null {
    const first = this.#header[0] ?? 0;
    this.#header.length = 0;
    const endsMessage = (first & 0x88) === 0x80;
    return endsMessage ? this.#messageOpcode : null;
  }
}
