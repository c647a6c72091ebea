import { DecodeError, Framer, PacketType, ReasonCode, type ProtocolVersion } from '../../codec/mod.ts';
import type { FaultName } from '../../faults/mod.ts';
import type { BatchNumber, ConnectionId } from '../ids.ts';
import { leaveSession } from '../lifecycle.ts';
import type { Limits } from '../limits.ts';
import type { CloseCause, ConnectionFacts, EventKind, Verdict } from '../ports.ts';
import type { OutboundAliases } from '../session/aliases.ts';
import { pump } from '../session/deliver.ts';
import type { SessionLink } from '../session/link.ts';
import type { StorageWaiter } from '../storage-gate.ts';
import type { Timer } from '../timers.ts';
import { handleAcknowledgement } from './acknowledge.ts';
import { handleConnect, handleVerdict } from './connect.ts';
import type { Connected, ConnectionState, Identity } from './connection-state.ts';
import { DEFAULT_MANNERS, dialectOf, type Manners } from './dialect.ts';
import { handleAuth, handleDisconnect } from './disconnect.ts';
import { Intake } from './intake.ts';
import { answerToHttp, faultOfDecodeError, faultOfFirstBytes } from './malformed.ts';
import { Output } from './output.ts';
import { handlePingreq } from './ping.ts';
import { handlePublish } from './publish.ts';
import { handleSubscribe } from './subscribe.ts';
import { Unfinished } from './unfinished.ts';
import { handleUnsubscribe } from './unsubscribe.ts';
import type { World } from './world.ts';

/** Largest CONNECT, before a deployment and its limit are known: client id, will, user name and password of 64 KiB each fit. */
const CONNECT_BYTES_MAX = 384 * 1024;
/** How long a client waits for the answer that it came too soon: a storm of connects slows itself down by it. */
const REFUSE_LATER_MS = 1_000;
/** How long a client has to read the reason of its DISCONNECT before the connection is closed. */
const FAREWELL_MS = 100;

/** One network connection, from `opened` to `closed`. Packets are handled in a file for each type. */
export class Connection implements SessionLink, StorageWaiter {
  readonly connection: ConnectionId;
  readonly facts: ConnectionFacts;
  readonly world: World;
  readonly framer = new Framer(CONNECT_BYTES_MAX);
  state: ConnectionState;
  version: ProtocolVersion = 4;
  /** Who it says it is, from CONNECT on: for events. */
  identity: Identity | null = null;
  manners: Manners = DEFAULT_MANNERS;
  /** What both sides allow. */
  receiveMaximum = 65_535;
  /** The client's own (MQTT 5.0 section 3.1.2.11.3). */
  clientReceiveMaximum = 65_535;
  /** What it was told in CONNACK: how many QoS 1 and 2 messages it may have in flight. */
  announcedReceiveMaximum = 65_535;
  aliases: OutboundAliases | null = null;
  /** Highest alias that the client may use. */
  topicAliasMaximum = 0;
  /** Topics by alias from the client, this connection only [MQTT-3.3.2-7]; null before the first. */
  topicAliases: string[] | null = null;
  /** Identifiers of QoS 2 messages that came on this connection and are not released: they count against Receive Maximum. */
  readonly unreleased = new Set<number>();
  /** Milliseconds without a packet after which the connection ends; 0: never. */
  keepAliveMs = 0;
  lastPacketAt: number;
  /** The client is gone, and what it has left over is being handled: nothing can be sent to it. */
  isGone = false;
  readonly intake: Intake;
  readonly #output = new Output(this);
  #keepAliveTimer: Timer | null = null;
  readonly #unfinished: Unfinished;
  /** Closes a connection that has been told why. */
  #farewell: Timer | null = null;

  constructor(connection: ConnectionId, facts: ConnectionFacts, world: World, now: number) {
    this.connection = connection;
    this.facts = facts;
    this.world = world;
    this.lastPacketAt = now;
    this.intake = new Intake(this);
    this.#unfinished = new Unfinished(world.unfinished);
    const timer = world.timers.wait(facts.acceptedAt + world.connectTimeoutMs, (at) =>
      this.refuse('protocol.connect-timeout', null, at),
    );
    this.state = { kind: 'awaitingConnect', timer };
  }

  get maximumPacketSize(): number {
    return this.manners.maximumPacketSize;
  }

  get congested(): boolean {
    return this.#output.congested;
  }

  /** True while so much waits for the client that nothing may be added: it reads nothing and goes on sending. */
  get overfull(): boolean {
    return this.#output.overfull;
  }

  /** True until CONNACK is out. */
  get opening(): boolean {
    return this.#output.opening;
  }

  get unansweredPublishes(): number {
    return this.#output.unansweredPublishes;
  }

