import { packetsFor } from '../load/ack-publisher.ts';
import { LeanClient } from '../load/lean-client.ts';
import { forEachIndex, padded, payloadBytes, type Ground } from './ground.ts';
import type { GrowthRow } from './sections.ts';

const subscribers = 100;
const publishers = 20;
const window = 50;
const loadMs = 3_000;
/** Topics in use: more than a cache of routes would like, and as many for each size. */
const topicsInUse = 1_000;

const topicOf = (device: number): string => `site/${padded(device)}/state`;
/** Every second filter has a wildcard. */
const filterOf = (device: number): string => (device % 2 === 0 ? topicOf(device) : `site/${padded(device)}/+`);

/** Filters in one deployment: memory of one, and CPU time of a message that matches one of them. */
export async function subscriptions(sizes: readonly number[], open: () => Promise<Ground>): Promise<GrowthRow[]> {
  await using ground = await open();
  const rows: GrowthRow[] = [];
  const clients: LeanClient[] = [];
  await forEachIndex(subscribers, 50, async (index) => {
    const options = { clientId: `subscriber-${index}`, clean: true, subscriptions: [], ended: () => undefined };
    clients.push(await LeanClient.connect(ground.target, options));
  });
  let before = await ground.residentBytes();
  let made = 0;
  for (const size of sizes) {
    const from = made;
    const cpuUsPerSubscribe = await ground.cpuUsEach(async () => {
      for (; made < size; made++) clients[made % subscribers]?.subscribe(filterOf(made), 0);
      await Promise.all(clients.map((client) => client.subscribed()));
      return made - from;
    });
    const resident = await ground.residentBytes();
    const bytesPerSubscription = (resident - before) / (size - from);
    const topics = Array.from({ length: topicsInUse }, (_, index) => topicOf(Math.floor((index * size) / topicsInUse)));
    const cpuUsPerMessage = await ground.cpuUsPerMessage(
      await ground.publishers(publishers, window, packetsFor(topics, payloadBytes)),
      loadMs,
    );
    before = await ground.residentBytes();
    rows.push({ size, figures: { bytesPerSubscription, cpuUsPerSubscribe, cpuUsPerMessage } });
  }
  for (const client of clients) client.end();
  return rows;
}
