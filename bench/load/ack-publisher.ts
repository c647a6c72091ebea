import type { Socket } from 'bun';
import { connectPacket, publishPacket } from '../../testkit/packets.ts';
import type { Target } from './target.ts';

const connackBytes = 4;
const pubackBytes = 4;

/** PUBLISH packets made beforehand, one for each topic, all of one length; publishers share them. */
export interface Packets {
  readonly list: readonly Uint8Array[];
  readonly length: number;
  readonly identifierAt: number;
}

/** QoS 1 packets of MQTT 3.1.1. @throws Error where the topics are not equally long. */
export function packetsFor(topics: readonly string[], payloadBytes: number, retain = false): Packets {
  const payload = 'x'.repeat(payloadBytes);
  const list = topics.map((topic) => publishPacket(4, { topic, payload, qos: 1, retain }));
  const length = list[0]?.length ?? 0;
  if (list.some((packet) => packet.length !== length)) throw new Error('the topics differ in length');
  return { list, length, identifierAt: length - payloadBytes - 2 };
}

/** How a publisher sends. */
export interface AckPublisherOptions {
  readonly clientId: string;
  /** Messages in flight. */
  readonly window: number;
  /** Where it begins, so that publishers do not fill one session after the other together. Default 0. */
  readonly firstTopic?: number;
}

/**
 * A publisher of QoS 1 (MQTT 3.1.1, TLS) that always has as many messages in flight as its window takes, and counts PUBACKs.
 * What it sends was made beforehand, so that it costs little.
 */
export class AckPublisher {
  acknowledged = 0;
  sent = 0;
  readonly #window: number;
  readonly #packets: Packets;
  readonly #outgoing: Uint8Array;
  readonly #ended = Promise.withResolvers<void>();
  readonly #connected = Promise.withResolvers<void>();
  #socket: Socket | null = null;
  #rest: Uint8Array | null = null;
  #received = 0;
  /** How many it sends in all; Infinity until it is told to stop. */
  #sentMax = Infinity;
  #identifier = 0;
  #topic: number;

  private constructor(packets: Packets, { window, firstTopic = 0 }: AckPublisherOptions) {
    this.#packets = packets;
    this.#window = window;
    this.#outgoing = new Uint8Array(window * packets.length);
    this.#topic = firstTopic % packets.list.length;
  }

  /** Connects with a session of its own that ends with the connection. @throws Error where that fails. */
  static async connect(target: Target, packets: Packets, options: AckPublisherOptions): Promise<AckPublisher> {
    const publisher = new AckPublisher(packets, options);
    const { port, username, password } = target;
    const connect = connectPacket({
      version: 4,
      clientId: options.clientId,
      username,
      password,
      keepAlive: 0,
    });
    publisher.#socket = await Bun.connect({
      hostname: '127.0.0.1',
      port,
      tls: { serverName: target.serverName ?? 'localhost', rejectUnauthorized: false },
      socket: {
        handshake: (socket) => void socket.write(connect),
        data: (_socket, bytes) => publisher.#data(bytes.length),
        drain: () => publisher.#flush(),
        close: () => publisher.#ended.reject(new Error('the service closed the connection of a publisher')),
        error: () => undefined,
      },
    });
    publisher.#ended.promise.catch(() => undefined);
    await publisher.#connected.promise;
    return publisher;
  }

  /** Fills the window, and keeps it full. */
  start(): void {
    this.#send(Math.min(this.#window, this.#sentMax));
  }

  /** Sends nothing new, waits for the last PUBACK and closes. @throws Error where the connection was lost. */
  async stop(): Promise<void> {
    this.#sentMax = this.sent;
    await this.#finish();
  }

  /** Sends so many, waits for the last PUBACK and closes. @throws Error where the connection was lost. */
  async send(count: number): Promise<void> {
    this.#sentMax = count;
    this.start();
    await this.#finish();
  }

  async #finish(): Promise<void> {
    if (this.acknowledged === this.#sentMax) this.#ended.resolve();
    await this.#ended.promise;
    this.#socket?.end();
  }

  /** All that comes after CONNACK is PUBACK. */
  #data(bytes: number): void {
    const before = Math.max(0, Math.floor((this.#received - connackBytes) / pubackBytes));
    this.#received += bytes;
    if (this.#received >= connackBytes) this.#connected.resolve();
    const acknowledged = Math.max(0, Math.floor((this.#received - connackBytes) / pubackBytes)) - before;
    this.acknowledged += acknowledged;
    this.#send(Math.min(acknowledged, this.#sentMax - this.sent));
    if (this.acknowledged === this.#sentMax) this.#ended.resolve();
  }

  #send(count: number): void {
    if (count <= 0) return;
    const { list, identifierAt } = this.#packets;
    let length = 0;
    for (let message = 0; message < count; message++) {
      const packet = list[this.#topic] as Uint8Array;
      this.#topic = this.#topic + 1 === list.length ? 0 : this.#topic + 1;
      this.#identifier = this.#identifier === 65_535 ? 1 : this.#identifier + 1;
      this.#outgoing.set(packet, length);
      this.#outgoing[length + identifierAt] = this.#identifier >> 8;
      this.#outgoing[length + identifierAt + 1] = this.#identifier & 0xff;
      length += packet.length;
    }
    this.sent += count;
    const bytes = this.#outgoing.subarray(0, length);
    if (this.#rest !== null) {
      this.#rest = Buffer.concat([this.#rest, bytes]);
      return;
    }
    const taken = Math.max(0, this.#socket?.write(bytes) ?? 0);
    if (taken < length) this.#rest = bytes.slice(taken);
  }

  #flush(): void {
    const rest = this.#rest;
    if (rest === null) return;
    const taken = Math.max(0, this.#socket?.write(rest) ?? 0);
    this.#rest = taken < rest.length ? rest.slice(taken) : null;
  }
}
