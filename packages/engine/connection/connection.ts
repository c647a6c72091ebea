import {
  DecodeError,
  emptyPublish,
  Framer,
  PacketType,
  type ProtocolVersion,
  type PublishPacket,
} from '../../codec/mod.ts';
import type { FaultName } from '../../faults/mod.ts';
import type { Broker } from '../broker.ts';
import type { BatchNumber, ConnectionId, DeploymentId } from '../ids.ts';
import { leaveSession } from '../lifecycle.ts';
import type { CloseCause, ConnectionFacts, EventKind, Verdict } from '../ports.ts';
import type { OutboundAliases } from '../session/aliases.ts';
import { pump } from '../session/deliver.ts';
import type { SessionLink } from '../session/link.ts';
import type { Session } from '../session/session.ts';
import type { Timer } from '../timers.ts';
import { TokenBucket } from '../token-bucket.ts';
import { handleAcknowledgement } from './acknowledge.ts';
import { handleConnect, handleVerdict, type Login } from './connect.ts';
import { DEFAULT_MANNERS, dialectOf, type Manners } from './dialect.ts';
import { handleAuth, handleDisconnect } from './disconnect.ts';
import { answerToHttp, faultOfDecodeError, faultOfFirstBytes } from './malformed.ts';
import { handlePingreq } from './ping.ts';
import { handlePublish } from './publish.ts';
import { handleSubscribe } from './subscribe.ts';
import { handleUnsubscribe } from './unsubscribe.ts';
import type { World } from './world.ts';

/** Largest CONNECT, before a deployment and its limit are known: client id, will, user name and password of 64 KiB each fit. */
const CONNECT_BYTES_MAX = 384 * 1024;
/** How long a publisher waits before it looks again whether the journal has caught up. */
const STALL_RETRY_MS = 20;
/** How long a client has to read the reason of its DISCONNECT before the connection is closed. */
const FAREWELL_MS = 100;
/** Time from accept to CONNECT. */
export const CONNECT_TIMEOUT_MS = 30_000;

/**
 * Where a connection stands (MQTT 5.0 section 3.1). `awaitingConnect`: nothing but CONNECT may come.
 * `authenticating`: packets behind CONNECT wait. `connected`: has a session. `closed`: for good.
 */
export type ConnectionState =
  | { readonly kind: 'awaitingConnect'; readonly timer: Timer }
  | { readonly kind: 'authenticating'; readonly login: Login }
  | { readonly kind: 'connected'; readonly broker: Broker; readonly session: Session }
  | { readonly kind: 'closed' };

/** A connection that has a session: what packet handlers work with. */
export type Connected = Extract<ConnectionState, { kind: 'connected' }>;

/** What CONNECT said; the deployment is null where the address led to none. */
export interface Identity {
  readonly deployment: DeploymentId | null;
  readonly clientId: string;
  readonly username: string | null;
}

interface Held {
  readonly batch: BatchNumber;
  readonly bytes: Uint8Array;
}

/** One network connection, from `opened` to `closed`. Packets are handled in a file for each type. */
export class Connection implements SessionLink {
  readonly connection: ConnectionId;
  readonly facts: ConnectionFacts;
  readonly world: World;
  readonly framer = new Framer(CONNECT_BYTES_MAX);
  state: ConnectionState;
  version: ProtocolVersion = 4;
  /** Who it says it is, from CONNECT on: for events. */
  identity: Identity | null = null;
  manners: Manners = DEFAULT_MANNERS;
  receiveMaximum = 65_535;
  aliases: OutboundAliases | null = null;
  congested = false;
  /** Highest alias that the client may use. */
  topicAliasMaximum = 0;
  /** Topics by alias from the client, this connection only [MQTT-3.3.2-7]. */
  readonly topicAliases: string[] = [];
  /** QoS 1 messages whose PUBACK waits for the journal: they count against Receive Maximum. */
  unansweredPublishes = 0;
  /** Milliseconds without a packet after which the connection ends; 0: never. */
  keepAliveMs = 0;
  lastPacketAt: number;
  readonly publishes: TokenBucket;
  readonly bytes: TokenBucket;
  /** Reused for every PUBLISH. */
  readonly publish: PublishPacket = emptyPublish();
  #held: Held[] = [];
  #heldBytes = 0;
  #corked: Held[] | null = null;
  #opening = false;
  #keepAliveTimer: Timer | null = null;
  #pause: Timer | null = null;

