import {
  decode,
  encode,
  Framer,
  PacketType,
  type ConnectPacket,
  type Packet,
  type Properties,
  type ProtocolVersion,
  type PublishPacket,
  type QoS,
  type WillFields,
} from '../packages/codec/mod.ts';
import type { ConnectionId } from '../packages/engine/ids.ts';
import type { CloseCause } from '../packages/engine/ports.ts';
import type { EngineBench } from './engine-bench.ts';

export interface WillOptions {
  readonly topic: string;
  readonly payload?: string;
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly properties?: Properties;
}

export interface ConnectOptions {
  readonly version?: ProtocolVersion;
  readonly clientId?: string;
  readonly cleanStart?: boolean;
  readonly keepAlive?: number;
  readonly username?: string;
  readonly will?: WillOptions;
  readonly properties?: Properties;
  /** Short for the property of 5.0. */
  readonly sessionExpiryInterval?: number;
}

export interface PublishOptions {
  readonly qos?: QoS;
  readonly packetIdentifier?: number;
  readonly retain?: boolean;
  readonly dup?: boolean;
  readonly properties?: Properties;
}

export interface SubscribeOptions {
  readonly qos?: QoS;
  readonly noLocal?: boolean;
  readonly retainAsPublished?: boolean;
  readonly retainHandling?: 0 | 1 | 2;
  readonly subscriptionIdentifier?: number;
  readonly packetIdentifier?: number;
}

const text = new TextDecoder();

/** A message as a test looks at it. */
export interface Seen {
  readonly topic: string;
  readonly payload: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly packetIdentifier: number;
  readonly properties: Properties | null;
}

/** CONNECT as a packet. */
export function connectPacketOf(options: ConnectOptions): ConnectPacket {
  const version = options.version ?? 5;
  const properties: Properties = { ...options.properties };
  if (options.sessionExpiryInterval !== undefined) properties.sessionExpiryInterval = options.sessionExpiryInterval;
  return {
    type: PacketType.CONNECT,
    version,
    bridge: false,
    cleanStart: options.cleanStart ?? true,
    keepAlive: options.keepAlive ?? 0,
    clientId: options.clientId ?? 'c',
    will: options.will === undefined ? null : willFieldsOf(options.will),
    username: options.username ?? 'user',
    password: new TextEncoder().encode('secret'),
    properties: version === 5 ? properties : null,
  };
}

function willFieldsOf(will: WillOptions): WillFields {
  return {
    topic: will.topic,
    payload: new TextEncoder().encode(will.payload ?? 'gone'),
    qos: will.qos ?? 0,
    retain: will.retain ?? false,
    properties: will.properties ?? null,
  };
}

/** A client at the other end of a connection of the engine: speaks bytes, in one of the three versions. */
export class EngineClient {
  readonly id: ConnectionId;
  version: ProtocolVersion = 5;
  /** How the engine closed it; null while it is open. */
  ended: 'end' | 'abort' | null = null;
  paused = false;
  /** When set, what is sent to it stays in the buffer of the edge until `drain`. */
  slow = false;
  bufferedBytes = 0;
  readonly #bench: EngineBench;
  readonly #framer = new Framer(268_435_460);
  #received: Packet[] = [];

  constructor(bench: EngineBench, id: ConnectionId) {
    this.#bench = bench;
    this.id = id;
  }

  /** The engine sends. */
  receive(bytes: Uint8Array): void {
    this.#framer.push(bytes.slice());
    while (this.#framer.next()) {
      const { header, buffer, bodyStart, end } = this.#framer;
      this.#received.push(decode(this.version, header, buffer, bodyStart, end));
    }
    this.#framer.release();
  }

  /** What has come since the last call. */
  take(): Packet[] {
    const packets = this.#received;
    this.#received = [];
    return packets;
  }

  /** What has come since the last call, as names and identifiers. */
  names(): string[] {
    return this.take().map(nameOf);
  }

  /** The messages among what has come since the last call; other packets are lost. */
  messages(): Seen[] {
    return this.take()
      .filter((packet) => packet.type === PacketType.PUBLISH)
      .map(seen);
  }

  payloads(): string[] {
    return this.messages().map((message) => message.payload);
  }

  /** Sends bytes as they are. */
  bytes(bytes: Uint8Array): void {
    this.#bench.input((engine, now) => engine.data(this.id, bytes, now));
  }

