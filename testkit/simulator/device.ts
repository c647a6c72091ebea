import { encode, PacketType, type ConnackPacket, type Packet } from '../../packages/codec/mod.ts';
import { Arrivals } from './arrivals.ts';
import type { SimMessage, SubscriptionRecord } from './ledger.ts';
import { Publishing } from './publishing.ts';
import type { DeviceProfile } from './scenario.ts';
import { Subscribing } from './subscribing.ts';
import { demand } from './violation.ts';
import type { Wire } from './wire.ts';
import type { World } from './world.ts';

/** What a CONNECT asks for. */
export interface ConnectWish {
  readonly cleanStart: boolean;
  /** Seconds; 3.x: 0 is Clean Session 1. */
  readonly expirySeconds: number;
  readonly will: SimMessage | null;
  readonly willDelaySeconds: number;
}

/**
 * A client that does what MQTT asks of clients, keeps its session state, and judges what it is sent. Its answers wait
 * until `answer`; what it had not read when a connection ended is lost.
 */
export class Device {
  readonly profile: DeviceProfile;
  readonly world: World;
  readonly publishing: Publishing;
  readonly arrivals: Arrivals;
  readonly subscribing: Subscribing;
  wire: Wire | null = null;
  isConnected = false;
  /** Counts the sessions that it had. */
  epoch = 1;
  /** It has forgotten its session, and does not know whether the server has: it has to ask for a clean start again. */
  #mustStartClean = false;
  /** The session that it has, as the model numbers them. */
  #session = 0;
  /** Why it was refused last; null after it was accepted. */
  refusedWith: number | null = null;
  /** Answers that are not sent yet, oldest first. */
  owed: Packet[] = [];
  #lastIdentifier = 0;
  /** By publisher, topic and QoS: the last message of this session. */
  readonly #order = new Map<string, SimMessage>();
  /** When its connections began and ended, in stamps; null: it is connected. */
  readonly #online: { readonly from: number; until: number | null }[] = [];

  constructor(world: World, profile: DeviceProfile) {
    this.world = world;
    this.profile = profile;
    this.publishing = new Publishing(this);
    this.arrivals = new Arrivals(this);
    this.subscribing = new Subscribing(this);
  }

  get name(): string {
    return `${this.profile.deployment}/${this.profile.clientId}`;
  }

  /** Whether a client was connected at that stamp. */
  wasOnline(stamp: number): boolean {
    return this.#online.some(({ from, until }) => from <= stamp && (until === null || stamp <= until));
  }

  lastInOrder(publisher: string, topic: string, qos: number): SimMessage | undefined {
    return this.#order.get(`${publisher} ${topic} ${qos}`);
  }

  rememberOrder(message: SimMessage, qos: number): void {
    this.#order.set(`${message.publisher} ${message.topic} ${qos}`, message);
  }

  /** Whether it waits for nothing and owes nothing. */
  get isQuiet(): boolean {
    return this.isConnected && this.owed.length === 0 && this.subscribing.isQuiet && this.publishing.isQuiet;
  }

  /** In a few words, for those who look for what holds it up. */
  get state(): string {
    const { wire, isConnected, owed, subscribing, publishing } = this;
    return `connection ${wire?.id ?? 'none'}, connected ${isConnected}, owes ${owed.length}, asks ${!subscribing.isQuiet}, ${publishing.state}`;
  }

  /** Subscriptions of this and earlier sessions. */
  get subscriptions(): readonly SubscriptionRecord[] {
    return this.subscribing.records;
  }

  // What it does.

  connect(asked: ConnectWish): void {
    const { profile, world } = this;
    const { version } = profile;
    const { will } = asked;
    const cleanStart = asked.cleanStart || this.#mustStartClean;
    const wish = { ...asked, cleanStart, expirySeconds: version !== 5 && cleanStart ? 0 : asked.expirySeconds };
    if (cleanStart) this.#beginEpoch();
    this.#mustStartClean = cleanStart;
    const wire = world.open(this);
    this.wire = wire;
    this.isConnected = false;
    wire.cleanStart = wish.cleanStart;
    wire.expirySeconds = wish.expirySeconds;
    world.wills.asked(wire, will, wish.willDelaySeconds);
    this.send({
      type: PacketType.CONNECT,
      version,
      bridge: false,
      cleanStart: version === 5 ? wish.cleanStart : wish.expirySeconds === 0,
      keepAlive: profile.keepAliveSeconds,
      clientId: profile.clientId,
      will:
        will === null
          ? null
          : {
              topic: will.topic,
              payload: new TextEncoder().encode(will.payload),
              qos: will.qos,
              retain: will.retain,
              properties: version === 5 ? { willDelayInterval: wish.willDelaySeconds } : null,
            },
      username: profile.username,
      password: Uint8Array.of(1),
      properties:
        version === 5
          ? {
              sessionExpiryInterval: wish.expirySeconds,
              ...(profile.receiveMaximum === null ? {} : { receiveMaximum: profile.receiveMaximum }),
              ...(profile.topicAliasMaximum === 0 ? {} : { topicAliasMaximum: profile.topicAliasMaximum }),
              ...(profile.maximumPacketSize === null ? {} : { maximumPacketSize: profile.maximumPacketSize }),
            }
          : null,
    });
  }

