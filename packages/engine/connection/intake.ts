import { PacketType } from '../../codec/mod.ts';
import type { FaultName } from '../../faults/mod.ts';
import type { Broker } from '../broker.ts';
import type { LimitName, Limits } from '../limits.ts';
import type { Timer } from '../timers.ts';
import { TokenBucket } from '../token-bucket.ts';
import type { StorageWaiter } from '../storage-gate.ts';
import type { Waiter } from '../turns.ts';
import type { Connection } from './connection.ts';

/** How much may have been read and not been handled before the socket is not read any more. */
const AHEAD_BYTES_MAX = 64 * 1024;
/** Work of one Topic Filter, in units of `Work`: routes, journal, event. */
const UNITS_PER_FILTER = 8;
/** How often at most an event repeats that one connection is read later for the same reason. */
const PAUSE_EVENT_INTERVAL_MS = 60_000;
/** What a packet that costs work and few bytes counts as against the byte rate of its client: else two bytes could keep a core busy. */
const CONTROL_PACKET_BYTES = 1024;
/**
 * While memory is short, each publisher is read one message in this time. Never none: what frees memory, the
 * acknowledgements of the same client, comes behind its messages.
 */
const OVERLOAD_INTERVAL_MS = 1_000;

/**
 * Why the packets of a connection are not handled now. `time`: a rate of the client, or the server is short of
 * something. `deployment`: the rate of the deployment. `reader`: it does not read what it has caused. `work`: the
 * deployment has had its share of this turn of the loop. `storage`: the journal takes nothing more of the deployment.
 */
type Wait = 'time' | 'deployment' | 'reader' | 'work' | 'storage';

/** Decides when the packets of one connection are handled: back-pressure by reading later. Nothing is dropped here while the client is there. */
export class Intake implements Waiter, StorageWaiter {
  readonly #owner: Connection;
  /** Rates of the client; null where there is none. */
  #publishes: TokenBucket | null = null;
  #bytes: TokenBucket | null = null;
  #wait: Wait | null = null;
  #timer: Timer | null = null;
  /** One message may be handled whatever the deployment's rate or the memory say: its turn has come. */
  #granted = false;
  #paused = false;
  /** Packets of a client that is gone for which there was no time, or no journal. */
  #passedOver = 0;
  /** By reason, when it was said last. */
  #saidAt: Map<string, number> | null = null;

  constructor(owner: Connection) {
    this.#owner = owner;
  }

  /** True while the server reads nothing from the client by its own will: the keep-alive clock stands still. */
  get paused(): boolean {
    return this.#paused;
  }

  setRates(limits: Limits, now: number): void {
    this.#publishes = bucketWith(this.#publishes, limits.publishesPerSecondPerClient, now);
    this.#bytes = bucketWith(this.#bytes, limits.bytesPerSecondPerClient, now);
  }

