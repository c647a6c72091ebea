/**
 * A deployment that publishes as many durable messages as it may: QoS 1, for sessions that last and whose clients are away. Started by
 * bench/durable-neighbour.ts in a process of its own, until it is killed.
 */
import { AckPublisher, packetsFor } from '../load/ack-publisher.ts';
import { LeanClient } from '../load/lean-client.ts';

const [port = '', serverName = '', username = '', password = '', payloadBytes = ''] = process.argv.slice(2);
const target = { port: Number(port), serverName, username, password };
const sessions = 50;
const publishers = 20;
/** In flight, of each publisher. */
const window = 50;

const topics = Array.from({ length: sessions }, (_, index) => `flood/${String(index).padStart(3, '0')}`);
for (const [index, filter] of topics.entries()) {
  const clientId = `away-${index}`;
  const subscriptions = [{ filter, qos: 1 }];
  const client = await LeanClient.connect(target, { clientId, clean: false, subscriptions, ended: () => undefined });
  await client.subscribed();
  client.end();
}
const packets = packetsFor(topics, Number(payloadBytes));
for (let index = 0; index < publishers; index++) {
  const options = { clientId: `flood-${index}`, window, firstTopic: index * 2 };
  (await AckPublisher.connect(target, packets, options)).start();
}
console.log('noisy');
setInterval(() => undefined, 1_000);
