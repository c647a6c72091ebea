import { isIP } from 'node:net';
import type { Socket } from 'bun';
import { decode, encode, Framer, PacketType } from '../../../packages/codec/mod.ts';
import { isLoopbackName, usesTls } from '../mqtt/target.ts';
import { serverNameOf } from '../mqtt/transport.ts';
import { ConnectionError, type Stage } from '../symptom.ts';
import { Outgoing } from './outgoing.ts';
import type { Endpoint } from './plan.ts';
import { hasUnread } from './unread.ts';
import { WebSocketLink } from './websocket-link.ts';

const packetBytesMax = 268_435_460;
/** Acknowledgements that wait for no more than this: it is what one TLS record takes. */
const answerBytesMax = 16_384;

/** What a client does with what comes. */
export interface ClientHandler {
  /** What has come on the connection is about to be given out. */
  reading(): void;
  /** Something has been read, and there may be more. Acknowledgements wait until `answer` is called. */
  received(client: Client): void;
  /** What was received has been answered. */
  settled(): void;
  /** A PUBLISH lies in the framer. */
  published(framer: Framer): void;
  /** A message of ours has arrived: PUBACK or PUBCOMP. */
  acknowledged(): void;
  /** More can be written again. */
  writable(): void;
  /** The connection is over before `end` was called. */
  failed(error: ConnectionError): void;
}

/** What a server allows in its CONNACK. */
export interface Allowed {
  readonly receiveMaximum: number;
  /** Seconds; 0 is none. */
  readonly keepAlive: number;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: ConnectionError) => void;
}

/** One MQTT connection as lean as a load wants it: no queue and no timers. */
export class Client {
  allowed: Allowed = { receiveMaximum: 65_535, keepAlive: 0 };
  readonly #endpoint: Endpoint;
  readonly #clientId: string;
  readonly #outgoing: Outgoing;
  readonly #handler: ClientHandler;
  /** Acknowledgements of what was received since `answer` was called last. */
  readonly #answers = new Outgoing(64);
  readonly #framer = new Framer(packetBytesMax);
  readonly #webSocket: WebSocketLink | null;
  #socket: Socket | null = null;
  #stage: Stage = 'tcp';
  #waiting: Waiting | null = null;
  #isOver = false;
  /** Bytes that the socket did not take. */
  #rest: Uint8Array | null = null;
  readonly #deliver = (bytes: Uint8Array): void => this.#receive(bytes);
  readonly #reply = (frame: Uint8Array): void => this.#writeRaw(frame, frame.length);

  private constructor(endpoint: Endpoint, clientId: string, outgoing: Outgoing, handler: ClientHandler) {
    const { target, tls, version } = endpoint;
    this.#endpoint = endpoint;
    this.#clientId = clientId;
    this.#outgoing = outgoing;
    this.#handler = handler;
    const name = serverNameOf(target, tls) ?? target.host;
    this.#webSocket = target.scheme.startsWith('ws')
      ? new WebSocketLink(
          `${isIP(name) === 6 ? `[${name}]` : name}:${target.port}`,
          target.path,
          version === 3 ? 'mqttv3.1' : 'mqtt',
        )
      : null;
  }

  /** Connects and logs in with a new session. @throws ConnectionError */
  static async open(endpoint: Endpoint, clientId: string, outgoing: Outgoing, handler: ClientHandler): Promise<Client> {
    const client = new Client(endpoint, clientId, outgoing, handler);
    const timer = setTimeout(
      () => client.#fail(new ConnectionError({ kind: 'timeout', stage: client.#stage })),
      endpoint.connectTimeoutMs,
    );
    try {
      await client.#until(() => client.#connect());
    } finally {
      clearTimeout(timer);
    }
    return client;
  }

