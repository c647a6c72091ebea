import { LeanClient } from '../load/lean-client.ts';
import { AckPublisher, packetsFor } from '../load/ack-publisher.ts';
import { forEachIndex, padded, payloadBytes, type Ground } from './ground.ts';
import type { GrowthRow } from './sections.ts';

const atOnce = 50;
const idleMs = 3_000;
const loadMs = 3_000;
/** Messages of a publisher under way: what one connection has to say at once makes most of the cost of a message, so it stays. */
const window = 8;
const fewPairs = 10;

const ended = (): void => undefined;

/** Connections that do nothing: memory of one, and CPU time of them all. */
export async function idleConnections(sizes: readonly number[], open: () => Promise<Ground>): Promise<GrowthRow[]> {
  await using ground = await open();
  const clients: LeanClient[] = [];
  const rows: GrowthRow[] = [];
  const connect = (clientId: string) =>
    LeanClient.connect(ground.target, { clientId, clean: true, subscriptions: [], ended });
  // The first ones pay for what all of them share.
  await forEachIndex(200, atOnce, async (index) => (await connect(`first-${index}`)).end());
  let before = await ground.residentBytes();
  for (const size of sizes) {
    const from = clients.length;
    const cpuUsPerConnect = await ground.cpuUsEach(async () => {
      await forEachIndex(size - from, atOnce, async (index) => {
        clients.push(await connect(`idle-${from + index}`));
      });
      return size - from;
    });
    const resident = await ground.residentBytes();
    const bytesPerConnection = (resident - before) / (size - from);
    before = resident;
    const idleCpuShare = await ground.idleCpuShare(idleMs);
    rows.push({
      size,
      figures: { bytesPerConnection, cpuUsPerConnect, idleCpuPercent: idleCpuShare * 100 },
    });
  }
  for (const client of clients) client.end();
  return rows;
}

/**
 * Connections that publish and subscribe, in pairs, each under the same load; and before that ten of the pairs while the
 * others are silent. Where all are active, a write carries fewer messages, and a write is most of the cost of a message: the
 * ten pairs show what the number of connections costs by itself.
 */
export async function activeConnections(sizes: readonly number[], open: () => Promise<Ground>): Promise<GrowthRow[]> {
  const rows: GrowthRow[] = [];
  for (const size of sizes) {
    await using ground = await open();
    const pairs = size / 2;
    const subscribers: LeanClient[] = [];
    await forEachIndex(pairs, atOnce, async (index) => {
      // QoS 0: every message goes out at once, so that none waits in a queue when it is counted.
      const options = {
        clientId: `pair-${index}`,
        clean: true,
        subscriptions: [{ filter: topicOf(index), qos: 0 }],
        ended,
      };
      subscribers.push(await LeanClient.connect(ground.target, options));
    });
    const publishersOf = async (from: number, to: number): Promise<AckPublisher[]> => {
      const publishers: AckPublisher[] = [];
      await forEachIndex(to - from, atOnce, async (index) => {
        const options = { clientId: `publisher-${from + index}`, window };
        const packets = packetsFor([topicOf(from + index)], payloadBytes);
        publishers.push(await AckPublisher.connect(ground.target, packets, options));
      });
      return publishers;
    };
    const few = await publishersOf(0, Math.min(fewPairs, pairs));
    const rest = await publishersOf(few.length, pairs);
    const cpuUsPerMessageOfTenPairs = await ground.cpuUsPerMessage(few, loadMs);
    const cpuUsPerMessage = await ground.cpuUsPerMessage([...(await publishersOf(0, few.length)), ...rest], loadMs);
    rows.push({ size, figures: { cpuUsPerMessageOfTenPairs, cpuUsPerMessage } });
    for (const subscriber of subscribers) subscriber.end();
  }
  return rows;
}

function topicOf(pair: number): string {
  return `pair/${padded(pair)}`;
}