  send(...packets: readonly Packet[]): void {
    const parts = packets.map((packet) => encode(this.version, packet));
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.byteLength;
    }
    this.bytes(all);
    // The receive buffer is the edge's: what the engine keeps, it has to have copied.
    all.fill(0xee);
  }

  connect(options: ConnectOptions = {}): void {
    this.version = options.version ?? 5;
    this.send(connectPacketOf(options));
  }

  publish(topic: string, payload: string, options: PublishOptions = {}): void {
    this.send(publishOf(topic, payload, options));
  }

  subscribe(topicFilter: string, options: SubscribeOptions = {}): void {
    this.send({
      type: PacketType.SUBSCRIBE,
      packetIdentifier: options.packetIdentifier ?? 1,
      subscriptions: [
        {
          topicFilter,
          qos: options.qos ?? 0,
          noLocal: options.noLocal ?? false,
          retainAsPublished: options.retainAsPublished ?? false,
          retainHandling: options.retainHandling ?? 0,
        },
      ],
      properties:
        options.subscriptionIdentifier === undefined
          ? null
          : { subscriptionIdentifiers: [options.subscriptionIdentifier] },
    });
  }

  unsubscribe(...topicFilters: string[]): void {
    this.send({ type: PacketType.UNSUBSCRIBE, packetIdentifier: 2, topicFilters, properties: null });
  }

  puback(packetIdentifier: number, reasonCode = 0): void {
    this.send({ type: PacketType.PUBACK, packetIdentifier, reasonCode, properties: null });
  }

  pubrec(packetIdentifier: number, reasonCode = 0): void {
    this.send({ type: PacketType.PUBREC, packetIdentifier, reasonCode, properties: null });
  }

  pubrel(packetIdentifier: number): void {
    this.send({ type: PacketType.PUBREL, packetIdentifier, reasonCode: 0, properties: null });
  }

  pubcomp(packetIdentifier: number): void {
    this.send({ type: PacketType.PUBCOMP, packetIdentifier, reasonCode: 0, properties: null });
  }

  ping(): void {
    this.send({ type: PacketType.PINGREQ });
  }

  disconnect(reasonCode = 0, properties: Properties | null = null): void {
    this.send({ type: PacketType.DISCONNECT, reasonCode, properties });
  }

  /** The network connection breaks. */
  lose(cause: CloseCause = { kind: 'lost', detail: 'reset' }): void {
    this.#bench.closed(this, cause);
  }

  /** The socket takes what is buffered, all but this many bytes. */
  drain(bytesLeft = 0): void {
    this.bufferedBytes = bytesLeft;
    this.#bench.input((engine, now) => engine.drained(this.id, bytesLeft, now));
  }
}

export function publishOf(topic: string, payload: string, options: PublishOptions = {}): PublishPacket {
  const qos = options.qos ?? 0;
  return {
    type: PacketType.PUBLISH,
    dup: options.dup ?? false,
    qos,
    retain: options.retain ?? false,
    topic,
    packetIdentifier: qos === 0 ? 0 : (options.packetIdentifier ?? 1),
    payload: new TextEncoder().encode(payload),
    properties: options.properties ?? null,
  };
}

function seen(packet: PublishPacket): Seen {
  const { topic, qos, retain, dup, packetIdentifier, properties } = packet;
  return { topic, payload: text.decode(packet.payload), qos, retain, dup, packetIdentifier, properties };
}

const packetNames = new Map<number, string>(Object.entries(PacketType).map(([name, type]) => [type, name]));

/** For example `PUBACK 5`, `PUBACK 5 0x87`, `PUBLISH 3 payload`, `CONNACK`. */
export function nameOf(packet: Packet): string {
  const parts: string[] = [packetNames.get(packet.type) ?? '?'];
  if ('packetIdentifier' in packet && packet.packetIdentifier !== 0) parts.push(String(packet.packetIdentifier));
  if (packet.type === PacketType.PUBLISH) parts.push(text.decode(packet.payload));
  if ('reasonCode' in packet && packet.reasonCode !== 0) parts.push(`0x${packet.reasonCode.toString(16)}`);
  if ('reasonCodes' in packet) parts.push(...packet.reasonCodes.map((code) => `0x${code.toString(16)}`));
  return parts.join(' ');
}
