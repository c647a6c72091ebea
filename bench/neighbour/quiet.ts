import { publishPacket, subscribePacket } from '../../testkit/packets.ts';
import type { RawClient } from '../../testkit/raw-client.ts';
import type { Service } from '../../testkit/service.ts';
import { latenciesOf, type Latencies } from './latencies.ts';
import { connectTo, liftRates, makePlace, type Place } from './place.ts';

const talkerCount = 4;
/** A deployment in which a few clients talk a little, and one listens. */
export class Quiet implements AsyncDisposable {
  readonly #service: Service;
  readonly #ratePerSecond: number;
  readonly #listener: RawClient;
  readonly #talkers: readonly RawClient[];

  private constructor(service: Service, ratePerSecond: number, listener: RawClient, talkers: readonly RawClient[]) {
    this.#service = service;
    this.#ratePerSecond = ratePerSecond;
    this.#listener = listener;
    this.#talkers = talkers;
  }

  /** Makes the deployment and connects its clients. @param ratePerSecond messages of all of them together. */
  static async open(service: Service, ratePerSecond: number): Promise<Quiet> {
    const place = await makePlace(service, 'quiet');
    // What it is measured with is not to be slowed by limits of its own.
    await liftRates(service, place);
    const member = (clientId: string) => connectTo(service, place, clientId);
    const listener = await member('listener');
    listener.send(subscribePacket(4, 1, 'quiet', 0));
    await listener.expect('90 03 00 01 00');
    const talkers = await Promise.all(Array.from({ length: talkerCount }, (_, index) => member(`talker-${index}`)));
    return new Quiet(service, ratePerSecond, listener, talkers);
  }

  /** Makes another deployment, with the limits that a new one has. */
  neighbour(name: string): Promise<Place> {
    return makePlace(this.#service, name);
  }

  /**
   * Sends at the rate, whatever comes back, and waits for all of it. A latency counts from when the message was written: the schedule never
   * waits for the service, so a stall of the service meets every message that falls into it, and one of the generator none.
   */
  async measure(milliseconds: number): Promise<Latencies> {
    const count = Math.floor((milliseconds / 1000) * this.#ratePerSecond);
    const sentAt: number[] = [];
    const latencies: number[] = [];
    const begun = performance.now();
    const dueAt = (index: number) => begun + (index / this.#ratePerSecond) * 1000;
    const hearing = (async () => {
      for (let heard = 0; heard < count; heard++) {
        const packet = await this.#listener.nextPacket(20_000);
        const index = Number(Buffer.from(packet.subarray(9)).toString());
        latencies.push(performance.now() - (sentAt[index] ?? Number.NaN));
      }
    })();
    for (let index = 0; index < count; index++) {
      for (let wait = dueAt(index) - performance.now(); wait > 0; wait = dueAt(index) - performance.now())
        await Bun.sleep(wait);
      sentAt.push(performance.now());
      this.#talkers[index % talkerCount]?.send(publishPacket(4, { topic: 'quiet', payload: String(index) }));
    }
    await hearing;
    return latenciesOf(latencies);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#listener, ...this.#talkers].map((client) => client[Symbol.asyncDispose]()));
  }
}
