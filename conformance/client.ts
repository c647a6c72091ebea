import {
  decode,
  encode,
  Framer,
  PacketType,
  type AckPacket,
  type ConnackPacket,
  type ConnectPacket,
  type Packet,
  type Properties,
  type PublishPacket,
  type QoS,
  type SubackPacket,
  type SubscriptionRequest,
} from '../packages/codec/mod.ts';
import { hex, RawClient } from '../testkit/raw-client.ts';
import type { Dialect } from './registry.ts';
import { rawOptions, server, usualTransport, type Target } from './server.ts';

/** The packet of a type; acknowledgements share one. */
type PacketOf<T extends PacketType, P extends Packet = Packet> = P extends Packet
  ? T extends P['type']
    ? P
    : never
  : never;

/** A message as tests write it. */
export interface Outgoing {
  readonly topic: string;
  readonly payload?: string | Uint8Array;
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly dup?: boolean;
  readonly packetIdentifier?: number;
  readonly properties?: Properties;
}

export interface OpenOptions {
  /** Default: the deployment without limits on rates. */
  readonly target?: Target;
  /** Default: MQTT over TLS, or what the run says. */
  readonly transport?: 'tls' | 'wss';
}

export interface ConnectOptions extends OpenOptions {
  readonly clientId?: string;
  readonly cleanStart?: boolean;
  /** Seconds; default 60. */
  readonly keepAlive?: number;
  readonly will?: Outgoing;
  readonly username?: string | null;
  readonly password?: string | null;
  readonly properties?: Properties;
}

/** A subscription as tests write it: a filter, or a filter with its options. */
export type Filter = string | (Partial<SubscriptionRequest> & { readonly topicFilter: string });

let count = 0;

/** A text that no other test has: for client ids and topics. */
export function unique(prefix: string): string {
  count += 1;
  return `${prefix}${count}`;
}

/** The payload as text. */
export function textOf(packet: PublishPacket): string {
  return Buffer.from(packet.payload).toString();
}

/** The CONNECT packet of a client with a user name and a password that are right. */
export function connectPacketOf(version: Dialect, options: ConnectOptions = {}): ConnectPacket {
  const { username, password } = options.target ?? server().standard;
  const asked = options.password === undefined ? password : options.password;
  const { will } = options;
  return {
    type: PacketType.CONNECT,
    version,
    bridge: false,
    cleanStart: options.cleanStart ?? true,
    keepAlive: options.keepAlive ?? 60,
    clientId: options.clientId ?? unique('client'),
    will:
      will === undefined
        ? null
        : {
            topic: will.topic,
            payload: payloadOf(will),
            qos: will.qos ?? 0,
            retain: will.retain ?? false,
            properties: will.properties ?? null,
          },
    username: options.username === undefined ? username : options.username,
    password: asked === null ? null : Buffer.from(asked),
    properties: options.properties ?? null,
  };
}

function payloadOf({ payload = 'payload' }: Outgoing): Uint8Array {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}

/** A client that speaks packets where they are right and bytes where they are wrong. It answers nothing by itself. */
export class Client implements AsyncDisposable {
  readonly version: Dialect;
  readonly raw: RawClient;
  /** The answer to CONNECT, once `connect` has sent one. */
  connack: ConnackPacket = { type: PacketType.CONNACK, sessionPresent: false, reasonCode: 0xff, properties: null };
  #identifier = 0;

  private constructor(version: Dialect, raw: RawClient) {
    this.version = version;
    this.raw = raw;
  }

  /** Opens the network connection and says nothing. */
  static async open(version: Dialect, options: OpenOptions = {}): Promise<Client> {
    const target = options.target ?? server().standard;
    return new Client(version, await RawClient.connect(rawOptions(target, options.transport ?? usualTransport)));
  }

  /** Opens the network connection, sends CONNECT and takes an answer that accepts it. */
  static async connect(version: Dialect, options: ConnectOptions = {}): Promise<Client> {
    const client = await Client.open(version, options);
    client.send(connectPacketOf(version, options));
    client.connack = await client.expect(PacketType.CONNACK);
    if (client.connack.reasonCode !== 0) throw new Error(`CONNACK ${client.connack.reasonCode.toString(16)}`);
    return client;
  }

