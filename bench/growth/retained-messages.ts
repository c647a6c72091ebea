import { packetsFor } from '../load/ack-publisher.ts';
import { LeanClient } from '../load/lean-client.ts';
import { padded, payloadBytes, type Ground } from './ground.ts';
import type { GrowthRow } from './sections.ts';

const publishers = 20;
const window = 50;
const loadMs = 3_000;
/** SUBSCRIBE packets to one topic each that are measured. */
const lookups = 2_000;

const topicOf = (device: number): string => `retained/${padded(device)}`;

/** Retained messages: memory of one, CPU time of replacing one, and of a subscription that gets one. */
export async function retainedMessages(sizes: readonly number[], open: () => Promise<Ground>): Promise<GrowthRow[]> {
  await using ground = await open();
  const rows: GrowthRow[] = [];
  let before = await ground.residentBytes();
  let made = 0;
  for (const size of sizes) {
    await retain(ground, made, size);
    const bytesPerRetainedMessage = ((await ground.residentBytes()) - before) / (size - made);
    made = size;
    const topics = Array.from({ length: size }, (_, index) => topicOf(index));
    const replacing = await ground.publishers(publishers, window, packetsFor(topics, payloadBytes, true));
    const cpuUsPerMessage = await ground.cpuUsPerMessage(replacing, loadMs);
    const cpuUsPerSubscribe = await lookUp(ground, size);
    before = await ground.residentBytes();
    rows.push({
      size,
      figures: {
        bytesPerRetainedMessage,
        cpuUsPerMessage,
        cpuUsPerSubscribe,
      },
    });
  }
  return rows;
}

async function retain(ground: Ground, from: number, to: number): Promise<void> {
  const options = { clientId: 'retainer', clean: true, subscriptions: [], ended: () => undefined };
  const client = await LeanClient.connect(ground.target, options);
  for (let device = from; device < to; device++) {
    client.publish(topicOf(device), 'x'.repeat(payloadBytes), 1, true);
    // What is not acknowledged yet is held here and there.
    if (device % 1_000 === 0) await client.acknowledged();
  }
  await client.acknowledged();
  client.end();
}

/** CPU time of a SUBSCRIBE to one topic with the message that it brings. */
async function lookUp(ground: Ground, size: number): Promise<number> {
  const options = { clientId: 'reader', clean: true, subscriptions: [], ended: () => undefined };
  const client = await LeanClient.connect(ground.target, options);
  const each = await ground.cpuUsEach(async () => {
    for (let index = 0; index < lookups; index++) {
      client.subscribe(topicOf((index * 7_919) % size), 0);
      if (index % 50 === 49) await client.subscribed();
    }
    return lookups;
  });
  client.end();
  return each;
}
