import { encodePublish, publishPacketIdentifierOffset } from '../../../packages/codec/mod.ts';
import type { ConnectionError } from '../symptom.ts';
import type { Board } from './board.ts';
import type { Client, ClientHandler } from './client.ts';
import type { Outgoing } from './outgoing.ts';
import { fanOf, topicOf, type MessagePlan } from './plan.ts';
import type { Schedule } from './schedule.ts';
import { writeStamp } from './stamp.ts';

/** Bytes that one publisher sends before others have their turn. */
const turnBytesMax = 65_536;
/** What has not come for so long never will. */
const stallUs = 1_000_000;

/** What publishers share within a thread. */
export interface PublisherThread {
  readonly outgoing: Outgoing;
  readonly board: Board;
  /** The publisher has something to do at the end of this turn. */
  wake(publisher: Publisher): void;
  /** Something has been received on the connection, and there may be more. It is answered once nothing more lies there. */
  received(client: Client): void;
  failed(error: ConnectionError): void;
}

/** Sends numbered messages on one connection, no more at once than the window takes. */
export class Publisher implements ClientHandler {
  readonly index: number;
  /** Whether it will be pumped at the end of this turn. */
  isAwake = false;
  /** Messages that the schedule has handed out and that have not been sent. */
  owed = 0;
  readonly #thread: PublisherThread;
  readonly #qos: number;
  readonly #fan: number;
  readonly #window: number;
  readonly #template: Uint8Array;
  readonly #identifierAt: number;
  readonly #stampAt: number;
  #client: Client | null = null;
  #inFlightMax: number;
  #sent = 0;
  #acknowledged = 0;
  #identifier = 0;
  /** Streams that have stalled count as moved on, so that a loss does not close the window for ever. */
  #forgiven = 0;
  #lastProgress = -1;
  #progressAtUs = 0;

  constructor(plan: MessagePlan, index: number, thread: PublisherThread) {
    this.index = index;
    this.#thread = thread;
    this.#qos = plan.qos;
    this.#fan = fanOf(plan);
    this.#window = plan.window;
    this.#inFlightMax = plan.window;
    const payload = new Uint8Array(plan.payloadBytes).fill(0x78);
    const { version } = plan.endpoint;
    this.#template = encodePublish(version, topicOf(plan, index), payload, plan.qos, false, false, 1, null);
    this.#identifierAt = publishPacketIdentifierOffset(this.#template);
    this.#stampAt = this.#template.length - plan.payloadBytes;
  }

  /** Hands over the connection. */
  attach(client: Client): void {
    this.#client = client;
    this.#inFlightMax = Math.min(this.#window, client.allowed.receiveMaximum);
  }

  /** Sends what the window takes: what the schedule owes, or without one as much as it can. @returns messages sent. */
  pump(nowUs: number, schedule: Schedule | null): number {
    const client = this.#client;
    if (client === null || client.isBlocked) return 0;
    const { outgoing, board } = this.#thread;
    const moved = this.#moved();
    const before = this.#sent;
    while ((schedule === null || this.owed > 0) && this.#mayStillSend(moved) && outgoing.length < turnBytesMax) {
      this.#append(outgoing, schedule === null ? nowUs : schedule.intendedUs(this.index, this.#sent));
      if (schedule !== null) this.owed -= 1;
    }
    const sent = this.#sent - before;
    if (sent === 0) return 0;
    board.sent[this.index] = this.#sent;
    client.flush();
    // The window was not what stopped it: more in the next turn.
    if (!client.isBlocked && (schedule === null || this.owed > 0) && this.#mayStillSend(moved)) this.#thread.wake(this);
    return sent;
  }

  /** Gives up on messages that have not come for long. Called now and then. */
  checkStall(nowUs: number): void {
    const arrived = this.#thread.board.movedOf(this.index);
    const progress = arrived + this.#acknowledged;
    if (progress !== this.#lastProgress || this.#sent * this.#fan === this.#moved()) {
      this.#lastProgress = progress;
      this.#progressAtUs = nowUs;
    } else if (nowUs - this.#progressAtUs > stallUs) {
      this.#forgiven = this.#sent * this.#fan - arrived;
      this.#progressAtUs = nowUs;
      this.#thread.wake(this);
    }
  }

  /** Says DISCONNECT and closes. */
  end(): void {
    this.#client?.end();
  }

  reading(): void {}

  received(client: Client): void {
    this.#thread.received(client);
  }

  settled(): void {
    this.#thread.wake(this);
  }

  published(): void {}

  acknowledged(): void {
    this.#acknowledged += 1;
  }

  writable(): void {
    this.#thread.wake(this);
  }

  failed(error: ConnectionError): void {
    this.#thread.failed(error);
  }

  /** How far the streams have moved on, with what was given up. What comes after all is not given up any more. */
  #moved(): number {
    const arrived = this.#thread.board.movedOf(this.index);
    this.#forgiven = Math.min(this.#forgiven, this.#sent * this.#fan - arrived);
    return arrived + this.#forgiven;
  }

  #mayStillSend(moved: number): boolean {
    if (this.#sent * this.#fan - moved >= this.#window * this.#fan) return false;
    return this.#qos === 0 || this.#sent - this.#acknowledged < this.#inFlightMax;
  }

  #append(outgoing: Outgoing, intendedUs: number): void {
    const start = outgoing.length;
    outgoing.put(this.#template);
    if (this.#identifierAt >= 0) {
      this.#identifier = this.#identifier === 0xffff ? 1 : this.#identifier + 1;
      outgoing.view.setUint16(start + this.#identifierAt, this.#identifier);
    }
    writeStamp(outgoing.view, start + this.#stampAt, intendedUs, this.index, this.#sent);
    this.#sent += 1;
  }
}