  send(packet: Packet): void {
    this.raw.send(encode(this.version, packet));
  }

  /** Sends bytes, or hexadecimal digits with blanks between them. */
  sendBytes(bytes: Uint8Array | string): void {
    this.raw.send(bytes);
  }

  /** The next packet. @throws Error where the connection ends first, or the bytes are no packet of this version. */
  async next(): Promise<Packet> {
    const bytes = await this.raw.nextPacket();
    const framer = new Framer(bytes.length);
    framer.push(bytes);
    if (!framer.next()) throw new Error(`no packet: ${hex(bytes)}`);
    return decode(this.version, framer.header, framer.buffer, framer.bodyStart, framer.end);
  }

  /** The next packet, which has to be of this type. */
  async expect<T extends PacketType>(type: T): Promise<PacketOf<T>> {
    const packet = await this.next();
    if (packet.type !== type) throw new Error(`expected packet type ${type}, got ${JSON.stringify(packet)}`);
    return packet as PacketOf<T>;
  }

  /** Shows that nothing has come until now: the answer to PINGREQ is the next packet. */
  async barrier(): Promise<void> {
    this.send({ type: PacketType.PINGREQ });
    await this.expect(PacketType.PINGRESP);
  }

  /** Subscribes, with QoS 2 where nothing else is said. @throws Error where a filter is refused. */
  async subscribe(filters: Filter | readonly Filter[], properties: Properties | null = null): Promise<SubackPacket> {
    this.sendSubscribe(filters, properties);
    const suback = await this.expect(PacketType.SUBACK);
    if (suback.reasonCodes.some((code) => code >= 0x80)) throw new Error(`SUBACK ${suback.reasonCodes.join(' ')}`);
    return suback;
  }

  /** Sends SUBSCRIBE. @returns its Packet Identifier. */
  sendSubscribe(filters: Filter | readonly Filter[], properties: Properties | null = null): number {
    const packetIdentifier = this.#nextIdentifier();
    this.send({
      type: PacketType.SUBSCRIBE,
      packetIdentifier,
      subscriptions: listOf(filters).map((filter) => ({
        qos: 2,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
        ...(typeof filter === 'string' ? { topicFilter: filter } : filter),
      })),
      properties,
    });
    return packetIdentifier;
  }

  async unsubscribe(...topicFilters: string[]): Promise<SubackPacket> {
    const packetIdentifier = this.#nextIdentifier();
    this.send({ type: PacketType.UNSUBSCRIBE, packetIdentifier, topicFilters, properties: null });
    return this.expect(PacketType.UNSUBACK);
  }

