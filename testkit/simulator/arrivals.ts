import {
  PacketType,
  type AckPacket,
  type ConnackPacket,
  type Packet,
  type PublishPacket,
} from '../../packages/codec/mod.ts';
import type { Device } from './device.ts';
import { judgeDelivery } from './judge-delivery.ts';
import { demand } from './violation.ts';
import type { Wire } from './wire.ts';

interface Receipt {
  readonly payload: string;
  readonly topic: string;
  /** PUBREC was sent, on any connection. */
  isAnswered: boolean;
}

/** The receiving side of a device: exactly what section 4.3 of MQTT 5.0 asks of a receiver. */
export class Arrivals {
  readonly #device: Device;
  /** QoS 2 messages that were handed on and not released, by Packet Identifier. */
  readonly #receipts = new Map<number, Receipt>();
  /** Packet Identifiers of this connection that the device has not finished with: they count against Receive Maximum. */
  readonly #unfinished = new Set<number>();
  readonly #aliases = new Map<number, string>();
  /** Identifiers of messages that the device is going to refuse. */
  readonly #refusing = new Set<number>();
  /** The device refuses the next QoS 2 message. */
  refusesNext = false;

  constructor(device: Device) {
    this.#device = device;
  }

  connected(_connack: ConnackPacket): void {
    this.#aliases.clear();
  }

  disconnected(): void {
    this.#unfinished.clear();
    this.#refusing.clear();
    this.#aliases.clear();
  }

  /** The session is gone. */
  forget(): void {
    this.#receipts.clear();
  }

  publish(packet: PublishPacket, madeAt: number, wire: Wire): void {
    const device = this.#device;
    const { world, name } = device;
    const { qos, packetIdentifier, dup } = packet;
    const topic = this.#topicOf(packet);
    const payload = new TextDecoder().decode(packet.payload);
    if (qos > 0) {
      demand(
        !this.#unfinished.has(packetIdentifier),
        'a Packet Identifier in flight is not used again [MQTT-2.2.1-4]',
        () => `${name}: ${packetIdentifier} for ${topic} ${payload}`,
      );
      this.#unfinished.add(packetIdentifier);
      const most = device.profile.receiveMaximum ?? 65_535;
      demand(
        this.#unfinished.size <= most,
        'Receive Maximum of the client [MQTT-3.3.4-9]',
        () => `${name}: ${this.#unfinished.size} > ${most}`,
      );
      if (this.#unfinished.size === most) world.coverage.saw('Receive Maximum of a client reached');
      if (dup) world.coverage.saw('sent again with DUP');
    }
    const receipt = qos === 2 ? this.#receipts.get(packetIdentifier) : undefined;
    if (receipt !== undefined) {
      demand(
        dup && receipt.payload === payload && receipt.topic === topic,
        'QoS 2: an identifier stands for one message until it is released [MQTT-2.2.1-4]',
        () => `${name}: ${packetIdentifier} was ${receipt.payload}, is ${payload}, DUP ${dup}`,
      );
      world.coverage.saw('QoS 2 PUBLISH again, not delivered again');
    } else {
      const isRefused = qos === 2 && this.refusesNext && device.profile.version === 5;
      judgeDelivery(device, packet, topic, payload, madeAt, wire, isRefused);
      if (isRefused) this.#refusing.add(packetIdentifier);
      else if (qos === 2) this.#receipts.set(packetIdentifier, { payload, topic, isAnswered: false });
      if (qos === 2) this.refusesNext = false;
    }
    if (qos > 0) device.owed.push(this.#answerTo(qos === 1 ? PacketType.PUBACK : PacketType.PUBREC, packetIdentifier));
  }

  #answerTo(type: AckPacket['type'], packetIdentifier: number): AckPacket {
    const isRefused = this.#refusing.delete(packetIdentifier);
    if (isRefused) this.#device.world.coverage.saw('client refused a message');
    return { type, packetIdentifier, reasonCode: isRefused ? 0x83 : 0, properties: null };
  }

  #topicOf(packet: PublishPacket): string {
    const alias = packet.properties?.topicAlias;
    if (alias === undefined) return packet.topic;
    const { profile, world, name } = this.#device;
    demand(
      alias <= profile.topicAliasMaximum,
      'Topic Alias Maximum of the client [MQTT-3.3.2-9]',
      () => `${name}: ${alias}`,
    );
    if (packet.topic !== '') this.#aliases.set(alias, packet.topic);
    const topic = this.#aliases.get(alias);
    demand(topic !== undefined, 'a Topic Alias was said before it is used', () => `${name}: ${alias}`);
    if (packet.topic === '') world.coverage.saw('topic alias to a client');
    return topic;
  }

  /** PUBREL has come. */
  release({ packetIdentifier, reasonCode }: AckPacket): void {
    const device = this.#device;
    const receipt = this.#receipts.get(packetIdentifier);
    demand(
      receipt === undefined || receipt.isAnswered,
      'PUBREL answers PUBREC [MQTT-4.3.3-4]',
      () => `${device.name} ${packetIdentifier}`,
    );
    if (receipt !== undefined && !this.#unfinished.has(packetIdentifier))
      device.world.coverage.saw('PUBREL sent again');
    // [MQTT-4.3.3-8]: unknown where the exchange was refused or has ended before.
    demand(
      receipt === undefined || reasonCode === 0,
      'a server knows the message that it was told to be received',
      () => `${device.name} ${packetIdentifier} 0x${reasonCode.toString(16)}`,
    );
    this.#receipts.delete(packetIdentifier);
    device.owed.push({ type: PacketType.PUBCOMP, packetIdentifier, reasonCode: 0, properties: null });
  }

  /** An answer has been sent. */
  answered(packet: Packet): void {
    if (packet.type === PacketType.PUBACK || packet.type === PacketType.PUBCOMP)
      this.#unfinished.delete(packet.packetIdentifier);
    else if (packet.type === PacketType.PUBREC) {
      const receipt = this.#receipts.get(packet.packetIdentifier);
      if (receipt !== undefined) receipt.isAnswered = true;
      if (packet.reasonCode >= 0x80) this.#unfinished.delete(packet.packetIdentifier);
    }
  }
}
