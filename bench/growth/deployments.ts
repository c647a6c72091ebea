import { AckPublisher, packetsFor } from '../load/ack-publisher.ts';
import { LeanClient } from '../load/lean-client.ts';
import type { Target } from '../load/target.ts';
import { forEachIndex, padded, payloadBytes, type Ground } from './ground.ts';
import type { GrowthRow } from './sections.ts';

const pairsEach = 5;
const atOnce = 50;
const loadMs = 4_000;
const username = 'device';
const password = 'a password that is long enough';
/** A window that keeps the number of messages under way the same at each size would be below one: this is the load of many slow devices. */
const window = 1;

/** Deployments with ten clients each, and beside each size one deployment with as many clients. */
export async function deployments(sizes: readonly number[], open: () => Promise<Ground>): Promise<GrowthRow[]> {
  const rows: GrowthRow[] = [];
  for (const size of sizes) {
    const many = await measure(open, (ground) => manyDeployments(ground, size), size * pairsEach);
    const one = await measure(open, async (ground) => [ground.target], size * pairsEach);
    rows.push({
      size,
      figures: {
        cpuUsPerMessage: many.cpuUsPerMessage,
        cpuUsPerMessageInOneDeployment: one.cpuUsPerMessage,
        ratioToOneDeployment: many.cpuUsPerMessage / one.cpuUsPerMessage,
        bytesPerDeployment: many.bytes / size,
      },
    });
  }
  return rows;
}

/** @param bytes of the targets, before a client connects. */
async function measure(
  open: () => Promise<Ground>,
  make: (ground: Ground) => Promise<Target[]>,
  pairs: number,
): Promise<{ readonly cpuUsPerMessage: number; readonly bytes: number }> {
  await using ground = await open();
  const before = await ground.residentBytes();
  const targets = await make(ground);
  const bytes = (await ground.residentBytes()) - before;
  const subscribers: LeanClient[] = [];
  const publishers: AckPublisher[] = [];
  await forEachIndex(pairs, atOnce, async (index) => {
    const target = targets[index % targets.length] ?? ground.target;
    const topic = `pair/${padded(Math.floor(index / targets.length))}`;
    const clientId = `pair-${index}`;
    // QoS 0: every message goes out at once, so that none waits in a queue when it is counted.
    const subscriptions = [{ filter: topic, qos: 0 }];
    subscribers.push(
      await LeanClient.connect(target, { clientId, clean: true, subscriptions, ended: () => undefined }),
    );
    const options = { clientId: `publisher-${index}`, window };
    publishers.push(await AckPublisher.connect(target, packetsFor([topic], payloadBytes), options));
  });
  const cpuUsPerMessage = await ground.cpuUsPerMessage(publishers, loadMs);
  for (const subscriber of subscribers) subscriber.end();
  return { cpuUsPerMessage, bytes };
}

async function manyDeployments(ground: Ground, count: number): Promise<Target[]> {
  const targets: Target[] = [];
  // Without rates, as the first deployment has none: what is compared is the number of deployments.
  const limits = {
    messagesPerSecond: null,
    publishesPerSecondPerClient: null,
    bytesPerSecondPerClient: null,
    connectsPerSecond: null,
  };
  await forEachIndex(count, 8, async (index) => {
    const { id, address } = await ground.rest('POST', '/deployments', { name: `growth ${index}` });
    await ground.rest('PATCH', `/deployments/${String(id)}`, { limits });
    await ground.rest('POST', `/deployments/${String(id)}/credentials`, { username, password });
    targets.push({ port: ground.target.port, username, password, serverName: String(address) });
  });
  return targets;
}
