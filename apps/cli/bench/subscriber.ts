import type { Framer } from '../../../packages/codec/mod.ts';
import type { ConnectionError } from '../symptom.ts';
import type { Client, ClientHandler } from './client.ts';
import type { Range } from './plan.ts';
import type { SequenceTrack } from './sequence-track.ts';
import { readStamp, type Stamp } from './stamp.ts';

/** What subscribers share within a thread. */
export interface SubscriberThread {
  /** Messages are about to come that one read has brought, all at the same time. */
  reading(): void;
  /** A message has come. @param moved how far the stream of its publisher has moved on here. */
  arrived(publisher: number, intendedUs: number, moved: number): void;
  /** All that lay on a connection has been received, with messages of this publisher: it may send more. */
  freed(publisher: number): void;
  /** Something has been received on the connection, and there may be more. It is answered once nothing more lies there. */
  received(client: Client): void;
  failed(error: ConnectionError): void;
}

const stamp: Stamp = { intendedUs: 0, publisher: 0, sequence: 0 };

/** Looks at every message of one connection: when it was sent, and whether it is the next one of its publisher. */
export class Subscriber implements ClientHandler {
  /** Messages that came after a later one of the same publisher. */
  reordered = 0;
  /** Messages that are not of this load. */
  foreign = 0;
  readonly #isV5: boolean;
  readonly #sources: Range;
  readonly #tracks: readonly SequenceTrack[];
  readonly #highest: Int32Array;
  /** Publishers whose messages have come since the connection was answered last; one may stand here more than once. */
  readonly #freed: number[] = [];
  readonly #thread: SubscriberThread;

  /** @param tracks one for each publisher of `sources`; members of a shared group have the same ones. */
  constructor(isV5: boolean, sources: Range, tracks: readonly SequenceTrack[], thread: SubscriberThread) {
    this.#isV5 = isV5;
    this.#sources = sources;
    this.#tracks = tracks;
    this.#highest = new Int32Array(sources.to - sources.from).fill(-1);
    this.#thread = thread;
  }

  published(framer: Framer): void {
    const { buffer, end } = framer;
    if (!readStamp(buffer, this.#payloadStart(framer), end, stamp)) {
      this.foreign += 1;
      return;
    }
    const { publisher, sequence, intendedUs } = stamp;
    const at = publisher - this.#sources.from;
    const track = this.#tracks[at];
    if (track === undefined) {
      this.foreign += 1;
      return;
    }
    const moved = track.receive(sequence);
    if (sequence > (this.#highest[at] ?? -1)) this.#highest[at] = sequence;
    else if (moved >= 0) this.reordered += 1;
    this.#thread.arrived(publisher, intendedUs, Math.max(0, moved));
    if (this.#freed.at(-1) !== publisher) this.#freed.push(publisher);
  }

  reading(): void {
    this.#thread.reading();
  }

  received(client: Client): void {
    this.#thread.received(client);
  }

  settled(): void {
    for (const publisher of this.#freed) this.#thread.freed(publisher);
    this.#freed.length = 0;
  }

  acknowledged(): void {}

  writable(): void {}

  failed(error: ConnectionError): void {
    this.#thread.failed(error);
  }

  /** Where the payload begins; nothing of what stands before it is decoded. */
  #payloadStart({ header, buffer, bodyStart }: Framer): number {
    let at = bodyStart + 2 + (((buffer[bodyStart] ?? 0) << 8) | (buffer[bodyStart + 1] ?? 0));
    if ((header & 0x06) !== 0) at += 2;
    if (!this.#isV5) return at;
    let length = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = buffer[at] ?? 0;
      at += 1;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return at + length;
  }
}