  disconnect(reasonCode: number, expirySeconds: number | null): void {
    const { wire } = this;
    if (wire === null) return;
    wire.goodbye = { reasonCode: this.profile.version === 5 ? reasonCode : 0, expirySeconds };
    this.send({
      type: PacketType.DISCONNECT,
      reasonCode,
      properties: expirySeconds === null ? null : { sessionExpiryInterval: expirySeconds },
    });
    wire.deviceGone = 'closed';
    this.#forgetWire();
  }

  /** Sends so many of the answers that it owes. */
  answer(count: number): void {
    for (const packet of this.owed.splice(0, count)) {
      this.send(packet);
      this.arrivals.answered(packet);
    }
    if (this.isConnected) this.publishing.continue();
  }

  send(packet: Packet): void {
    this.world.trace(() => `${this.name} sends ${describe(packet)}`);
    this.wire?.send(encode(this.profile.version, packet));
  }

  /** A Packet Identifier that is not in use; small, so that each is used often. */
  nextIdentifier(): number {
    do this.#lastIdentifier = (this.#lastIdentifier % 30) + 1;
    while (this.subscribing.uses(this.#lastIdentifier) || this.publishing.uses(this.#lastIdentifier));
    return this.#lastIdentifier;
  }

  // What comes to it.

  /** Reads so many bytes, and notices the end behind the last of them. */
  read(count: number): void {
    const { wire, world } = this;
    if (wire === null) return;
    for (const sent of wire.read(count)) {
      world.trace(() => `${this.name} reads ${describe(sent.packet)}`);
      this.#handle(sent.packet, sent.madeAt, wire);
      if (this.wire !== wire) return;
    }
    if (wire.downBytes === 0 && (wire.ending !== null || wire.isOver)) this.lose('closed');
  }

  /** The connection is gone, whoever has ended it. */
  lose(how: 'closed' | 'lost' | 'silent'): void {
    const { wire, world } = this;
    if (wire === null) return;
    world.trace(() => `${this.name} has lost its connection ${wire.id} (${how})`);
    if (wire.isMidPacket) world.coverage.saw('connection cut in the middle of a packet');
    wire.deviceGone = how;
    wire.silentSince = world.now;
    this.#forgetWire();
  }

  #forgetWire(): void {
    const last = this.#online.at(-1);
    if (last !== undefined) last.until ??= this.world.stamp();
    this.wire = null;
    this.isConnected = false;
    this.owed = [];
    this.subscribing.disconnected();
    this.arrivals.disconnected();
    this.publishing.disconnected();
  }

  #handle(packet: Packet, madeAt: number, wire: Wire): void {
    switch (packet.type) {
      case PacketType.CONNACK:
        this.#accepted(packet, wire);
        break;
      case PacketType.PUBLISH:
        this.arrivals.publish(packet, madeAt, wire);
        break;
      case PacketType.PUBREL:
        this.arrivals.release(packet);
        break;
      case PacketType.PUBACK:
      case PacketType.PUBREC:
      case PacketType.PUBCOMP:
        this.publishing.acknowledged(packet);
        break;
      case PacketType.SUBACK:
      case PacketType.UNSUBACK:
        this.subscribing.answered(packet);
        break;
      case PacketType.DISCONNECT:
        this.lose('closed');
        break;
      case PacketType.PINGRESP:
        break;
      default:
        demand(false, 'only packets of a server', () => describe(packet));
    }
  }

  #accepted(packet: ConnackPacket, wire: Wire): void {
    const { world, profile } = this;
    if (packet.reasonCode !== 0) {
      this.refusedWith = packet.reasonCode;
      return;
    }
    this.refusedWith = null;
    this.#mustStartClean = false;
    this.isConnected = true;
    this.#online.push({ from: world.stamp(), until: null });
    world.sessions.confirmed(this, wire.id);
    // 3.1 does not say it.
    const present = profile.version === 3 ? !wire.hasNewSession : packet.sessionPresent;
    demand(present === !wire.hasNewSession, 'Session Present says what happened', () => this.name);
    demand(!(present && wire.cleanStart), 'Clean Start gives a new session [MQTT-3.1.2-4]', () => this.name);
    if (present) world.coverage.saw('session resumed');
    const session = world.sessions.numberOf(this);
    if (!present || session !== this.#session) this.#beginEpoch();
    this.#session = session;
    // Not before now: until the server has accepted it, the session of before was there.
    this.subscribing.accepted();
    this.arrivals.connected(packet);
    this.publishing.connected(packet);
  }

  /** What it knew of its session holds no longer. */
  #beginEpoch(): void {
    this.epoch++;
    this.subscribing.forget();
    this.#order.clear();
    this.arrivals.forget();
    this.publishing.forget();
  }
}

/** A packet in one line. */
export function describe(packet: Packet): string {
  return JSON.stringify(packet, (key, value: unknown) =>
    key === 'payload' && value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
}