  /** Subscribes to one filter. @throws ConnectionError where it is refused. */
  async subscribe(topicFilter: string, qos: 0 | 1 | 2): Promise<void> {
    await this.#until(() => {
      const subscription = { topicFilter, qos, noLocal: false, retainAsPublished: false, retainHandling: 2 } as const;
      this.send({ type: PacketType.SUBSCRIBE, packetIdentifier: 1, subscriptions: [subscription], properties: null });
    });
  }

  /** Whether the socket holds back bytes. */
  get isBlocked(): boolean {
    return this.#rest !== null;
  }

  /** Sends one packet at once. */
  send(packet: Parameters<typeof encode>[1]): void {
    this.#outgoing.put(encode(this.#endpoint.version, packet));
    this.flush();
  }

  /** Acknowledges what was received, in one write. */
  answer(): void {
    this.#write(this.#answers);
    this.#handler.settled();
  }

  /** Writes what stands in the outgoing buffer. */
  flush(): void {
    this.#write(this.#outgoing);
  }

  #write(outgoing: Outgoing): void {
    const { bytes, length } = outgoing;
    outgoing.length = 0;
    if (length === 0 || this.#isOver) return;
    if (this.#webSocket === null) this.#writeRaw(bytes, length);
    else {
      const frame = this.#webSocket.frame(bytes.subarray(0, length));
      this.#writeRaw(frame, frame.length);
    }
  }

  /** Says DISCONNECT and closes. */
  end(): void {
    if (this.#isOver) return;
    this.send({ type: PacketType.DISCONNECT, reasonCode: 0, properties: null });
    this.#isOver = true;
    this.#socket?.end();
  }

  #writeRaw(bytes: Uint8Array, length: number): void {
    if (this.#rest !== null) {
      this.#rest = Buffer.concat([this.#rest, bytes.subarray(0, length)]);
      return;
    }
    const written = Math.max(0, this.#socket?.write(bytes, 0, length) ?? 0);
    if (written < length) this.#rest = bytes.slice(written, length);
  }

  #drained(): void {
    const rest = this.#rest;
    this.#rest = null;
    if (rest !== null) this.#writeRaw(rest, rest.length);
    if (this.#rest === null) this.#handler.writable();
  }

  #until(start: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      start();
    });
  }

  #done(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve();
  }

  #fail(error: ConnectionError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket?.terminate();
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting === null) this.#handler.failed(error);
    else waiting.reject(error);
  }

  get #sent(): { tls: boolean; serverName: boolean } {
    const { target, tls } = this.#endpoint;
    return { tls: usesTls(target.scheme), serverName: serverNameOf(target, tls) !== null };
  }

  #systemFailure(error: Error & { code?: string }): void {
    const { code = 'unknown', message } = error;
    this.#fail(
      new ConnectionError({ kind: 'system', code, stage: this.#stage, message, sent: this.#sent }, { cause: error }),
    );
  }

  #connect(): void {
    const { target, tls } = this.#endpoint;
    const isTls = usesTls(target.scheme);
    const serverName = serverNameOf(target, tls);
    Bun.connect({
      hostname: isLoopbackName(target.host) ? '127.0.0.1' : target.host,
      port: target.port,
      ...(isTls
        ? {
            tls: {
              rejectUnauthorized: !tls.insecure,
              ...(serverName === null ? {} : { serverName }),
              ...(tls.ca === null ? {} : { ca: [...tls.ca] }),
            },
          }
        : {}),
      socket: {
        open: (socket) => {
          this.#socket = socket;
          if (this.#isOver) socket.terminate();
          else if (isTls) this.#stage = 'tls';
          else this.#opened();
        },
        handshake: (_socket, _success, error) => {
          if (error !== null && !tls.insecure) this.#systemFailure(error);
          else this.#opened();
        },
        data: (_socket, chunk) => this.#data(chunk),
        drain: () => this.#drained(),
        end: (socket) => void socket.end(),
        close: () => this.#fail(new ConnectionError({ kind: 'closed', stage: this.#stage, tls: isTls })),
        error: (_socket, error) => this.#systemFailure(error),
        connectError: (_socket, error) => this.#systemFailure(error),
      },
    }).catch((error: Error) => this.#systemFailure(error));
  }

  #opened(): void {
    if (this.#isOver) return;
    this.#socket?.setNoDelay(true);
    if (this.#webSocket === null) this.#logIn();
    else {
      this.#stage = 'upgrade';
      this.#writeRaw(this.#webSocket.request, this.#webSocket.request.length);
    }
  }

  #logIn(): void {
    this.#stage = 'connack';
    const { version, username, password } = this.#endpoint;
    this.send({
      type: PacketType.CONNECT,
      version,
      bridge: false,
      cleanStart: true,
      keepAlive: 0,
      clientId: this.#clientId,
      will: null,
      username,
      password: password === null ? null : new TextEncoder().encode(password),
      properties: null,
    });
  }

  #data(chunk: Buffer): void {
    if (this.#isOver) return;
    try {
      if (this.#webSocket === null) this.#receive(chunk);
      else {
        this.#webSocket.receive(chunk, this.#deliver, this.#reply);
        if (this.#webSocket.upgraded && this.#stage === 'upgrade') this.#logIn();
      }
      if (this.#answers.length < answerBytesMax && this.#mayHaveMore()) this.#handler.received(this);
      else this.answer();
    } catch (error) {
      this.#outgoing.length = 0;
      if (error instanceof ConnectionError) this.#fail(error);
      else this.#fail(new ConnectionError({ kind: 'foreign', protocol: 'other' }, { cause: error }));
    }
  }

  #mayHaveMore(): boolean {
    return this.#socket === null || hasUnread(this.#socket) !== false;
  }

  #receive(bytes: Uint8Array): void {
    this.#handler.reading();
    const framer = this.#framer;
    framer.push(bytes);
    while (framer.next()) this.#handle(framer);
    framer.release();
  }

  #handle(framer: Framer): void {
    const { header, buffer, bodyStart } = framer;
    switch (header >> 4) {
      case PacketType.PUBLISH:
        this.#handler.published(framer);
        this.#acknowledge(framer);
        return;
      case PacketType.PUBACK:
      case PacketType.PUBCOMP:
        this.#judge(framer);
        this.#handler.acknowledged();
        return;
      case PacketType.PUBREC:
        this.#judge(framer);
        this.#answers.putAck(0x62, buffer[bodyStart] ?? 0, buffer[bodyStart + 1] ?? 0);
        return;
      case PacketType.PUBREL:
        this.#answers.putAck(0x70, buffer[bodyStart] ?? 0, buffer[bodyStart + 1] ?? 0);
        return;
      default:
        this.#control(framer);
    }
  }

  /** Puts PUBACK or PUBREC for the PUBLISH in the framer, as its QoS wants. */
  #acknowledge({ header, buffer, bodyStart }: Framer): void {
    const qos = (header >> 1) & 3;
    if (qos === 0) return;
    const at = bodyStart + 2 + (((buffer[bodyStart] ?? 0) << 8) | (buffer[bodyStart + 1] ?? 0));
    this.#answers.putAck(qos === 1 ? 0x40 : 0x50, buffer[at] ?? 0, buffer[at + 1] ?? 0);
  }

  /** @throws ConnectionError for a Reason Code that refuses the message. */
  #judge({ buffer, bodyStart, end }: Framer): void {
    const code = end - bodyStart > 2 ? (buffer[bodyStart + 2] ?? 0) : 0;
    if (code >= 0x80) throw new ConnectionError({ kind: 'publish', code, reasonString: null });
  }

  /** The packets that are not part of the load. */
  #control(framer: Framer): void {
    const { version, username } = this.#endpoint;
    const packet = decode(version, framer.header, framer.buffer, framer.bodyStart, framer.end);
    switch (packet.type) {
      case PacketType.CONNACK: {
        const { reasonCode: code, properties } = packet;
        const reasonString = properties?.reasonString ?? null;
        const sent = { username: username !== null, ...this.#sent };
        if (code !== 0) throw new ConnectionError({ kind: 'connack', version, code, reasonString, sent });
        this.#stage = 'open';
        this.allowed = {
          receiveMaximum: properties?.receiveMaximum ?? 65_535,
          keepAlive: properties?.serverKeepAlive ?? 0,
        };
        this.#done();
        return;
      }
      case PacketType.SUBACK: {
        const code = packet.reasonCodes[0] ?? 0x80;
        const reasonString = packet.properties?.reasonString ?? null;
        if (code >= 0x80)
          throw new ConnectionError({ kind: 'subscribe', version, code, reasonString, topicFilter: '' });
        this.#done();
        return;
      }
      case PacketType.DISCONNECT:
        throw new ConnectionError({
          kind: 'disconnect',
          code: packet.reasonCode,
          reasonString: packet.properties?.reasonString ?? null,
        });
      default:
    }
  }
}
