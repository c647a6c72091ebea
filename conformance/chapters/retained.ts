/** Retained messages (sections 3.3.1.3 and 3.8.3.1). */
import { Client, type Filter, textOf, unique } from '../client.ts';
import { type Dialect, test3, test5, testBoth } from '../registry.ts';

/** What a new client gets of a filter: the payloads, sorted, and that all of them have RETAIN. */
async function retainedOf(dialect: Dialect, filter: Filter): Promise<string> {
  await using client = await Client.connect(dialect);
  await client.subscribe(filter);
  return await received(client);
}

/** The payloads of what has come until now. */
async function received(client: Client): Promise<string> {
  const payloads: string[] = [];
  client.send({ type: 12 });
  for (let packet = await client.next(); packet.type !== 13; packet = await client.next()) {
    if (packet.type !== 3) throw new Error(`packet type ${packet.type}`);
    if (!packet.retain) throw new Error('no RETAIN');
    payloads.push(textOf(packet));
    await client.settle(packet);
  }
  return payloads.toSorted().join(' ');
}

function same(got: string, wanted: string): void {
  if (got !== wanted) throw new Error(`expected '${wanted}', got '${got}'`);
}

testBoth('[MQTT-3.3.1-5] a retained message replaces the one before and keeps its QoS', async (dialect) => {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  await client.publish({ topic, payload: 'old', qos: 1, retain: true });
  await client.publish({ topic, payload: 'new', qos: 2, retain: true });
  await using late = await Client.connect(dialect);
  await late.subscribe(topic);
  const message = await late.take();
  if (textOf(message) !== 'new' || message.qos !== 2) throw new Error(`${textOf(message)} ${message.qos}`);
  await late.barrier();
});

testBoth(
  '[MQTT-3.3.1-6 | MQTT-3.3.1-9] a new subscription gets every retained message that it matches',
  async (dialect) => {
    const root = unique('t');
    await using client = await Client.connect(dialect);
    for (const name of ['a', 'b', 'c/d'])
      await client.publish({ topic: `${root}/${name}`, payload: name, qos: 1, retain: true });
    same(await retainedOf(dialect, `${root}/+`), 'a b');
    same(await retainedOf(dialect, `${root}/#`), 'a b c/d');
    same(await retainedOf(dialect, `${root}/c/d`), 'c/d');
  },
);

test3('[MQTT-3.3.1-7] a retained QoS 0 message replaces the one before', async () => {
  const topic = unique('t');
  await using client = await Client.connect(4);
  await client.publish({ topic, payload: 'old', qos: 1, retain: true });
  await client.publish({ topic, payload: 'new', qos: 0, retain: true });
  same(await retainedOf(4, topic), 'new');
});

test3('[MQTT-3.3.1-8] a message that is sent because of a new subscription has RETAIN', async () => {
  const topic = unique('t');
  await using client = await Client.connect(4);
  await client.publish({ topic, payload: 'kept', retain: true });
  await client.subscribe(topic);
  if (!(await client.receive()).retain) throw new Error('no RETAIN');
});

testBoth('[MQTT-3.3.1-9 | MQTT-3.3.1-12] a message to a subscription that stands has no RETAIN', async (dialect) => {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  await client.subscribe({ topicFilter: topic, retainAsPublished: false });
  client.sendPublish({ topic, retain: true });
  if ((await client.receive()).retain) throw new Error('RETAIN');
});

testBoth(
  '[MQTT-3.3.1-10 | MQTT-3.3.1-6] an empty retained message is delivered and removes the one that was kept',
  async (dialect) => {
    const topic = unique('t');
    await using client = await Client.connect(dialect);
    await client.publish({ topic, payload: 'kept', qos: 1, retain: true });
    await using watcher = await Client.connect(dialect);
    await watcher.subscribe(topic);
    await watcher.take();
    await client.publish({ topic, payload: '', qos: 1, retain: true });
    if (textOf(await watcher.take()) !== '') throw new Error('not the empty message');
    same(await retainedOf(dialect, topic), '');
  },
);

testBoth('[MQTT-3.3.1-11 | MQTT-3.3.1-7] an empty message is not retained', async (dialect) => {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  await client.publish({ topic, payload: '', qos: 1, retain: true });
  same(await retainedOf(dialect, topic), '');
});

testBoth(
  '[MQTT-3.3.1-12 | MQTT-3.3.1-8] a message without RETAIN is not kept, and leaves the one that is',
  async (dialect) => {
    const topic = unique('t');
    await using client = await Client.connect(dialect);
    await client.publish({ topic, payload: 'passing', qos: 1 });
    same(await retainedOf(dialect, topic), '');
    await client.publish({ topic, payload: 'kept', qos: 1, retain: true });
    await client.publish({ topic, payload: 'passing', qos: 1 });
    await client.publish({ topic, payload: '', qos: 1 });
    same(await retainedOf(dialect, topic), 'kept');
  },
);

test5('[MQTT-3.3.1-10] Retain Handling 1 sends retained messages to a new subscription only', async () => {
  const topic = unique('t');
  await using client = await Client.connect(5);
  await client.publish({ topic, payload: 'kept', qos: 1, retain: true });
  const filter = { topicFilter: topic, retainHandling: 1 } as const;
  await client.subscribe(filter);
  same(await received(client), 'kept');
  await client.subscribe(filter);
  await client.subscribe({ ...filter, qos: 0 });
  await client.barrier();
  await client.unsubscribe(topic);
  await client.subscribe(filter);
  same(await received(client), 'kept');
});

test5('[MQTT-3.3.1-11] Retain Handling 2 sends no retained messages', async () => {
  const topic = unique('t');
  await using client = await Client.connect(5);
  await client.publish({ topic, payload: 'kept', qos: 1, retain: true });
  await client.subscribe({ topicFilter: topic, retainHandling: 2 });
  await client.barrier();
  await client.subscribe({ topicFilter: topic, retainHandling: 0 });
  same(await received(client), 'kept');
});

test5('[MQTT-3.3.1-13] Retain As Published passes RETAIN on as it was', async () => {
  const topic = unique('t');
  await using client = await Client.connect(5);
  await client.subscribe({ topicFilter: topic, retainAsPublished: true });
  for (const retain of [true, false]) {
    client.sendPublish({ topic, retain });
    if ((await client.receive()).retain !== retain) throw new Error(`RETAIN is not ${retain}`);
  }
});

testBoth(
  '[MQTT-3.8.4-3 | MQTT-3.8.4-4] subscribing again sends retained messages again and loses nothing',
  async (dialect) => {
    const topic = unique('t');
    await using client = await Client.connect(dialect);
    await client.publish({ topic, payload: 'kept', qos: 1, retain: true });
    await client.subscribe({ topicFilter: topic, qos: 1 });
    await client.take();
    await using publisher = await Client.connect(dialect);
    const payloads: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      publisher.sendPublish({ topic, payload: `${index}`, qos: 1 });
      client.sendSubscribe({ topicFilter: topic, qos: 1 });
    }
    while (payloads.filter((one) => one === 'kept').length < 5 || payloads.filter((one) => one !== 'kept').length < 5) {
      const packet = await client.next();
      if (packet.type !== 3) continue;
      payloads.push(textOf(packet));
      await client.settle(packet);
    }
    same(payloads.filter((one) => one !== 'kept').join(' '), '0 1 2 3 4');
  },
);