  /** Bytes have come. They are this connection's during the call only. */
  received(bytes: Uint8Array, now: number): void {
    const { state } = this;
    if (state.kind === 'closed') return;
    if (state.kind === 'connected') {
      state.broker.counters.bytesReceived += bytes.byteLength;
      this.intake.received(bytes.byteLength, now);
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
    this.refuse(fault, `first byte 0x${first.toString(16).padStart(2, '0')}`, now, answerToHttp(fault, now));
    return false;
  }

  /** Handles the packets that are there, until one has to wait. */
  process(now: number): void {
    try {
      while (this.intake.mayRead(now) && this.framer.next()) this.#handle(now);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#refuseBytes(error, now);
    }
    this.framer.release();
    const { bufferedBytes } = this.framer;
    if (this.state.kind !== 'awaitingConnect') this.#unfinished.hold(0);
    else if (this.#unfinished.hold(bufferedBytes))
      this.refuse('limit.unauthenticated-bytes', `${bufferedBytes} bytes of a CONNECT`, now);
    this.intake.settle();
  }

  #handle(now: number): void {
    const { state, framer } = this;
    const type = framer.header >> 4;
    this.lastPacketAt = now;
    if (state.kind === 'awaitingConnect') {
      this.world.timers.cancel(state.timer);
      return handleConnect(this, now);
    }
    if (state.kind !== 'connected' || (this.isGone && this.intake.skips(type, state.broker))) return;
    state.broker.counters.packetsReceived++;
    state.broker.work.packet(now);
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
        handlePingreq(this, now);
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
    const { state } = this;
    if (state.kind === 'connected') {
      if (error.reasonCode === ReasonCode.packetTooLarge) state.broker.context.reached.packetSizeBytes++;
      this.close(faultOfDecodeError(error), error.message, now, error.reasonCode);
    } else this.refuse(faultOfDecodeError(error), error.message, now);
  }

  /** The verdict on the user name and password has come. */
  authenticated(verdict: Verdict, now: number): void {
    if (this.state.kind !== 'authenticating') return;
    handleVerdict(this, this.state.login, verdict, now);
    this.process(now);
  }

  /** The verdict was good, and CONNECT waited for the journal. */
  storageChanged(now: number): void {
    this.authenticated({ kind: 'accepted' }, now);
  }

  /** Becomes connected; `connack` goes out first, once `batch` is durable, and everything else behind it. */
  connect(state: Connected, keepAliveMs: number, connack: Uint8Array, batch: BatchNumber, now: number): void {
    this.state = state;
    this.keepAliveMs = keepAliveMs;
    if (keepAliveMs > 0) this.#armKeepAlive(now + keepAliveMs);
    this.#output.open(state.broker, connack, batch);
  }

  /** [MQTT-3.1.2-22]: one and a half times the keep-alive without a packet. One timer, moved only when it fires. */
  #armKeepAlive(at: number): void {
    this.#keepAliveTimer = this.world.timers.wait(at, (now) => {
      const due = this.lastPacketAt + this.keepAliveMs;
      const { paused } = this.intake;
      if (paused || now < due) this.#armKeepAlive(paused ? now + this.keepAliveMs : due);
      else this.close('connection.keep-alive', null, now);
    });
  }

  /** See `Output`. */
  cork(): void {
    this.#output.cork();
  }

  uncork(batch: BatchNumber, answer: Uint8Array, answers: boolean): void {
    this.#output.uncork(batch, answer, answers);
  }

  write(bytes: Uint8Array): void {
    this.#output.write(bytes, 0, bytes.byteLength);
  }

  writePart(bytes: Uint8Array, start: number, end: number): void {
    this.#output.write(bytes, start, end);
  }

  writeAside(bytes: Uint8Array): void {
    this.#output.writeAside(bytes);
  }

  writeDurable(batch: BatchNumber, bytes: Uint8Array): void {
    this.#output.writeDurable(batch, bytes);
  }

  /**
   * Answers SUBSCRIBE or UNSUBSCRIBE. What the client cannot take may not be sent [MQTT-3.1.2-24], and without an answer
   * it cannot go on.
   * @returns false when the connection was closed.
   */
  answer(batch: BatchNumber, bytes: Uint8Array, now: number): boolean {
    if (bytes.byteLength > this.maximumPacketSize) {
      const detail = `an answer of ${bytes.byteLength} bytes`;
      this.close('limit.client-packet-size', detail, now, ReasonCode.packetTooLarge);
      return false;
    }
    this.#output.writeDurable(batch, bytes);
    return true;
  }

  /** The journal has come further: what waited for it goes out. @returns whether something still waits. */
  journaled(durableBatch: BatchNumber, now: number): boolean {
    const wasOpening = this.#output.opening;
    if (!this.#output.journaled(durableBatch)) return this.#output.waits;
    if (wasOpening) this.process(now);
    this.#relieve(now);
    this.intake.drained(now);
    return this.#output.waits;
  }

  /** The edge has sent bytes, or has more unsent than it said last. */
  drained(bufferedBytes: number, now: number): void {
    this.#output.drained(bufferedBytes);
    this.#relieve(now);
    this.intake.drained(now);
  }

  #relieve(now: number): void {
    const { state } = this;
    if (state.kind === 'connected' && this.#output.relieve()) pump(state.broker.context, state.session, now);
  }

  /**
   * Limits have changed while it is connected. What CONNACK has told a 5.0 client stays until its next CONNECT; a 3.x client
   * was told nothing.
   */
  limitsChanged(limits: Limits, now: number): void {
    const { state } = this;
    if (state.kind !== 'connected') return;
    this.receiveMaximum = Math.min(this.clientReceiveMaximum, limits.inFlightOut ?? this.clientReceiveMaximum);
    if (this.version !== 5 && limits.packetSizeBytes !== null) this.framer.maximumPacketSize = limits.packetSizeBytes;
    pump(state.broker.context, state.session, now);
    this.intake.limitsChanged(limits, now);
  }

  /** Refuses a connection that has no session, in a moment. */
  refuseLater(fault: FaultName, answer: Uint8Array | null, now: number): void {
    const timer = this.world.timers.wait(now + REFUSE_LATER_MS, (at) => this.refuse(fault, null, at, answer));
    this.state = { kind: 'refusing', fault, timer };
  }

  /** Refuses a connection that has no session: CONNACK where the fault has one and the version is known, then close. */
  refuse(fault: FaultName, detail: string | null, now: number, answer: Uint8Array | null = null): void {
    const { state } = this;
    if (state.kind === 'closed' || state.kind === 'connected') return;
    if (state.kind === 'awaitingConnect' || state.kind === 'refusing') this.world.timers.cancel(state.timer);
    if (state.kind === 'authenticating') state.login.broker.storage.leave(this);
    if (answer !== null) this.world.outbox.send(this.connection, answer);
    this.#unfinished.hold(0);
    this.state = { kind: 'closed' };
    this.world.outbox.end(this.connection);
    const deployment = this.identity?.deployment ?? null;
    const broker = deployment === null ? undefined : this.world.broker(deployment);
    if (broker !== undefined) broker.counters.connectsRefused++;
    this.emit('connection.refused', fault, detail, now);
  }

  /** Ends an open connection: says why where the version can (5.0), then closes. */
  close(fault: FaultName, detail: string | null, now: number, reasonCode: number | null = null): void {
    const { state } = this;
    if (state.kind !== 'connected') {
      this.refuse(fault, detail, now);
      return;
    }
    const farewell = dialectOf(this.version).disconnect(fault, reasonCode, detail, this.manners);
    const isSaid = farewell !== null && this.#output.sendLast(farewell);
    this.#leave(state, fault, detail, true, now);
    // A client that is still sending would be cut off before it has read why.
    if (isSaid)
      this.#farewell = this.world.timers.wait(now + FAREWELL_MS, () => this.world.outbox.end(this.connection));
    else this.world.outbox.end(this.connection);
  }

  /** The client has said goodbye with DISCONNECT. */
  depart(fault: FaultName, keepWill: boolean, detail: string | null, now: number): void {
    if (this.state.kind !== 'connected') return;
    this.#leave(this.state, fault, detail, keepWill, now);
    this.world.outbox.end(this.connection);
  }

  /** The network connection is gone. */
  closed(cause: CloseCause, now: number): void {
    if (cause.kind === 'peer' || cause.kind === 'lost') this.intake.finish(now);
    const { state } = this;
    if (this.#farewell !== null) this.world.timers.cancel(this.#farewell);
    if (state.kind === 'closed') return;
    const fault = cause.kind === 'fault' ? cause.fault : null;
    const detail = cause.kind === 'fault' || cause.kind === 'lost' ? cause.detail : null;
    // Cut from this side without a word of ours: the core gave it up.
    const other = cause.kind === 'local' ? 'server.error' : 'connection.lost';
    if (state.kind === 'connected') {
      this.#leave(state, fault ?? other, detail ?? 'closed without DISCONNECT', true, now);
    } else {
      const early = state.kind === 'awaitingConnect' && cause.kind !== 'local';
      const own = state.kind === 'refusing' ? state.fault : fault;
      this.refuse(own ?? (early ? 'protocol.closed-before-connect' : other), detail, now);
    }
  }

  #leave(state: Connected, fault: FaultName, detail: string | null, keepWill: boolean, now: number): void {
    this.intake.stop();
    this.state = { kind: 'closed' };
    this.#output.discard();
    this.world.waiting.delete(this);
    if (this.#keepAliveTimer !== null) this.world.timers.cancel(this.#keepAliveTimer);
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
