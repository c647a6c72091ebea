import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { ConnectionError } from '../symptom.ts';
import { FrameReader, Opcode, encodeFrame, type Frame } from './websocket-frame.ts';

/** One WebSocket upgrade. */
export interface UpgradeRequest {
  /** Host header, with the port. */
  readonly host: string;
  readonly path: string;
  /** `mqtt`, or `mqttv3.1` for MQTT 3.1. */
  readonly subprotocol: string;
  /** What carries the connection, for diagnosis. */
  readonly sent: { readonly tls: boolean; readonly serverName: boolean };
  readonly timeoutMs: number;
}

/** Longest HTTP answer that is read. */
const headBytesMax = 64 * 1024;

/** What a server answered to an upgrade. */
export interface UpgradeAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** What came behind the head, text where the upgrade was refused. */
  readonly body: Buffer;
  /** The byte stream inside; null where the upgrade was refused, and the connection is closed then. */
  readonly stream: Duplex | null;
}

/**
 * Upgrades an open connection to WebSocket (RFC 6455 section 4.1) and gives the byte stream inside.
 * @throws ConnectionError, with the HTTP status where the server answered with one.
 */
export async function upgradeToWebSocket(socket: Socket, request: UpgradeRequest): Promise<Duplex> {
  const { status, body, stream } = await requestUpgrade(socket, request);
  if (stream === null) throw new ConnectionError({ kind: 'http', status, body: body.toString('utf8') });
  return stream;
}

/** The same, with all that the server answered, a refusal too. @throws ConnectionError where no answer in HTTP came. */
export async function requestUpgrade(socket: Socket, request: UpgradeRequest): Promise<UpgradeAnswer> {
  const key = randomBytes(16).toString('base64');
  socket.write(
    [
      `GET ${request.path} HTTP/1.1`,
      `Host: ${request.host}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${key}`,
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Protocol: ${request.subprotocol}`,
      '',
      '',
    ].join('\r\n'),
  );
  const { status, headers, rest } = await readAnswer(socket, request);
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  if (status !== 101 || headers.get('sec-websocket-accept') !== accept) {
    socket.destroy();
    return { status, headers, body: rest, stream: null };
  }
  if (rest.length > 0) socket.unshift(rest);
  return { status, headers, body: rest, stream: new WebSocketStream(socket) };
}

interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** What followed the head. */
  readonly rest: Buffer;
}

function readAnswer(socket: Socket, { timeoutMs, sent }: UpgradeRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const fail = (error: ConnectionError): void => {
      finish();
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const tryFinish = (ended: boolean): void => {
      const answer = parseAnswer(received);
      if (answer !== null && (ended || isComplete(answer))) {
        finish();
        resolve(answer);
      } else if (ended) fail(new ConnectionError({ kind: 'closed', stage: 'upgrade', tls: sent.tls }));
    };
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      if (!'HTTP/1.'.startsWith(received.toString('latin1', 0, 7)) || received.length > headBytesMax) {
        fail(new ConnectionError({ kind: 'foreign', protocol: 'other' }));
      } else tryFinish(false);
    };
    const onEnd = (): void => tryFinish(true);
    const onError = (error: Error & { code?: string }): void =>
      fail(
        new ConnectionError(
          { kind: 'system', code: error.code ?? 'unknown', stage: 'upgrade', message: error.message, sent },
          { cause: error },
        ),
      );
    const timer = setTimeout(() => fail(new ConnectionError({ kind: 'timeout', stage: 'upgrade' })), timeoutMs);
    const finish = (): void => {
      clearTimeout(timer);
      socket.pause();
      socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError);
    };
    socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError);
  });
}

function parseAnswer(received: Buffer): HttpAnswer | null {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const [statusLine = '', ...lines] = received.toString('latin1', 0, end).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { status, headers, rest: received.subarray(end + 4) };
}

/** Whether the body, which may say why, has come. */
function isComplete(answer: HttpAnswer): boolean {
  if (answer.status === 101) return true;
  const length = Number(answer.headers.get('content-length') ?? Number.NaN);
  return Number.isInteger(length) && answer.rest.length >= length;
}

/** The byte stream inside a WebSocket: writes become binary frames, data of binary frames comes out. */
class WebSocketStream extends Duplex {
  readonly #socket: Socket;
  readonly #reader: FrameReader;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    this.#reader = new FrameReader((frame) => this.#handle(frame));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
    // After destroy a pending read error has nowhere to go.
    socket.on('end', () => this.push(null));
    socket.resume();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#socket.write(encodeFrame(Opcode.binary, chunk), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.end(encodeFrame(Opcode.close, Buffer.from([0x03, 0xe8])), () => callback());
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket.destroy();
    callback(error);
  }

  #receive(chunk: Buffer): void {
    if (!this.#reader.read(chunk)) this.destroy(closedBy(1002, 'the server sent a frame that is not allowed'));
  }

  #handle(frame: Frame): void {
    switch (frame.opcode) {
      case Opcode.binary:
      case Opcode.continuation:
        if (!this.push(frame.payload)) this.#socket.pause();
        return;
      case Opcode.ping:
        this.#socket.write(encodeFrame(Opcode.pong, frame.payload));
        return;
      case Opcode.pong:
        return;
      case Opcode.close:
        this.#closed(frame.payload);
        return;
      default:
        this.destroy(closedBy(1003, 'the server sent a text frame'));
    }
  }

  #closed(payload: Buffer): void {
    const status = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    const isOrdinary = status === 1000 || status === 1001 || status === 1005;
    if (isOrdinary) this.push(null);
    else this.destroy(closedBy(status, payload.toString('utf8', 2)));
  }
}

/** Carries a code, because MQTT.js passes on only errors that have one. */
function closedBy(status: number, reason: string): ConnectionError {
  return Object.assign(new ConnectionError({ kind: 'websocket', status, reason }), { code: 'WEBSOCKET_CLOSED' });
}