  constructor(connection: ConnectionId, facts: ConnectionFacts, world: World, now: number) {
    this.connection = connection;
    this.facts = facts;
    this.world = world;
    this.lastPacketAt = now;
    this.publishes = new TokenBucket(null, now);
    this.bytes = new TokenBucket(null, now);
    const timer = world.timers.schedule(facts.acceptedAt + CONNECT_TIMEOUT_MS, (at) =>
      this.refuse('protocol.connect-timeout', null, at),
    );
    this.state = { kind: 'awaitingConnect', timer };
  }

  get maximumPacketSize(): number {
    return this.manners.maximumPacketSize;
  }

  /** Bytes have come. They are this connection's during the call only. */
  received(bytes: Uint8Array, now: number): void {
    const { state } = this;
    if (state.kind === 'closed') return;
    if (state.kind === 'connected') {
      state.broker.counters.bytesReceived += bytes.byteLength;
      this.bytes.take(bytes.byteLength, now);
    }
    if (state.kind === 'awaitingConnect' && this.framer.bufferedBytes === 0 && !this.#isMqtt(bytes, now)) return;
    this.framer.push(bytes);
    this.process(now);
  }

  /** Judges the first bytes of a connection: anything but CONNECT ends it without a word of MQTT [MQTT-3.1.0-1]. */
  #isMqtt(bytes: Uint8Array, now: number): boolean {
    const first = bytes[0] ?? 0;
    if (first >> 4 === PacketType.CONNECT) return true;
    const fault = faultOfFirstBytes(bytes);
    this.refuse(fault, `first byte 0x${first.toString(16).padStart(2, '0')}`, now, answerToHttp(fault));
    return false;
  }