  /** Sends PUBLISH. @returns its Packet Identifier, 0 with QoS 0. */
  sendPublish(message: Outgoing): number {
    const qos = message.qos ?? 0;
    const packetIdentifier = qos === 0 ? 0 : (message.packetIdentifier ?? this.#nextIdentifier());
    this.send({
      type: PacketType.PUBLISH,
      dup: message.dup ?? false,
      qos,
      retain: message.retain ?? false,
      topic: message.topic,
      packetIdentifier,
      payload: payloadOf(message),
      properties: message.properties ?? null,
    });
    return packetIdentifier;
  }

  /**
   * Publishes and takes the acknowledgements, so that the message has been given to all subscribers.
   * QoS 0 is followed by a PINGREQ. @returns PUBACK or PUBREC; null with QoS 0.
   */
  async publish(message: Outgoing): Promise<AckPacket | null> {
    const packetIdentifier = this.sendPublish(message);
    if (packetIdentifier === 0) {
      await this.barrier();
      return null;
    }
    if (message.qos === 1) return this.expect(PacketType.PUBACK);
    const pubrec = await this.expect(PacketType.PUBREC);
    if (pubrec.reasonCode >= 0x80) return pubrec;
    this.acknowledge(PacketType.PUBREL, packetIdentifier);
    await this.expect(PacketType.PUBCOMP);
    return pubrec;
  }

  /** The next packet, which has to be a PUBLISH; it is not acknowledged. */
  receive(): Promise<PublishPacket> {
    return this.expect(PacketType.PUBLISH);
  }

  /** Takes a PUBLISH and acknowledges it to the end. */
  async take(): Promise<PublishPacket> {
    const packet = await this.receive();
    await this.settle(packet);
    return packet;
  }

  /** Acknowledges a message to the end. */
  async settle({ qos, packetIdentifier }: PublishPacket): Promise<void> {
    if (qos === 1) this.acknowledge(PacketType.PUBACK, packetIdentifier);
    if (qos !== 2) return;
    this.acknowledge(PacketType.PUBREC, packetIdentifier);
    await this.expect(PacketType.PUBREL);
    this.acknowledge(PacketType.PUBCOMP, packetIdentifier);
  }

  acknowledge(type: AckPacket['type'], packetIdentifier: number, reasonCode = 0): void {
    this.send({ type, packetIdentifier, reasonCode, properties: null });
  }

  /** Leaves with DISCONNECT and waits until the server has closed. */
  async leave(reasonCode = 0, properties: Properties | null = null): Promise<void> {
    this.send({ type: PacketType.DISCONNECT, reasonCode, properties });
    await this.raw.closed();
  }

  /** Ends the network connection without DISCONNECT and waits until the server has closed it too. */
  async vanish(): Promise<void> {
    this.raw.end();
    await this.raw.closed();
  }

  /**
   * The server ends the connection: with DISCONNECT and this Reason Code in 5.0, without a word in 3.1.1.
   * @param reasonCode of the DISCONNECT; null: without a word in 5.0 too.
   */
  async expectClose(reasonCode: number | null): Promise<void> {
    if (this.version === 5 && reasonCode !== null) {
      const packet = await this.expect(PacketType.DISCONNECT);
      if (packet.reasonCode !== reasonCode)
        throw new Error(`expected DISCONNECT ${reasonCode.toString(16)}, got ${packet.reasonCode.toString(16)}`);
    }
    await this.#ended();
  }

  /**
   * The server refuses the connection: with a CONNACK of this code in each dialect, or by closing without one (null).
   */
  async expectRefusal(codes: { readonly 4: number | null; readonly 5: number | null }): Promise<void> {
    const code = codes[this.version];
    if (code !== null) {
      const packet = await this.expect(PacketType.CONNACK);
      if (packet.reasonCode !== code || packet.sessionPresent)
        throw new Error(`expected CONNACK ${code.toString(16)}, got ${JSON.stringify(packet)}`);
    }
    await this.#ended();
  }

  async #ended(): Promise<void> {
    await this.raw.closed();
    const more = await this.raw.nextPacket().catch(() => null);
    if (more !== null) throw new Error(`a packet before the end: ${hex(more)}`);
  }

  #nextIdentifier(): number {
    this.#identifier += 1;
    return this.#identifier;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.raw[Symbol.asyncDispose]();
  }
}

function listOf(filters: Filter | readonly Filter[]): readonly Filter[] {
  return Array.isArray(filters) ? (filters as readonly Filter[]) : [filters as Filter];
}

/** What makes a session outlive its connection: Clean Session 0, or a Session Expiry Interval. */
export function persistent(dialect: Dialect, clientId: string): ConnectOptions {
  return { clientId, cleanStart: false, ...(dialect === 5 ? { properties: { sessionExpiryInterval: 60 } } : {}) };
}

/**
 * Waits until the server has seen so much time pass: the will of a client that has vanished says so.
 * @param seconds whole.
 */
export async function afterSeconds(seconds: number): Promise<void> {
  const topic = unique('time/');
  await using watcher = await Client.connect(5);
  await watcher.subscribe(topic);
  const clock = await Client.connect(5, {
    properties: { sessionExpiryInterval: 60 },
    will: { topic, properties: { willDelayInterval: seconds } },
  });
  await clock.vanish();
  await watcher.receive();
}
