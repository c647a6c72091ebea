import { packet, publishPacket } from '../packets.ts';
import { hex } from '../raw-client.ts';
import { payloadOf, type PartyOptions, type PublishingParty } from './party.ts';
import { RawLink } from './raw-link.ts';
import type { Stream } from './stream.ts';
import { sum } from './sum.ts';

/** In PUBCOMP, MQTT 5.0 section 3.7.2.1. */
const packetIdentifierNotFound = 0x92;

interface Exchange {
  readonly number: number;
  /** PUBREC has come: from now on PUBREL is what is sent again. */
  released: boolean;
}

/** A publisher of raw bytes that keeps its side of QoS 1 and 2 as MQTT 5.0 sections 4.3 and 4.4 say. */
export class RawPublisher implements PublishingParty {
  readonly stream: Stream;
  readonly #options: PartyOptions;
  readonly #window: number;
  readonly #link: RawLink;
  /** By Packet Identifier, in the order of sending. */
  readonly #inFlight = new Map<number, Exchange>();
  #send: (bytes: Uint8Array) => void = () => undefined;
  #identifier = 0;
  #isFinished = false;
  acknowledgedHere = 0;
  resent = 0;

  constructor(options: PartyOptions, stream: Stream, window: number) {
    this.stream = stream;
    this.#options = options;
    this.#window = window;
    this.#link = new RawLink(options, false, {
      opened: (sessionPresent, send) => this.#opened(sessionPresent, send),
      packet: (bytes) => this.#packet(bytes),
    });
  }

  get isConnected(): boolean {
    return this.#link.isConnected;
  }

  get sessionsLost(): number {
    return this.#link.sessionsLost;
  }

  get complaints(): readonly string[] {
    return this.#link.complaints;
  }

  get unacknowledged(): number {
    return this.#inFlight.size;
  }

  get released(): number {
    return sum(this.#inFlight.values(), ({ released }) => (released ? 1 : 0));
  }

  finish(): void {
    this.#isFinished = true;
  }

  leave(): Promise<void> {
    return this.#link.leave();
  }

  comeBack(): void {
    this.#link.comeBack();
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /** [MQTT-4.4.0-1]: what is not acknowledged goes out again, in its order and with its identifiers. */
  #opened(_sessionPresent: boolean, send: (bytes: Uint8Array) => void): void {
    this.#send = send;
    this.acknowledgedHere = 0;
    for (const [identifier, { number, released }] of this.#inFlight) {
      this.resent++;
      if (released) this.#release(identifier);
      else this.#publish(identifier, number, true);
    }
    this.#pump();
  }

  #pump(): void {
    while (!this.#isFinished && this.#inFlight.size < this.#window) {
      do this.#identifier = this.#identifier === 65_535 ? 1 : this.#identifier + 1;
      while (this.#inFlight.has(this.#identifier));
      this.stream.sent++;
      this.#inFlight.set(this.#identifier, { number: this.stream.sent, released: false });
      this.#publish(this.#identifier, this.stream.sent, false);
    }
  }

  #publish(packetIdentifier: number, number: number, dup: boolean): void {
    const { topic, qos } = this.stream;
    this.#send(publishPacket(this.#options.version, { topic, payload: payloadOf(number), qos, dup, packetIdentifier }));
  }

  #release(identifier: number): void {
    this.#send(packet(0x62, Uint8Array.of(identifier >> 8, identifier & 0xff)));
  }

  #packet(bytes: Uint8Array): void {
    const type = (bytes[0] ?? 0) >> 4;
    const identifier = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
    const reasonCode = bytes.length > 4 ? (bytes[4] ?? 0) : 0;
    const exchange = this.#inFlight.get(identifier);
    const expected = this.stream.qos === 1 ? type === 4 : type === 5 || type === 7;
    // The service may have forgotten the exchange before the cut and could not say so: PUBREL that is sent again finds nothing.
    const isRefused = reasonCode >= 0x80 && !(type === 7 && reasonCode === packetIdentifierNotFound);
    if (!expected || exchange === undefined || isRefused) throw new Error(`unexpected: ${hex(bytes)}`);
    if (type === 5) {
      exchange.released = true;
      this.#release(identifier);
      return;
    }
    this.#inFlight.delete(identifier);
    this.stream.acknowledged.add(exchange.number);
    this.acknowledgedHere++;
    this.#pump();
    this.#options.changed();
  }
}
