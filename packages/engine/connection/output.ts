import type { Broker } from '../broker.ts';
import type { BatchNumber } from '../ids.ts';
import type { Connection } from './connection.ts';

interface Held {
  /** 0: waits for nothing but its turn. */
  readonly batch: BatchNumber;
  readonly bytes: Uint8Array;
  /** Ends the exchange of a QoS 1 or 2 PUBLISH of the client. */
  readonly answers: boolean;
}

/**
 * What goes out on one connection: at once, or in order behind something that waits for the journal. Also knows when so
 * much waits for the client that it is congested.
 */
export class Output {
  readonly #owner: Connection;
  #broker: Broker | null = null;
  /** What waits, in order; null while nothing does, as for nearly all connections at nearly all times. */
  #held: Held[] | null = null;
  #heldBytes = 0;
  /** Of those held, the ones that wait for their turn only. */
  #heldInTurn = 0;
  #bufferedBytes = 0;
  #isCorked = false;
  /** What came while it was corked; from the first time on, one array for all times. */
  #corked: Held[] | null = null;
  #opening = false;
  #congested = false;
  #unansweredPublishes = 0;

  constructor(owner: Connection) {
    this.#owner = owner;
  }

  /** True while so much is buffered that QoS 0 is dropped and QoS 1 and 2 wait. */
  get congested(): boolean {
    return this.#congested;
  }

  /** True while twice the limit waits: more than deliveries alone can cause, so the client does not read its answers. */
  get overfull(): boolean {
    const most = this.#broker?.context.limits.outboundBufferBytes ?? null;
    return most !== null && this.#bufferedBytes + this.#heldBytes > 2 * most;
  }

  /** True until CONNACK is out. */
  get opening(): boolean {
    return this.#opening;
  }

  /** PUBLISH packets of the client whose last answer waits for the journal: they count against Receive Maximum. */
  get unansweredPublishes(): number {
    return this.#unansweredPublishes;
  }

  /** Whether something waits for the journal. */
  get waits(): boolean {
    return this.#held !== null;
  }

  /** `connack` goes out first, once `batch` is durable, and everything else behind it. */
  open(broker: Broker, connack: Uint8Array, batch: BatchNumber): void {
    this.#broker = broker;
    this.#opening = batch > this.#owner.world.durableBatch;
    if (this.#opening) this.#hold({ batch, bytes: connack, answers: false });
    else this.#send(connack);
  }

  /** From now on, what is for this client waits for `uncork`: the answer to its own publish goes first. */
  cork(): void {
    this.#isCorked = true;
  }

  /**
   * Sends `answer` once the batch is durable, then what has waited since `cork`.
   * @param answers whether it ends the exchange: PUBACK, or a PUBREC that refuses.
   */
  uncork(batch: BatchNumber, answer: Uint8Array, answers: boolean): void {
    this.#isCorked = false;
    this.#put(batch, answer, answers);
    const corked = this.#corked;
    if (corked === null || corked.length === 0) return;
    for (const entry of corked) this.#put(entry.batch, entry.bytes, entry.answers);
    corked.length = 0;
  }

  /** Sends the bytes from `start` to `end` now, unless something that was to be sent before waits. They may be reused afterwards. */
  write(bytes: Uint8Array, start: number, end: number): void {
    if (this.#isCorked) this.#keepCorked({ batch: 0, bytes: bytes.slice(start, end), answers: false });
    // Never past a packet of its own kind, so that messages keep their order [MQTT-4.6.0-5].
    else if (this.#opening || this.#heldInTurn > 0)
      this.#hold({ batch: 0, bytes: bytes.slice(start, end), answers: false });
    else this.#sendPart(bytes, start, end);
  }

  /** Sends now, past what waits for the journal, for it answers none of it; but never ahead of CONNACK. */
  writeAside(bytes: Uint8Array): void {
    if (this.#opening) this.write(bytes, 0, bytes.byteLength);
    else this.#send(bytes);
  }

  /** Acknowledgements leave in the order of their PUBLISH packets [MQTT-4.6.0-2], so one that waits holds up the next. */
  writeDurable(batch: BatchNumber, bytes: Uint8Array): void {
    if (this.#isCorked) this.#keepCorked({ batch, bytes, answers: false });
    else this.#put(batch, bytes, false);
  }

  /** Sends what has waited for the journal. @returns whether something went out. */
  journaled(durableBatch: BatchNumber): boolean {
    const held = this.#held;
    if (held === null) return false;
    let sent = 0;
    for (let entry = held[0]; entry !== undefined && entry.batch <= durableBatch; entry = held[sent]) {
      sent++;
      this.#heldBytes -= entry.bytes.byteLength;
      if (entry.batch === 0) this.#heldInTurn--;
      if (entry.answers) this.#unansweredPublishes--;
      this.#send(entry.bytes);
    }
    if (sent === 0) return false;
    this.#held = sent === held.length ? null : held.slice(sent);
    // CONNACK was the first of them.
    this.#opening = false;
    return true;
  }

  /** The edge has sent bytes, or has more unsent than it said last. */
  drained(bufferedBytes: number): void {
    this.#bufferedBytes = bufferedBytes;
    this.#judgeCongestion();
  }

  /** Ends congestion when half of the buffer is free again. @returns whether it ended. */
  relieve(): boolean {
    if (!this.#congested) return false;
    const most = this.#broker?.context.limits.outboundBufferBytes ?? null;
    if (most !== null && this.#bufferedBytes + this.#heldBytes > most / 2) return false;
    this.#congested = false;
    return true;
  }

  /** A last packet, ahead of everything that waits; not where not even CONNACK is out. @returns whether it went out. */
  sendLast(bytes: Uint8Array): boolean {
    if (this.#opening) return false;
    this.#send(bytes);
    return true;
  }

  /** What waits is not for anybody any more. */
  discard(): void {
    this.#held = null;
    this.#isCorked = false;
    this.#corked = null;
  }

  #keepCorked(entry: Held): void {
    if (this.#corked === null) this.#corked = [entry];
    else this.#corked.push(entry);
  }

  #put(batch: BatchNumber, bytes: Uint8Array, answers: boolean): void {
    if (this.#held === null && batch <= this.#owner.world.durableBatch) this.#send(bytes);
    else this.#hold({ batch, bytes, answers });
  }

  #hold(entry: Held): void {
    if (this.#held === null) this.#held = [entry];
    else this.#held.push(entry);
    this.#heldBytes += entry.bytes.byteLength;
    if (entry.batch === 0) this.#heldInTurn++;
    if (entry.answers) this.#unansweredPublishes++;
    this.#owner.world.waiting.add(this.#owner);
    this.#judgeCongestion();
  }

  #send(bytes: Uint8Array): void {
    this.#sendPart(bytes, 0, bytes.byteLength);
  }

  #sendPart(bytes: Uint8Array, start: number, end: number): void {
    const broker = this.#broker;
    if (broker !== null) {
      broker.counters.packetsSent++;
      broker.counters.bytesSent += end - start;
    }
    this.#bufferedBytes = this.#owner.world.outbox.sendPart(this.#owner.connection, bytes, start, end);
    this.#judgeCongestion();
  }

  #judgeCongestion(): void {
    const broker = this.#broker;
    if (broker === null || this.#congested) return;
    const { limits, reached } = broker.context;
    if (limits.outboundBufferBytes === null || this.#bufferedBytes + this.#heldBytes <= limits.outboundBufferBytes)
      return;
    this.#congested = true;
    reached.outboundBufferBytes++;
  }
}
