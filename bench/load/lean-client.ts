import type { Socket } from 'bun';
import { Framer } from '../../packages/codec/mod.ts';
import { connectPacket, disconnectPacket, packet, publishPacket, subscribePacket } from '../../testkit/packets.ts';
import type { Target } from './target.ts';

const packetBytesMax = 1024 * 1024;
const connectMs = 60_000;
const version = 4;

/** Who a client is, and what it subscribes to as soon as it is accepted. */
export interface LeanClientOptions {
  readonly clientId: string;
  readonly clean: boolean;
  readonly subscriptions: readonly { readonly filter: string; readonly qos: number }[];
  /** The connection is over, whoever ended it. */
  readonly ended: () => void;
}

/** A lean TLS client (MQTT 3.1.1) that answers what it gets and counts it. */
export class LeanClient {
  received = 0;
  /** Set by whoever ends it: what ends without that was ended by the service. */
  isWanted = true;
  readonly #options: LeanClientOptions;
  readonly #framer = new Framer(packetBytesMax);
  readonly #accepted = Promise.withResolvers<void>();
  #socket: Socket | null = null;
  #rest: Uint8Array | null = null;
  #outgoing: Uint8Array[] = [];
  #identifier = 0;
  #isPaused = false;
  #changed = Promise.withResolvers<void>();
  /** SUBSCRIBE packets, and their SUBACKs. */
  #asked: number;
  #answered = 0;
  /** PUBLISH packets of QoS 1 and 2, and those that are acknowledged to the end. */
  #owed = 0;
  #settled = 0;

  private constructor(options: LeanClientOptions) {
    this.#options = options;
    this.#asked = options.subscriptions.length;
    this.#accepted.promise.catch(() => undefined);
  }

  /** Connects and subscribes; resolves with CONNACK. @throws Error where the service does not accept it. */
  static async connect(target: Target, options: LeanClientOptions): Promise<LeanClient> {
    const client = new LeanClient(options);
    const { username, password } = target;
    const { clientId, clean } = options;
    const greeting = [
      connectPacket({ version, clientId, username, password, clean, keepAlive: 0 }),
      ...options.subscriptions.map(({ filter, qos }, index) => subscribePacket(version, index + 1, filter, qos)),
    ];
    const timer = setTimeout(() => client.#accepted.reject(new Error('no CONNACK')), connectMs);
    try {
      await Bun.connect({
        hostname: '127.0.0.1',
        port: target.port,
        tls: { serverName: target.serverName ?? 'localhost', rejectUnauthorized: false },
        socket: {
          open: (socket) => void (client.#socket = socket),
          handshake: () => client.#write(Buffer.concat(greeting)),
          data: (_socket, bytes) => client.#data(bytes),
          drain: () => client.#flushRest(),
          close: () => client.#closed(),
          error: () => undefined,
        },
      });
      await client.#accepted.promise;
    } finally {
      clearTimeout(timer);
    }
    return client;
  }

  publish(topic: string, payload: string, qos: 0 | 1 | 2, retain = false): void {
    if (qos > 0) this.#owed++;
    this.#write(publishPacket(version, { topic, payload, qos, retain, packetIdentifier: this.#nextIdentifier() }));
  }

  /** Subscribes to one more filter. */
  subscribe(filter: string, qos: number): void {
    this.#asked++;
    this.#write(subscribePacket(version, this.#nextIdentifier(), filter, qos));
  }

  /** Resolves when every SUBSCRIBE has its SUBACK. */
  async subscribed(): Promise<void> {
    while (this.#answered < this.#asked) await this.#progress();
  }

  /** Resolves when every PUBLISH of QoS 1 and 2 is acknowledged to the end. */
  async acknowledged(): Promise<void> {
    while (this.#settled < this.#owed) await this.#progress();
  }

  /** Reads nothing any more, or goes on reading. */
  setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#socket?.pause();
    else this.#socket?.resume();
  }

  /** DISCONNECT, then the end in order. */
  end(): void {
    this.isWanted = false;
    this.#write(disconnectPacket);
    this.#socket?.end();
  }

  /** Cuts the connection without a word. */
  cut(): void {
    this.isWanted = false;
    this.#socket?.terminate();
  }

  #nextIdentifier(): number {
    this.#identifier = this.#identifier === 65_535 ? 1 : this.#identifier + 1;
    return this.#identifier;
  }

  #progress(): Promise<void> {
    if (this.#socket === null) throw new Error(`the connection of ${this.#options.clientId} is over`);
    return this.#changed.promise;
  }

  #tell(): void {
    const told = this.#changed;
    this.#changed = Promise.withResolvers();
    told.resolve();
  }

  #closed(): void {
    this.#tell();
    this.#accepted.reject(new Error('closed before CONNACK'));
    this.#socket = null;
    this.#options.ended();
  }

  #data(bytes: Uint8Array): void {
    const framer = this.#framer;
    framer.push(bytes);
    while (framer.next()) this.#handle(framer);
    framer.release();
    this.#tell();
    if (this.#outgoing.length === 0) return;
    const answers = Buffer.concat(this.#outgoing);
    this.#outgoing = [];
    this.#write(answers);
  }

  #handle({ header, buffer, bodyStart }: Framer): void {
    const type = header >> 4;
    const at = (offset: number) => buffer[bodyStart + offset] ?? 0;
    if (type === 2 && at(1) === 0) this.#accepted.resolve();
    else if (type === 2) this.#accepted.reject(new Error(`CONNACK ${at(1)}`));
    else if (type === 3) {
      this.received++;
      const qos = (header >> 1) & 3;
      const identifierAt = 2 + ((at(0) << 8) | at(1));
      if (qos > 0) this.#answer(qos === 1 ? 0x40 : 0x50, at(identifierAt), at(identifierAt + 1));
    } else if (type === 9) this.#answered++;
    else if (type === 4 || type === 7) this.#settled++;
    else if (type === 5) this.#answer(0x62, at(0), at(1));
    else if (type === 6) this.#answer(0x70, at(0), at(1));
  }

  #answer(header: number, high: number, low: number): void {
    this.#outgoing.push(packet(header, Uint8Array.of(high, low)));
  }

  #write(bytes: Uint8Array): void {
    if (this.#rest !== null) {
      this.#rest = Buffer.concat([this.#rest, bytes]);
      return;
    }
    const taken = Math.max(0, this.#socket?.write(bytes) ?? bytes.length);
    if (taken < bytes.length) this.#rest = bytes.slice(taken);
  }

  #flushRest(): void {
    const rest = this.#rest;
    this.#rest = null;
    if (rest !== null) this.#write(rest);
  }
}