  /** Limits have changed while it was connected: what waits for a rate looks again. */
  limitsChanged(limits: Limits, now: number): void {
    this.setRates(limits, now);
    if (this.#wait === 'time') this.#go(now);
  }

  /** Bytes have come in. */
  received(byteCount: number, now: number): void {
    this.#bytes?.take(byteCount, now);
  }

  /** A PUBLISH is being handled. */
  published(now: number): void {
    this.#publishes?.take(1, now);
  }

  /** A packet is being handled that carries no message and answers none: PINGREQ, an acknowledgement of nothing. */
  controlled(now: number): void {
    this.#bytes?.take(CONTROL_PACKET_BYTES, now);
  }

  /**
   * Topic Filters are being added or removed: each costs as much as a message. All of them are the client's to wait for; what one packet makes the
   * deployment wait is bounded.
   */
  filtered(broker: Broker, count: number, now: number): void {
    this.#bytes?.take(CONTROL_PACKET_BYTES, now);
    this.#publishes?.take(count, now);
    broker.messages.takeOfOneSecond(count, now);
    broker.work.spend(count * UNITS_PER_FILTER);
  }

  /** Whether the next packet may be handled now. If not, `Connection.process` is called when it may. */
  mayRead(now: number): boolean {
    const { state, world, framer } = this.#owner;
    if (state.kind === 'awaitingConnect') return true;
    if (state.kind !== 'connected') return false;
    if (this.#owner.isGone) return true;
    if (this.#owner.opening || this.#wait !== null) return false;
    const { broker } = state;
    const first = framer.peekFirstByte();
    if (first < 0) return true;
    if (broker.work.isSpent) return this.#waitFor('work', broker, now);
    if (this.#owner.overfull) return this.#waitFor('reader', broker, now);
    const { messages, turns } = broker;
    const { overloaded } = world;
    if (!overloaded && !messages.limited && this.#publishes === null && this.#bytes === null) return true;
    const byteWait = this.#bytes?.waitMs(now) ?? 0;
    if (byteWait > 0) return this.#waitMs('bytesPerSecondPerClient', byteWait, broker, now);
    const type = first >> 4;
    // Topic Filters cost as much as messages, and a subscription as many more as there are retained ones for it.
    if (type !== PacketType.PUBLISH && type !== PacketType.SUBSCRIBE && type !== PacketType.UNSUBSCRIBE) return true;
    const publishWait = this.#publishes?.waitMs(now) ?? 0;
    if (publishWait > 0) return this.#waitMs('publishesPerSecondPerClient', publishWait, broker, now);
    if (this.#granted) {
      this.#granted = false;
      return true;
    }
    if (overloaded && type === PacketType.PUBLISH)
      return this.#waitMs('memoryHighWaterPercent', OVERLOAD_INTERVAL_MS, broker, now);
    const wait = messages.limited ? turns.waitMs(now) : 0;
    if (wait === 0) return true;
    this.#count('messagesPerSecond', wait, broker, now);
    turns.join(this, now);
    return this.#waitFor('deployment', broker, now);
  }

  /** After packets were handled as far as possible: what has been read and not handled stays bounded. */
  settle(): void {
    const { kind } = this.#owner.state;
    if (kind === 'closed') return;
    const late =
      kind === 'authenticating' ||
      kind === 'refusing' ||
      (kind === 'connected' && this.#owner.opening) ||
      this.#wait === 'work';
    const isFull = late && this.#owner.framer.bufferedBytes > AHEAD_BYTES_MAX;
    this.#setPaused(isFull || (this.#wait !== null && this.#wait !== 'work'));
  }

  /** The turn of the loop is over: the deployment has work for the next. */
  nextTurn(now: number): void {
    if (this.#wait === 'work') this.#go(now);
  }

  /** The client has read what was sent to it. */
  drained(now: number): void {
    if (this.#wait === 'reader' && !this.#owner.overfull) this.#go(now);
  }

  /** The rate of the deployment allows one more message, and it is this one's turn. */
  turn(now: number): void {
    this.#granted = true;
    this.#go(now);
  }

  /** The packet that is being handled needs the journal, and that takes nothing more: it is handled again when it may, unless its client is gone. */
  postpone(broker: Broker, now: number): void {
    if (this.#owner.isGone) {
      broker.counters.packetsReceived--;
      this.#passedOver++;
      return;
    }
    this.#owner.framer.putBack();
    broker.counters.packetsReceived--;
    broker.storage.wait(this);
    this.#count('journal', 0, broker, now);
    this.#waitFor('storage', broker, now);
  }

  /** The journal takes more, or says no: it is tried again. */
  storageChanged(now: number): void {
    if (this.#wait === 'storage') this.#go(now);
  }

  /**
   * The client has closed, or the network: what it had sent before counts as sent, whatever it has waited for. It is handled now, as far as `Work`
   * goes. Behind that only a DISCONNECT counts, since the will goes by it [MQTT-3.14.4-3]; the rest is lost, and said: it was not acknowledged.
   */
  finish(now: number): void {
    const { state, framer } = this.#owner;
    if (state.kind !== 'connected' || framer.bufferedBytes === 0) return;
    const { work } = state.broker;
    this.#leaveQueues();
    this.#owner.isGone = true;
    work.serveGone(true);
    try {
      this.#owner.process(now);
    } finally {
      work.serveGone(false);
    }
    const lost = this.#passedOver;
    if (lost > 0) this.#owner.emit('message.dropped', null, `packets from before the client left: ${lost}`, now);
  }

  /** Whether a packet of this type is passed over: one of a client that is gone, for which there is no time. */
  skips(type: number, broker: Broker): boolean {
    if (type === PacketType.DISCONNECT || broker.work.hasShareForGone) return false;
    this.#passedOver++;
    return true;
  }

  /** The connection is over. */
  stop(): void {
    this.#leaveQueues();
  }

  /** Waits for nothing any more. */
  #leaveQueues(): void {
    const { state, world } = this.#owner;
    if (this.#timer !== null) world.timers.cancel(this.#timer);
    this.#timer = null;
    world.later.delete(this.#owner);
    if (state.kind === 'connected') {
      state.broker.turns.leave(this);
      state.broker.storage.leave(this);
    }
    this.#wait = null;
  }

  #waitFor(wait: Wait, broker: Broker, now: number): false {
    this.#wait = wait;
    if (wait === 'work') this.#owner.world.later.add(this.#owner);
    if (wait === 'reader') this.#count('outboundBufferBytes', 0, broker, now);
    return false;
  }

  #waitMs(why: LimitName | 'memoryHighWaterPercent', milliseconds: number, broker: Broker, now: number): false {
    this.#count(why, milliseconds, broker, now);
    this.#timer = this.#owner.world.timers.wait(now + milliseconds, (at) => {
      this.#timer = null;
      this.#granted = why === 'memoryHighWaterPercent';
      this.#go(at);
    });
    return this.#waitFor('time', broker, now);
  }

  /** Goes on reading. The keep-alive clock begins anew. */
  #go(now: number): void {
    if (this.#timer !== null) this.#owner.world.timers.cancel(this.#timer);
    this.#timer = null;
    if (this.#wait !== 'work') this.#owner.lastPacketAt = now;
    this.#wait = null;
    this.#owner.process(now);
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    const { outbox } = this.#owner.world;
    if (paused) outbox.pause(this.#owner.connection);
    else outbox.resume(this.#owner.connection);
  }

  #count(
    why: LimitName | 'journal' | 'memoryHighWaterPercent',
    milliseconds: number,
    broker: Broker,
    now: number,
  ): void {
    broker.counters.readPauses++;
    const isLimit = why !== 'journal' && why !== 'memoryHighWaterPercent';
    if (why === 'memoryHighWaterPercent') this.#owner.world.overload.count++;
    if (isLimit) broker.context.reached[why]++;
    this.#saidAt ??= new Map();
    const ago = now - (this.#saidAt.get(why) ?? -Infinity);
    // Less than nothing: the clock has been set back.
    if (ago >= 0 && ago < PAUSE_EVENT_INTERVAL_MS) return;
    this.#saidAt.set(why, now);
    const fault: FaultName = !isLimit
      ? why === 'journal' && broker.storage.state === 'failed'
        ? 'server.storage'
        : 'server.busy'
      : why === 'outboundBufferBytes'
        ? 'limit.outbound-buffer'
        : 'limit.message-rate';
    this.#owner.emit('reading.paused', fault, milliseconds === 0 ? why : `${why}: ${milliseconds} ms`, now);
  }
}

/** The bucket for a rate; null where there is none. */
function bucketWith(bucket: TokenBucket | null, rate: number | null, now: number): TokenBucket | null {
  if (rate === null) return null;
  if (bucket === null) return new TokenBucket(rate, now);
  bucket.setRate(rate, now);
  return bucket;
}
