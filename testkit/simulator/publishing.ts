import { PacketType, type AckPacket, type ConnackPacket, type Properties, type QoS } from '../../packages/codec/mod.ts';
import type { Device } from './device.ts';
import type { SimMessage } from './ledger.ts';
import { demand } from './violation.ts';

interface Outgoing {
  readonly message: SimMessage;
  readonly packetIdentifier: number;
  /** `received`: PUBREC has come. */
  state: 'sent' | 'received';
  /** Sent on this connection. */
  isOut: boolean;
}

const windowMax = 6;

/** The sending side of a device: what it has published with QoS 1 and 2 until it is told that it is safe. */
export class Publishing {
  readonly #device: Device;
  #outgoing: Outgoing[] = [];
  /** Of the PUBLISH packets on this connection, those whose PUBACK or PUBREC is still to come, in order. */
  #awaiting: number[] = [];
  #window = windowMax;
  #aliasMaximum = 0;
  #packetSizeMax = Infinity;
  readonly #aliases = new Map<string, number>();

  constructor(device: Device) {
    this.#device = device;
  }

  get isQuiet(): boolean {
    return this.#outgoing.length === 0;
  }

  get state(): string {
    return `${this.#outgoing.length} in flight`;
  }

  uses(packetIdentifier: number): boolean {
    return this.#outgoing.some((item) => item.packetIdentifier === packetIdentifier);
  }

