import { PacketType, type SubackPacket } from '../../packages/codec/mod.ts';
import type { Device } from './device.ts';
import type { SubscriptionRecord } from './ledger.ts';
import { isShared } from './topics.ts';
import { demand } from './violation.ts';

type Request =
  | { readonly kind: 'subscribe'; readonly records: readonly SubscriptionRecord[] }
  | { readonly kind: 'unsubscribe'; readonly records: readonly SubscriptionRecord[] };

/** The subscriptions of a device, as far as it knows them. */
export class Subscribing {
  /** Of this and earlier sessions. */
  readonly records: SubscriptionRecord[] = [];
  readonly #device: Device;
  readonly #requests = new Map<number, Request>();

  constructor(device: Device) {
    this.#device = device;
  }

  get isQuiet(): boolean {
    return this.#requests.size === 0;
  }

  uses(packetIdentifier: number): boolean {
    return this.#requests.has(packetIdentifier);
  }

  disconnected(): void {
    this.#requests.clear();
  }

  /** The session is gone, or the device wants it to be. */
  forget(): void {
    const stamp = this.#device.world.stamp();
    for (const record of this.records) record.endAskedAt ??= stamp;
  }

  /** A connection was accepted. Not before now is it sure that sessions of before are gone. */
  accepted(): void {
    const stamp = this.#device.world.stamp();
    for (const record of this.records) if (record.epoch < this.#device.epoch) record.endedAt ??= stamp;
  }

  subscribe(
    wishes: readonly Pick<
      SubscriptionRecord,
      'topicFilter' | 'qos' | 'noLocal' | 'retainAsPublished' | 'retainHandling'
    >[],
    identifier: number,
  ): void {
    const { version } = this.#device.profile;
    const askedAt = this.#device.world.stamp();
    const records: SubscriptionRecord[] = [];
    for (const wish of wishes) {
      const before = this.#active(wish.topicFilter);
      for (const old of before) old.endAskedAt ??= askedAt;
      records.push({
        ...wish,
        noLocal: version === 5 && !isShared(wish.topicFilter) && wish.noLocal,
        retainAsPublished: version === 5 && wish.retainAsPublished,
        retainHandling: version === 5 ? wish.retainHandling : 0,
        identifier: version === 5 ? identifier : 0,
        epoch: this.#device.epoch,
        askedAt,
        crashes: this.#device.world.crashes,
        isFirst: before.length === 0,
        confirmedAt: null,
        endAskedAt: null,
        isEnding: false,
        endedAt: null,
      });
    }
    this.records.push(...records);
    const packetIdentifier = this.#device.nextIdentifier();
    this.#requests.set(packetIdentifier, { kind: 'subscribe', records });
    this.#device.send({
      type: PacketType.SUBSCRIBE,
      packetIdentifier,
      subscriptions: records.map(({ topicFilter, qos, noLocal, retainAsPublished, retainHandling }) => ({
        topicFilter,
        qos,
        noLocal,
        retainAsPublished,
        retainHandling,
      })),
      properties: version === 5 && identifier > 0 ? { subscriptionIdentifiers: [identifier] } : null,
    });
  }

  unsubscribe(topicFilters: readonly string[]): void {
    const askedAt = this.#device.world.stamp();
    const records = topicFilters.flatMap((topicFilter) => this.#active(topicFilter));
    for (const record of records) {
      record.endAskedAt ??= askedAt;
      record.isEnding = true;
    }
    const packetIdentifier = this.#device.nextIdentifier();
    this.#requests.set(packetIdentifier, { kind: 'unsubscribe', records });
    this.#device.send({
      type: PacketType.UNSUBSCRIBE,
      packetIdentifier,
      topicFilters: [...topicFilters],
      properties: null,
    });
  }

  /** SUBACK or UNSUBACK has come. */
  answered({ packetIdentifier, type, reasonCodes }: SubackPacket): void {
    const { world } = this.#device;
    const request = this.#requests.get(packetIdentifier);
    demand(
      request !== undefined && (request.kind === 'subscribe') === (type === PacketType.SUBACK),
      'SUBACK and UNSUBACK answer a request [MQTT-3.8.4-2]',
      () => `${this.#device.name} ${packetIdentifier}`,
    );
    this.#requests.delete(packetIdentifier);
    const stamp = world.stamp();
    if (request.kind === 'unsubscribe') {
      for (const record of request.records) record.endedAt ??= stamp;
      return;
    }
    demand(
      reasonCodes.length === request.records.length,
      'SUBACK has a code for each filter [MQTT-3.8.4-5]',
      () => this.#device.name,
    );
    for (const [index, record] of request.records.entries()) this.#granted(record, reasonCodes[index] ?? 0x80, stamp);
  }

  #granted(record: SubscriptionRecord, reasonCode: number, stamp: number): void {
    const others = this.#active(record.topicFilter).filter(
      (other) => other !== record && other.askedAt <= record.askedAt,
    );
    if (reasonCode >= 0x80) {
      if (reasonCode === 0x97 || reasonCode === 0x80)
        this.#device.world.coverage.saw('subscription over the limit refused', reasonCode === 0x97 ? 1 : 0);
      record.endAskedAt ??= stamp;
      record.endedAt = stamp;
      // What was there before is still there.
      const last = others.at(-1);
      if (last?.endAskedAt === record.askedAt && !last.isEnding)
        last.endAskedAt =
          this.#active(record.topicFilter).find((other) => other.askedAt > record.askedAt)?.askedAt ?? null;
      return;
    }
    demand(reasonCode === record.qos, 'granted QoS is the one asked for', () => `${reasonCode} for ${record.qos}`);
    record.confirmedAt = stamp;
    for (const other of others) other.endedAt = stamp;
  }

  /** Records of a filter that may be in force. */
  #active(topicFilter: string): SubscriptionRecord[] {
    return this.records.filter(
      (record) => record.topicFilter === topicFilter && record.endedAt === null && record.epoch === this.#device.epoch,
    );
  }

  /** A rule has taken a subscription. It may come back if the service is killed before that is durable. */
  revoked(topicFilter: string): void {
    for (const record of this.#active(topicFilter)) {
      record.endAskedAt ??= this.#device.world.stamp();
      record.isEnding = true;
    }
  }

  /** Whether it does not know the outcome of something that it has asked for. */
  get hasDoubts(): boolean {
    return this.records.some((record) => record.epoch === this.#device.epoch && isDoubtful(record));
  }

  /** Asks again for what it does not know the outcome of. @returns whether there was anything. */
  resolveDoubts(): boolean {
    const doubtful = new Set(
      this.records
        .filter((record) => record.epoch === this.#device.epoch && isDoubtful(record))
        .map(({ topicFilter }) => topicFilter),
    );
    if (doubtful.size === 0 || this.#requests.size > 0) return false;
    this.unsubscribe([...doubtful]);
    return true;
  }
}

function isDoubtful({ endedAt, confirmedAt, endAskedAt }: SubscriptionRecord): boolean {
  return endedAt === null && (confirmedAt === null || endAskedAt !== null);
}
