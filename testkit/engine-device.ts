import { PacketType, type ConnackPacket, type Packet } from '../packages/codec/mod.ts';
import type { EngineBench } from './engine-bench.ts';
import type { EngineClient } from './engine-client.ts';

interface Sending {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 1 | 2;
  packetIdentifier: number;
  state: 'waiting' | 'sent' | 'received';
}

/**
 * A device that keeps its session state as section 4.1 of MQTT 5.0 asks of a client: it resends after each reconnect, and
 * remembers which QoS 2 messages it has received. What the network had not brought it before a loss is lost.
 */
export class EngineDevice {
  readonly clientId: string;
  /** Payloads that were handed to the application, in order. */
  readonly delivered: string[] = [];
  readonly #bench: EngineBench;
  readonly #subscriptions: readonly string[];
  readonly #window: number;
  readonly #sending: Sending[] = [];
  readonly #receipts = new Set<number>();
  #client: EngineClient | null = null;
  /** Has come and is not read yet. */
  #inbox: Packet[] = [];
  #isConnected = false;
  #hadSession = false;
  #isSubscribed = false;
  #lastIdentifier = 0;

  constructor(bench: EngineBench, clientId: string, subscriptions: readonly string[], window: number) {
    this.#bench = bench;
    this.clientId = clientId;
    this.#subscriptions = subscriptions;
    this.#window = window;
  }

  /** Nothing left to send, and subscribed. */
  get isQuiet(): boolean {
    return this.#isConnected && this.#isSubscribed && this.#sending.length === 0;
  }

  get isSubscribed(): boolean {
    return this.#isSubscribed;
  }

  /** The application publishes. */
  publish(topic: string, payload: string, qos: 1 | 2): void {
    this.#sending.push({ topic, payload, qos, packetIdentifier: 0, state: 'waiting' });
  }

  /** The connection is gone, with everything that had not been read. */
  lose(): void {
    const client = this.#client;
    this.#client = null;
    this.#inbox = [];
    this.#isConnected = false;
    if (client !== null && client.ended === null) client.lose();
  }

  /** Reads some of what has come and does what there is to do. */
  step(packetsMax: number): void {
    if (this.#client === null || this.#client.ended !== null) {
      this.lose();
      this.#client = this.#bench.connecting({
        clientId: this.clientId,
        cleanStart: false,
        sessionExpiryInterval: 1_000_000,
        properties: { receiveMaximum: 5 },
      });
    }
    this.#inbox.push(...this.#client.take());
    for (const packet of this.#inbox.splice(0, packetsMax)) this.#handle(packet);
    if (this.#isConnected) this.#send();
  }

  #send(): void {
    let inFlight = this.#sending.filter(({ state }) => state !== 'waiting').length;
    for (const item of this.#sending) {
      if (item.state !== 'waiting') continue;
      if (inFlight++ >= this.#window) return;
      item.packetIdentifier = this.#nextIdentifier();
      this.#transmit(item, false);
    }
  }

  #nextIdentifier(): number {
    do this.#lastIdentifier = (this.#lastIdentifier % 12) + 1;
    while (this.#sending.some(({ packetIdentifier }) => packetIdentifier === this.#lastIdentifier));
    return this.#lastIdentifier;
  }

  #transmit(item: Sending, dup: boolean): void {
    const { topic, payload, qos, packetIdentifier } = item;
    item.state = 'sent';
    this.#client?.publish(topic, payload, { qos, packetIdentifier, dup });
  }

  #handle(packet: Packet): void {
    const client = this.#client;
    if (client === null) return;
    switch (packet.type) {
      case PacketType.CONNACK:
        this.#resume(client, packet);
        break;
      case PacketType.SUBACK:
        this.#isSubscribed = true;
        break;
      case PacketType.PUBLISH: {
        const payload = new TextDecoder().decode(packet.payload);
        const { packetIdentifier, qos } = packet;
        if (qos === 2 && this.#receipts.has(packetIdentifier)) client.pubrec(packetIdentifier);
        else {
          this.delivered.push(payload);
          if (qos === 2) this.#receipts.add(packetIdentifier);
          if (qos === 2) client.pubrec(packetIdentifier);
          if (qos === 1) client.puback(packetIdentifier);
        }
        break;
      }
      case PacketType.PUBREL:
        this.#receipts.delete(packet.packetIdentifier);
        client.pubcomp(packet.packetIdentifier);
        break;
      case PacketType.PUBACK:
      case PacketType.PUBCOMP:
        this.#finish(packet.packetIdentifier);
        break;
      case PacketType.PUBREC: {
        const item = this.#sending.find((other) => other.packetIdentifier === packet.packetIdentifier);
        if (item !== undefined) item.state = 'received';
        client.pubrel(packet.packetIdentifier);
        break;
      }
      default:
        throw new Error(`${this.clientId} did not expect packet type ${packet.type}: ${JSON.stringify(packet)}`);
    }
  }

  #finish(packetIdentifier: number): void {
    const index = this.#sending.findIndex((item) => item.packetIdentifier === packetIdentifier);
    if (index !== -1) this.#sending.splice(index, 1);
  }

  #resume(client: EngineClient, { sessionPresent, reasonCode }: ConnackPacket): void {
    if (reasonCode !== 0) throw new Error(`${this.clientId} was refused with ${reasonCode}`);
    if (this.#hadSession && !sessionPresent) throw new Error(`the session of ${this.clientId} is gone`);
    this.#hadSession = true;
    this.#isConnected = true;
    if (!this.#isSubscribed) {
      for (const topicFilter of this.#subscriptions) client.subscribe(topicFilter, { qos: 2 });
      if (this.#subscriptions.length === 0) this.#isSubscribed = true;
    }
    for (const item of this.#sending) {
      if (item.state === 'sent') this.#transmit(item, true);
      else if (item.state === 'received') client.pubrel(item.packetIdentifier);
    }
  }
}