  /** Handles the packets that are there, until one has to wait. */
  process(now: number): void {
    try {
      while (this.#mayRead(now) && this.framer.next()) this.#handle(now);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#refuseBytes(error, now);
    }
    this.framer.release();
  }

  /** Whether the next packet may be handled now; pauses reading where a rate is exceeded. */
  #mayRead(now: number): boolean {
    const { state } = this;
    if (state.kind === 'awaitingConnect') return true;
    if (state.kind !== 'connected' || this.#opening || this.#pause !== null) return false;
    const { messages } = state.broker;
    const { stalled } = this.world;
    if (!stalled && !messages.limited && !this.publishes.limited && !this.bytes.limited) return true;
    if (this.framer.peekFirstByte() >> 4 !== PacketType.PUBLISH) return true;
    const wait = Math.max(
      this.publishes.waitMs(now),
      this.bytes.waitMs(now),
      messages.waitMs(now),
      stalled ? STALL_RETRY_MS : 0,
    );
    if (wait === 0) return true;
    this.#pauseReading(wait, state, now);
    return false;
  }

  /** Back-pressure: the socket is read later, and the keep-alive clock stands still meanwhile. */
  #pauseReading(waitMs: number, { broker, session }: Connected, now: number): void {
    this.world.outbox.pause(this.connection);
    if (broker.counters.readPauses++ === 0)
      broker.emit('reading.paused', 'limit.message-rate', now, session, `${waitMs} ms`);
    this.#pause = this.world.timers.schedule(now + waitMs, (at) => {
      this.#pause = null;
      this.lastPacketAt = at;
      this.world.outbox.resume(this.connection);
      this.process(at);
    });
  }

  #handle(now: number): void {
    const { state, framer } = this;
    const type = framer.header >> 4;
    this.lastPacketAt = now;
    if (state.kind === 'awaitingConnect') {
      this.world.timers.cancel(state.timer);
      handleConnect(this, now);
      return;
    }
    if (state.kind !== 'connected') return;
    state.broker.counters.packetsReceived++;
    state.broker.context.store.mark();
    switch (type) {
      case PacketType.PUBLISH:
        handlePublish(this, state, now);
        break;
      case PacketType.PUBACK:
      case PacketType.PUBREC:
      case PacketType.PUBREL:
      case PacketType.PUBCOMP:
        handleAcknowledgement(this, state, now);
        break;
      case PacketType.SUBSCRIBE:
        handleSubscribe(this, state, now);
        break;
      case PacketType.UNSUBSCRIBE:
        handleUnsubscribe(this, state, now);
        break;
      case PacketType.PINGREQ:
        handlePingreq(this);
        break;
      case PacketType.DISCONNECT:
        handleDisconnect(this, state, now);
        break;
      case PacketType.AUTH:
        handleAuth(this, now);
        break;
      case PacketType.CONNECT:
        // [MQTT-3.1.0-2]
        this.close('protocol.second-connect', null, now);
        break;
      default:
        // CONNACK, SUBACK, UNSUBACK, PINGRESP and type 0 are not for a server.
        this.close('protocol.error', `packet type ${type} from a client`, now);
    }
  }

  #refuseBytes(error: DecodeError, now: number): void {
    if (this.state.kind === 'connected') this.close(faultOfDecodeError(error), error.message, now, error.reasonCode);
    else this.refuse(faultOfDecodeError(error), error.message, now);
  }

  /** The verdict on the user name and password has come. */
  authenticated(verdict: Verdict, now: number): void {
    if (this.state.kind !== 'authenticating') return;
    handleVerdict(this, this.state.login, verdict, now);
    this.process(now);
  }

  /** Becomes connected; `connack` goes out first, once `batch` is durable, and everything else behind it. */
  connect(state: Connected, keepAliveMs: number, connack: Uint8Array, batch: BatchNumber, now: number): void {
    this.state = state;
    this.keepAliveMs = keepAliveMs;
    if (keepAliveMs > 0) this.#armKeepAlive(now + keepAliveMs);
    if (batch <= this.world.durableBatch) {
      this.#send(connack);
      return;
    }
    this.#opening = true;
    this.#hold(batch, connack);
  }

  /** [MQTT-3.1.2-22]: one and a half times the keep-alive without a packet. One timer, moved only when it fires. */
  #armKeepAlive(at: number): void {
    this.#keepAliveTimer = this.world.timers.schedule(at, (now) => {
      const due = this.lastPacketAt + this.keepAliveMs;
      if (this.#pause !== null || now < due) this.#armKeepAlive(this.#pause === null ? due : now + this.keepAliveMs);
      else this.close('connection.keep-alive', null, now);
    });
  }

  /** From now on, what is for this client waits for `uncork`: the answer to its own publish goes first. */
  cork(): void {
    this.#corked = [];
  }

  /** Sends `answer` once the batch is durable, then what has waited since `cork`. */
  uncork(batch: BatchNumber, answer: Uint8Array): void {
    const corked = this.#corked ?? [];
    this.#corked = null;
    this.writeDurable(batch, answer);
    for (const entry of corked) this.writeDurable(entry.batch, entry.bytes);
  }

  write(bytes: Uint8Array): void {
    if (this.#corked !== null) this.#corked.push({ batch: 0, bytes: bytes.slice() });
    else if (this.#opening) this.#hold(0, bytes.slice());
    else this.#send(bytes);
  }

  /** Acknowledgements leave in the order of their PUBLISH packets [MQTT-4.6.0-2], so one that waits holds up the next. */
  writeDurable(batch: BatchNumber, bytes: Uint8Array): void {
    if (this.#corked !== null) this.#corked.push({ batch, bytes });
    else if (this.#held.length === 0 && batch <= this.world.durableBatch) this.#send(bytes);
    else this.#hold(batch, bytes);
  }

  #hold(batch: BatchNumber, bytes: Uint8Array): void {
    this.#held.push({ batch, bytes });
    this.#heldBytes += bytes.byteLength;
    this.world.waiting.add(this);
    this.#judgeCongestion(this.#heldBytes);
  }

  #send(bytes: Uint8Array): void {
    const { state } = this;
    if (state.kind === 'connected') {
      state.broker.counters.packetsSent++;
      state.broker.counters.bytesSent += bytes.byteLength;
    }
    this.#judgeCongestion(this.world.outbox.send(this.connection, bytes));
  }

  #judgeCongestion(bufferedBytes: number): void {
    if (this.state.kind !== 'connected') return;
    const { outboundBufferBytes } = this.state.broker.context.limits;
    if (outboundBufferBytes !== null && bufferedBytes > outboundBufferBytes) this.congested = true;
  }

  /** The journal has come further: what waited for it goes out. @returns whether something still waits. */
  journaled(durableBatch: BatchNumber, now: number): boolean {
    const held = this.#held;
    let sent = 0;
    for (let entry = held[0]; entry !== undefined && entry.batch <= durableBatch; entry = held[sent]) {
      sent++;
      this.#heldBytes -= entry.bytes.byteLength;
      this.#send(entry.bytes);
    }
    if (sent === 0) return held.length > 0;
    this.#held = held.slice(sent);
    this.unansweredPublishes = Math.min(this.unansweredPublishes, this.#held.length);
    if (this.#opening && this.#held.length === 0) {
      this.#opening = false;
      this.process(now);
    }
    this.#relieve(this.#heldBytes, now);
    return this.#held.length > 0;
  }

  /** The edge has sent bytes, or has more unsent than it said last. */
  drained(bufferedBytes: number, now: number): void {
    this.#judgeCongestion(bufferedBytes);
    this.#relieve(bufferedBytes, now);
  }

  #relieve(bufferedBytes: number, now: number): void {
    const { state } = this;
    if (state.kind !== 'connected') return;
    const { outboundBufferBytes } = state.broker.context.limits;
    if (this.congested && (outboundBufferBytes === null || bufferedBytes <= outboundBufferBytes / 2)) {
      this.congested = false;
      pump(state.broker.context, state.session, now);
    }
  }

  /** Refuses a connection that has no session: CONNACK where the fault has one and the version is known, then close. */
  refuse(fault: FaultName, detail: string | null, now: number, answer: Uint8Array | null = null): void {
    const { state } = this;
    if (state.kind === 'closed' || state.kind === 'connected') return;
    if (state.kind === 'awaitingConnect') this.world.timers.cancel(state.timer);
    if (answer !== null) this.world.outbox.send(this.connection, answer);
    this.state = { kind: 'closed' };
    this.world.outbox.end(this.connection);
    if (state.kind === 'authenticating') state.login.broker.counters.connectsRefused++;
    this.emit('connection.refused', fault, detail, now);
  }

  /** Ends an open connection: says why where the version can (5.0), then closes. */
  close(fault: FaultName, detail: string | null, now: number, reasonCode: number | null = null): void {
    const { state } = this;
    if (state.kind !== 'connected') {
      this.refuse(fault, detail, now);
      return;
    }
    const farewell = this.#opening ? null : dialectOf(this.version).disconnect(fault, reasonCode, detail, this.manners);
    if (farewell !== null) this.#send(farewell);
    this.#leave(state, fault, detail, true, now);
    if (farewell === null) this.world.outbox.end(this.connection);
    // A client that is still sending would be cut off before it has read why.
    else this.world.timers.schedule(now + FAREWELL_MS, () => this.world.outbox.end(this.connection));
  }

  /** The client has said goodbye with DISCONNECT. */
  depart(fault: FaultName, keepWill: boolean, detail: string | null, now: number): void {
    if (this.state.kind !== 'connected') return;
    this.#leave(this.state, fault, detail, keepWill, now);
    this.world.outbox.end(this.connection);
  }

  /** The network connection is gone. */
  closed(cause: CloseCause, now: number): void {
    const { state } = this;
    if (state.kind === 'closed') return;
    const fault = cause.kind === 'fault' ? cause.fault : null;
    const detail = cause.kind === 'fault' || cause.kind === 'lost' ? cause.detail : null;
    if (state.kind === 'connected') {
      this.#leave(state, fault ?? 'connection.lost', detail ?? 'closed without DISCONNECT', true, now);
    } else {
      this.refuse(fault ?? 'protocol.closed-before-connect', detail, now);
    }
  }

  #leave(state: Connected, fault: FaultName, detail: string | null, keepWill: boolean, now: number): void {
    this.state = { kind: 'closed' };
    this.#held = [];
    this.world.waiting.delete(this);
    if (this.#keepAliveTimer !== null) this.world.timers.cancel(this.#keepAliveTimer);
    if (this.#pause !== null) this.world.timers.cancel(this.#pause);
    this.emit('connection.closed', fault, detail, now);
    leaveSession(state.broker, state.session, keepWill, now);
  }

  /** Says what happened to this connection or through it. */
  emit(kind: EventKind, fault: FaultName | null, detail: string | null, now: number): void {
    const { identity } = this;
    this.world.events.emit({
      kind,
      at: now,
      fault,
      deployment: identity?.deployment ?? this.facts.deployment,
      connection: this.connection,
      facts: this.facts,
      protocolVersion: identity === null ? null : this.version,
      clientId: identity?.clientId ?? null,
      username: identity?.username ?? null,
      detail,
      count: 1,
    });
  }
}
