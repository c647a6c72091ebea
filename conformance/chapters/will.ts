/** Wills (sections 3.1.2.5, 3.1.3.2 and 3.14.4). */
import { afterSeconds, Client, type Outgoing, textOf, unique } from '../client.ts';
import { type Dialect, test3, test5, testBoth } from '../registry.ts';

/** A client that watches the topic of a will, and one that has the will. */
async function pair(dialect: Dialect, will: Omit<Outgoing, 'topic'>, sessionExpiryInterval = 0) {
  const topic = unique('will/');
  const clientId = unique('c');
  const watcher = await Client.connect(dialect);
  await watcher.subscribe({ topicFilter: topic, retainAsPublished: true });
  const client = await Client.connect(dialect, {
    clientId,
    will: { topic, ...will },
    ...(dialect === 5 ? { properties: { sessionExpiryInterval } } : {}),
  });
  return { topic, clientId, watcher, client };
}

testBoth(
  '[MQTT-3.1.2-8 | MQTT-3.1.2-7] the will is kept and published when the connection is lost',
  async (dialect) => {
    const { watcher, client } = await pair(dialect, { payload: 'gone', qos: 2 });
    await watcher.barrier();
    await client.vanish();
    const packet = await watcher.take();
    if (textOf(packet) !== 'gone' || packet.qos !== 2) throw new Error('not the will');
  },
);

test5('[MQTT-3.1.2-8] the will waits for its Will Delay Interval', async () => {
  const { watcher, client } = await pair(5, { properties: { willDelayInterval: 2 } }, 60);
  await client.vanish();
  await watcher.barrier();
  await watcher.receive();
});

test5('[MQTT-3.1.2-8] the will does not wait longer than the session lasts', async () => {
  const { watcher, client } = await pair(5, { properties: { willDelayInterval: 3600 } }, 1);
  await client.vanish();
  await watcher.receive();
});

testBoth('[MQTT-3.1.2-10] a will is published once, and forgotten after DISCONNECT', async (dialect) => {
  const { watcher, client, clientId } = await pair(dialect, {}, 60);
  await client.vanish();
  await watcher.receive();
  const options = dialect === 5 ? { properties: { sessionExpiryInterval: 60 } } : {};
  const again = await Client.connect(dialect, { clientId, cleanStart: false, ...options });
  await again.vanish();
  await watcher.barrier();
});

test3('[MQTT-3.1.2-12] without a will nothing is published', async () => {
  await using watcher = await Client.connect(4);
  const clientId = unique('no-will');
  await watcher.subscribe(`${clientId}/#`);
  const client = await Client.connect(4, { clientId });
  await client.vanish();
  await watcher.barrier();
});

testBoth('[MQTT-3.1.2-16 | MQTT-3.1.2-14] a will without Will Retain is not retained', async (dialect) => {
  const { watcher, client, topic } = await pair(dialect, { retain: false });
  await client.vanish();
  if ((await watcher.receive()).retain) throw new Error('RETAIN');
  await using late = await Client.connect(dialect);
  await late.subscribe(topic);
  await late.barrier();
});

testBoth('[MQTT-3.1.2-17 | MQTT-3.1.2-15] a will with Will Retain is retained', async (dialect) => {
  const { watcher, client, topic } = await pair(dialect, { retain: true, payload: 'kept' });
  await client.vanish();
  const live = await watcher.receive();
  if (live.retain !== (dialect === 5)) throw new Error('RETAIN is as published in 5.0 only');
  await using late = await Client.connect(dialect);
  await late.subscribe(topic);
  const packet = await late.receive();
  if (!packet.retain || textOf(packet) !== 'kept') throw new Error('not the retained will');
});

test5('[MQTT-3.1.3-9] a client that returns before the Will Delay Interval has passed keeps its will in', async () => {
  const { watcher, client, clientId } = await pair(5, { properties: { willDelayInterval: 1 } }, 60);
  await client.vanish();
  await using back = await Client.connect(5, { clientId, cleanStart: false });
  await afterSeconds(2);
  await back.barrier();
  await watcher.barrier();
});

test5('[MQTT-3.1.3-10] the User Properties of a will keep their order', async () => {
  const userProperties = [
    ['b', '1'],
    ['a', '2'],
    ['b', '1'],
  ] as const;
  const { watcher, client } = await pair(5, { properties: { userProperties } });
  await client.vanish();
  const { properties } = await watcher.receive();
  if (JSON.stringify(properties?.userProperties) !== JSON.stringify(userProperties)) throw new Error('order');
});

testBoth('[MQTT-3.14.4-3] DISCONNECT discards the will', async (dialect) => {
  const { watcher, client } = await pair(dialect, {});
  await client.leave();
  await watcher.barrier();
});