  /** The application publishes; what does not fit the window is not published. */
  publish(wish: {
    readonly topic: string;
    readonly qos: QoS;
    readonly retain: boolean;
    readonly expirySeconds: number | null;
    readonly padding: number;
    readonly isClear: boolean;
    readonly mayAlias: boolean;
  }): void {
    const { world, profile, wire } = this.#device;
    if (wire === null || !this.#device.isConnected) return;
    if (wish.qos > 0 && (this.#inFlight >= this.#window || this.#outgoing.some((item) => !item.isOut))) return;
    if (wish.padding + 150 > this.#packetSizeMax) return;
    const message = world.ledger.publish(
      {
        deployment: profile.deployment,
        topic: wish.topic,
        qos: wish.qos,
        retain: wish.retain,
        publisher: profile.clientId,
        isWill: false,
        expiryMs: wish.expirySeconds === null || profile.version !== 5 ? null : wish.expirySeconds * 1000,
        connection: wire.id,
      },
      wish.padding,
      wish.isClear,
      world.stamp(),
      world.now,
    );
    if (wish.qos === 0) {
      this.#transmit(message, 0, false, wish.mayAlias);
      return;
    }
    const item: Outgoing = {
      message,
      packetIdentifier: this.#device.nextIdentifier(),
      state: 'sent',
      isOut: true,
    };
    this.#outgoing.push(item);
    this.#awaiting.push(item.packetIdentifier);
    this.#transmit(message, item.packetIdentifier, false, wish.mayAlias);
  }

  get #inFlight(): number {
    return this.#outgoing.filter((item) => item.isOut).length;
  }

  #transmit(message: SimMessage, packetIdentifier: number, dup: boolean, mayAlias: boolean): void {
    const { wire, profile } = this.#device;
    message.transmissions++;
    message.lives.add(this.#device.world.crashes);
    message.connection = wire?.id ?? null;
    message.settledAt = null;
    const properties: Properties = {};
    let { topic } = message;
    if (profile.version === 5) {
      properties.contentType = String(message.id);
      if (message.expiryMs !== null) properties.messageExpiryInterval = message.expiryMs / 1000;
      if (mayAlias) topic = this.#alias(topic, properties);
    }
    this.#device.send({
      type: PacketType.PUBLISH,
      dup,
      qos: message.qos,
      retain: message.retain,
      topic,
      packetIdentifier,
      payload: new TextEncoder().encode(message.payload),
      properties: profile.version === 5 ? properties : null,
    });
  }

  /** @returns the Topic Name to send: empty where the server knows the alias. */
  #alias(topic: string, properties: Properties): string {
    const known = this.#aliases.get(topic);
    const alias = known ?? (this.#aliases.size < this.#aliasMaximum ? this.#aliases.size + 1 : 0);
    if (alias === 0) return topic;
    properties.topicAlias = alias;
    this.#aliases.set(topic, alias);
    if (known !== undefined) this.#device.world.coverage.saw('topic alias from a client');
    return known === undefined ? topic : '';
  }

  /** CONNACK has come; of an old session, what is not finished is sent again in its order [MQTT-4.4.0-1]. */
  connected(connack: ConnackPacket): void {
    const { properties } = connack;
    this.#window = Math.min(windowMax, properties?.receiveMaximum ?? windowMax);
    this.#aliasMaximum = properties?.topicAliasMaximum ?? 0;
    this.#packetSizeMax = properties?.maximumPacketSize ?? Infinity;
    this.#aliases.clear();
    this.continue();
  }

  /** Sends again what an earlier connection left, as far as the window goes. */
  continue(): void {
    const { world } = this.#device;
    for (const item of this.#outgoing) {
      if (item.isOut) continue;
      if (item.state === 'received') {
        item.isOut = true;
        this.#release(item.packetIdentifier);
      } else {
        if (this.#inFlight >= this.#window) return;
        item.isOut = true;
        world.coverage.saw('publisher resent a message');
        this.#awaiting.push(item.packetIdentifier);
        this.#transmit(item.message, item.packetIdentifier, true, false);
      }
    }
  }

  disconnected(): void {
    this.#awaiting = [];
    for (const item of this.#outgoing) item.isOut = false;
  }

  /** The session is gone: so is what it had in flight. */
  forget(): void {
    this.#outgoing = [];
  }

  acknowledged(packet: AckPacket): void {
    const { type, packetIdentifier, reasonCode } = packet;
    const item = this.#outgoing.find((one) => one.packetIdentifier === packetIdentifier && one.isOut);
    const { name, world } = this.#device;
    demand(
      item !== undefined,
      'an acknowledgement is for what is in flight',
      () => `${name}: ${type} ${packetIdentifier}`,
    );
    const { message } = item;
    if (type === PacketType.PUBCOMP) {
      demand(item.state === 'received', 'PUBCOMP answers PUBREL [MQTT-4.3.3-12]', () => `${name} ${packetIdentifier}`);
      this.#outgoing.splice(this.#outgoing.indexOf(item), 1);
      return;
    }
    demand(
      this.#awaiting[0] === packetIdentifier && message.qos === (type === PacketType.PUBACK ? 1 : 2),
      'acknowledgements come in the order of PUBLISH [MQTT-4.6.0-2] [MQTT-4.6.0-3]',
      () => `${name}: ${packetIdentifier} before ${this.#awaiting.join()}`,
    );
    this.#awaiting.shift();
    const stamp = world.stamp();
    message.settledAt = stamp;
    if (reasonCode >= 0x80) {
      if (message.transmissions === 1) message.isRefused = true;
      if (reasonCode === 0x87) world.coverage.saw('publish denied by a rule');
    } else if (message.ackedAt === null) {
      message.ackedAt = stamp;
      message.ackedTime = world.now;
      message.hadNoSubscribers = reasonCode === 0x10;
    }
    if (type === PacketType.PUBACK || reasonCode >= 0x80) this.#outgoing.splice(this.#outgoing.indexOf(item), 1);
    else {
      item.state = 'received';
      this.#device.owed.push(release(packetIdentifier));
    }
  }

  #release(packetIdentifier: number): void {
    this.#device.send(release(packetIdentifier));
  }
}

function release(packetIdentifier: number): AckPacket {
  return { type: PacketType.PUBREL, packetIdentifier, reasonCode: 0, properties: null };
}
