import { describe, expect, test } from 'bun:test';
import { EngineBench } from '../../testkit/engine-bench.ts';
import { EngineDevice } from '../../testkit/engine-device.ts';
import { Random } from '../../testkit/random.ts';

const SEEDS = 80;
const STEPS = 400;

/** The journal gets on by chance: turns end, batches become durable, and the engine hears of it at once or later. */
class ErraticDisk {
  readonly #bench: EngineBench;
  readonly #random: Random;
  #untold = 0;

  constructor(bench: EngineBench, random: Random) {
    this.#bench = bench;
    this.#random = random;
  }

  step(): void {
    const { journal } = this.#bench;
    if (this.#random.next() < 0.7) journal.endTurn();
    while (this.#random.next() < 0.5) {
      const batch = journal.settleOne();
      if (batch === null) break;
      this.#untold = batch;
    }
    if (this.#untold > 0 && this.#random.next() < 0.6) this.tell();
  }

  tell(): void {
    const batch = this.#untold;
    this.#untold = 0;
    if (batch > 0) this.#bench.input((engine, now) => engine.journaled(batch, now));
  }

  /** A new journal numbers its batches from the start. */
  forget(): void {
    this.#untold = 0;
  }
}

interface Run {
  readonly sent: Map<string, string[]>;
  readonly receivers: readonly EngineDevice[];
  readonly crashes: number;
}

/** Random traffic with losses of connections and crashes at random moments; then all is left to come to rest. */
function run(seed: number): Run {
  const random = new Random(seed);
  const bench = new EngineBench({ durable: true, autoFlush: false, limits: { inFlightOut: 4, inFlightIn: 8 } });
  const disk = new ErraticDisk(bench, random);
  const publishers = ['p1', 'p2'].map((clientId) => new EngineDevice(bench, clientId, [], 3));
  const receivers = ['r1', 'r2'].map((clientId) => new EngineDevice(bench, clientId, ['t/#'], 3));
  const devices = [...publishers, ...receivers];
  const sent = new Map(publishers.map(({ clientId }) => [clientId, [] as string[]]));
  let crashes = 0;
  const turn = (): void => {
    for (const device of devices) if (random.next() < 0.8) device.step(random.between(0, 4));
    disk.step();
  };
  while (!receivers.every((device) => device.isSubscribed)) turn();
  for (let step = 0; step < STEPS; step++) {
    const publisher = publishers[random.between(0, publishers.length)];
    if (publisher !== undefined && step < STEPS - 50 && random.next() < 0.3) {
      const payload = `${publisher.clientId}-${step}`;
      sent.get(publisher.clientId)?.push(payload);
      publisher.publish('t/x', payload, 2);
    }
    turn();
    if (random.next() < 0.02) devices[random.between(0, devices.length)]?.lose();
    if (random.next() < 0.02) {
      crashes++;
      for (const device of devices) device.lose();
      disk.forget();
      bench.crash();
    }
    bench.advance(random.between(0, 50));
  }
  disk.tell();
  for (let rest = 0; rest < 200; rest++) {
    for (const device of devices) device.step(100);
    bench.flush();
  }
  expect(
    publishers.every((device) => device.isQuiet),
    `seed ${seed}: everything is acknowledged`,
  ).toBe(true);
  expect(bench.counters().queuedMessages, `seed ${seed}`).toBe(0);
  return { sent, receivers, crashes };
}

describe('crashes at any moment, batches that were not durable lost', () => {
  test('QoS 2 arrives exactly once, in the order of each publisher [MQTT-4.3.3-*] [MQTT-4.6.0-5]', () => {
    let crashes = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const result = run(seed);
      crashes += result.crashes;
      for (const receiver of result.receivers) {
        for (const [publisher, payloads] of result.sent) {
          const arrived = receiver.delivered.filter((payload) => payload.startsWith(`${publisher}-`));
          expect(arrived, `seed ${seed}: from ${publisher} to ${receiver.clientId}`).toEqual(payloads);
        }
      }
    }
    expect(crashes).toBeGreaterThan(SEEDS);
  }, 120_000);
});
