import { packet, subscribePacket } from '../packets.ts';
import { hex } from '../raw-client.ts';
import { numberOf, type PartyOptions, type Reception, type SubscribingParty } from './party.ts';
import { RawLink } from './raw-link.ts';

/** A subscriber of raw bytes. With a session that stays it subscribes once, and again only where the service forgot it. */
export class RawSubscriber implements SubscribingParty {
  readonly #options: PartyOptions;
  readonly #subscription: { readonly filter: string; readonly qos: 1 | 2; readonly isClean: boolean };
  readonly #reception: Reception;
  readonly #link: RawLink;
  /** QoS 2 messages that were received and not released: their identifiers are in use [MQTT-4.3.3-10]. */
  readonly #unreleased = new Set<number>();
  #send: (bytes: Uint8Array) => void = () => undefined;
  isSubscribed = false;

  constructor(
    options: PartyOptions,
    subscription: { readonly filter: string; readonly qos: 1 | 2; readonly isClean: boolean },
    reception: Reception,
  ) {
    this.#options = options;
    this.#subscription = subscription;
    this.#reception = reception;
    this.#link = new RawLink(options, subscription.isClean, {
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

  leave(): Promise<void> {
    return this.#link.leave();
  }

  comeBack(): void {
    this.#link.comeBack();
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  #opened(sessionPresent: boolean, send: (bytes: Uint8Array) => void): void {
    this.#send = send;
    this.#reception.connected(sessionPresent);
    if (!sessionPresent) {
      this.#unreleased.clear();
      this.isSubscribed = false;
    }
    if (!this.isSubscribed)
      send(subscribePacket(this.#options.version, 1, this.#subscription.filter, this.#subscription.qos));
  }

  #packet(bytes: Uint8Array): void {
    const type = (bytes[0] ?? 0) >> 4;
    if (type === 3) this.#published(bytes);
    else if (type === 6) {
      const [high, low] = [bytes[2] ?? 0, bytes[3] ?? 0];
      this.#unreleased.delete((high << 8) | low);
      this.#send(packet(0x70, Uint8Array.of(high, low)));
    } else if (type === 9 && (bytes.at(-1) ?? 0x80) < 0x80) this.isSubscribed = true;
    else throw new Error(`unexpected: ${hex(bytes)}`);
    this.#options.changed();
  }

  #published(bytes: Uint8Array): void {
    let at = 1;
    while ((bytes[at] ?? 0) >= 0x80) at++;
    at++;
    const topicEnd = at + 2 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
    const topic = Buffer.from(bytes.subarray(at + 2, topicEnd)).toString();
    const qos = ((bytes[0] ?? 0) >> 1) & 3;
    const [high, low] = [bytes[topicEnd] ?? 0, bytes[topicEnd + 1] ?? 0];
    const identifier = (high << 8) | low;
    // No message of these runs has a property, so theirs is one byte of length.
    const payload = bytes.subarray(topicEnd + (qos > 0 ? 2 : 0) + (this.#options.version === 5 ? 1 : 0));
    const isNew = qos !== 2 || !this.#unreleased.has(identifier);
    if (qos === 2) this.#unreleased.add(identifier);
    if (isNew) this.#reception.message(topic, numberOf(payload));
    if (qos > 0) this.#send(packet(qos === 1 ? 0x40 : 0x50, Uint8Array.of(high, low)));
  }
}
