import { AckPublisher, packetsFor } from '../load/ack-publisher.ts';
import { collect } from '../load/collector.ts';
import { LeanClient } from '../load/lean-client.ts';
import { payloadBytes, type Ground } from './ground.ts';
import type { GrowthRow } from './sections.ts';

const clientId = 'away';
const topic = 'queue/state';
const window = 500;

/** A queue of one session: memory of a message in it, CPU time of putting it there and of taking it out. */
export async function queueLength(sizes: readonly number[], open: () => Promise<Ground>): Promise<GrowthRow[]> {
  const rows: GrowthRow[] = [];
  for (const size of sizes) {
    await using ground = await open();
    const subscriptions = [{ filter: topic, qos: 1 }];
    const subscriber = await LeanClient.connect(ground.target, {
      clientId,
      clean: false,
      subscriptions,
      ended: () => undefined,
    });
    await subscriber.subscribed();
    subscriber.end();
    // What is compiled and allocated for the first messages is not the queue's.
    await fill(ground, 2_000);
    await collect(ground.target, clientId, 2_000);
    const before = await ground.residentBytes();
    const cpuUsPerQueuedMessage = await ground.cpuUsEach(() => fill(ground, size));
    const bytes = (await ground.residentBytes()) - before;
    const cpuUsPerDrainedMessage = await ground.cpuUsEach(() => collect(ground.target, clientId, size));
    rows.push({
      size,
      figures: { bytesPerQueuedMessage: bytes / size, cpuUsPerQueuedMessage, cpuUsPerDrainedMessage },
    });
  }
  return rows;
}

/** @returns how many messages were acknowledged. */
async function fill(ground: Ground, count: number): Promise<number> {
  const packets = packetsFor([topic], payloadBytes);
  const publisher = await AckPublisher.connect(ground.target, packets, { clientId: 'filler', window });
  await publisher.send(count);
  return publisher.acknowledged;
}
