import { publishPacket, subscribePacket } from '../../testkit/packets.ts';
import type { RawClient } from '../../testkit/raw-client.ts';
import type { Service } from '../../testkit/service.ts';
import { latenciesOf, type Latencies } from './latencies.ts';
import { connectTo, liftRates, makePlace } from './place.ts';

const talkerCount = 4;
const answerMs = 20_000;

/** A deployment in which a few clients publish a little for a session that lasts and whose client is away. */
export class DurableQuiet implements AsyncDisposable {
  readonly #ratePerSecond: number;
  readonly #talkers: readonly RawClient[];

  private constructor(ratePerSecond: number, talkers: readonly RawClient[]) {
    this.#ratePerSecond = ratePerSecond;
    this.#talkers = talkers;
  }

  /** Makes the deployment and connects its clients. @param ratePerSecond messages of all of them together. */
  static async open(service: Service, ratePerSecond: number): Promise<DurableQuiet> {
    const place = await makePlace(service, 'quiet');
    await liftRates(service, place);
    const away = await connectTo(service, place, 'away', false);
    away.send(subscribePacket(4, 1, 'quiet', 1));
    await away.expect('90 03 00 01 01');
    await away[Symbol.asyncDispose]();
    const talkers = await Promise.all(
      Array.from({ length: talkerCount }, (_, index) => connectTo(service, place, `talker-${index}`)),
    );
    return new DurableQuiet(ratePerSecond, talkers);
  }

  /** Publishes at the rate, whatever comes back. A latency is from when the PUBLISH was written until its PUBACK is here. */
  async measure(milliseconds: number): Promise<Latencies> {
    const each = Math.floor(((milliseconds / 1000) * this.#ratePerSecond) / talkerCount);
    const begun = performance.now();
    const all = await Promise.all(
      this.#talkers.map((talker, index) => this.#talk(talker, each, begun + (index / this.#ratePerSecond) * 1000)),
    );
    return latenciesOf(all.flat());
  }

  async #talk(talker: RawClient, count: number, begun: number): Promise<number[]> {
    const sentAt: number[] = [];
    const hearing = (async () => {
      const latencies: number[] = [];
      while (latencies.length < count) {
        const puback = Buffer.from(await talker.nextPacket(answerMs));
        latencies.push(performance.now() - (sentAt[puback.readUInt16BE(2)] ?? Number.NaN));
      }
      return latencies;
    })();
    for (let packetIdentifier = 1; packetIdentifier <= count; packetIdentifier++) {
      const due = begun + ((packetIdentifier - 1) * talkerCount * 1000) / this.#ratePerSecond;
      for (let wait = due - performance.now(); wait > 0; wait = due - performance.now()) await Bun.sleep(wait);
      sentAt[packetIdentifier] = performance.now();
      talker.send(publishPacket(4, { topic: 'quiet', payload: 'x'.repeat(64), qos: 1, packetIdentifier }));
    }
    return hearing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#talkers.map((talker) => talker[Symbol.asyncDispose]()));
  }
}
