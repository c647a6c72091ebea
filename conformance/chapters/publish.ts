/** PUBLISH: flags, identifiers and the topic (sections 2.2.1 and 3.3). */
import { PacketType } from '../../packages/codec/mod.ts';
import { lengthPrefixed, packet } from '../../testkit/packets.ts';
import { bytes, noProperties, stringOf } from '../bytes.ts';
import { Client, persistent, textOf, unique } from '../client.ts';
import { test3, test5, testBoth } from '../registry.ts';

testBoth('[MQTT-2.3.1-5 | MQTT-2.2.1-2] a PUBLISH with QoS 0 has no Packet Identifier', async (dialect) => {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  await client.subscribe(topic);
  client.sendPublish({ topic, payload: 'AB' });
  const end = dialect === 5 ? '00 41 42' : '41 42';
  await client.raw.expect(`30 ${'.. '.repeat(3 + topic.length)} ${end}`);
});

testBoth('[MQTT-2.3.1-1 | MQTT-2.2.1-3] a Packet Identifier of 0 is refused', async (dialect) => {
  const none = noProperties(dialect);
  const zero = [
    packet(0x32, lengthPrefixed('t'), bytes('00 00'), none),
    packet(0x34, lengthPrefixed('t'), bytes('00 00'), none),
    packet(0x82, bytes('00 00'), none, lengthPrefixed('t'), bytes('00')),
    packet(0xa2, bytes('00 00'), none, lengthPrefixed('t')),
  ];
  for (const wrong of zero) {
    await using client = await Client.connect(dialect);
    client.sendBytes(wrong);
    await client.expectClose(0x82);
  }
});

testBoth(
  '[MQTT-2.3.1-4 | MQTT-2.2.1-4] the server gives each message an identifier that is not in use',
  async (dialect) => {
    const topic = unique('t');
    await using client = await Client.connect(dialect);
    await client.subscribe(topic);
    await using publisher = await Client.connect(dialect);
    for (let index = 0; index < 10; index += 1) await publisher.publish({ topic, qos: index % 2 === 0 ? 1 : 2 });
    const identifiers = new Set<number>();
    for (let index = 0; index < 10; index += 1) identifiers.add((await client.receive()).packetIdentifier);
    if (identifiers.size !== 10 || identifiers.has(0)) throw new Error([...identifiers].join(' '));
  },
);

testBoth('[MQTT-2.3.1-6 | MQTT-2.2.1-5] acknowledgements carry the identifier of their PUBLISH', async (dialect) => {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  client.sendPublish({ topic, qos: 1, packetIdentifier: 0x1234 });
  await client.raw.expect('40 .. 12 34 *');
  client.sendPublish({ topic, qos: 2, packetIdentifier: 0xfedc });
  await client.raw.expect('50 .. fe dc *');
  client.acknowledge(PacketType.PUBREL, 0xfedc);
  await client.raw.expect('70 02 fe dc');
});

testBoth('[MQTT-2.3.1-7 | MQTT-2.2.1-6] SUBACK and UNSUBACK carry the identifier of their request', async (dialect) => {
  const none = noProperties(dialect);
  await using client = await Client.connect(dialect);
  client.sendBytes(packet(0x82, bytes('12 34'), none, lengthPrefixed('t'), bytes('00')));
  await client.raw.expect('90 .. 12 34 *');
  client.sendBytes(packet(0xa2, bytes('fe dc'), none, lengthPrefixed('t')));
  await client.raw.expect('b0 .. fe dc *');
});

testBoth('[MQTT-3.3.1-1] a message that is sent again has DUP set', async (dialect) => {
  const clientId = unique('c');
  const topic = unique('t');
  await using first = await Client.connect(dialect, persistent(dialect, clientId));
  await first.subscribe(topic);
  await using publisher = await Client.connect(dialect);
  await publisher.publish({ topic, qos: 1 });
  await publisher.publish({ topic, qos: 2 });
  for (const dup of [await first.receive(), await first.receive()].map((one) => one.dup)) {
    if (dup) throw new Error('DUP at first');
  }
  await first.vanish();
  await using second = await Client.connect(dialect, persistent(dialect, clientId));
  for (const dup of [await second.receive(), await second.receive()].map((one) => one.dup)) {
    if (!dup) throw new Error('no DUP');
  }
});

testBoth('[MQTT-3.3.1-2] DUP with QoS 0 closes the connection', async (dialect) => {
  await using client = await Client.connect(dialect);
  client.sendPublish({ topic: unique('t'), dup: true });
  await client.expectClose(0x81);
});

testBoth('[MQTT-3.3.1-3] DUP of the publisher is not passed on', async (dialect) => {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  await client.subscribe(topic);
  await using publisher = await Client.connect(dialect);
  for (const qos of [1, 2] as const) {
    await publisher.publish({ topic, qos, dup: true });
    if ((await client.take()).dup) throw new Error('DUP');
  }
});

testBoth('[MQTT-3.3.1-4] QoS 3 closes the connection', async (dialect) => {
  await using client = await Client.connect(dialect);
  client.sendBytes(packet(0x36, lengthPrefixed('t'), bytes('00 01'), noProperties(dialect)));
  await client.expectClose(0x81);
});

testBoth('[MQTT-3.3.2-1] a Topic Name that is no UTF-8 closes the connection', async (dialect) => {
  for (const topic of ['ff', 'c3 28', 'ed a0 80', 'c0 af']) {
    await using client = await Client.connect(dialect);
    client.sendBytes(packet(0x30, stringOf(bytes(topic)), noProperties(dialect)));
    await client.expectClose(0x81);
  }
});

testBoth('[MQTT-3.3.2-2] a Topic Name with a wildcard closes the connection', async (dialect) => {
  for (const topic of ['a/+', '#', 'a/b#']) {
    await using client = await Client.connect(dialect);
    client.sendPublish({ topic });
    await client.expectClose(0x90);
  }
});

testBoth('[MQTT-3.3.2-3] what a subscriber gets matches its filter', async (dialect) => {
  const root = unique('t');
  await using client = await Client.connect(dialect);
  await client.subscribe(`${root}/+/b`);
  await using publisher = await Client.connect(dialect);
  for (const topic of ['a/b', 'a/c', 'b', 'a/b/c', 'x/b'])
    await publisher.publish({ topic: `${root}/${topic}`, qos: 1 });
  const topics = [(await client.take()).topic, (await client.take()).topic];
  if (topics.join(' ') !== `${root}/a/b ${root}/x/b`) throw new Error(topics.join(' '));
  await client.barrier();
});

testBoth('[MQTT-3.3.4-1] the answer is that of the QoS: none, PUBACK, PUBREC', async (dialect) => {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  client.sendPublish({ topic });
  await client.barrier();
  client.sendPublish({ topic, qos: 1 });
  await client.expect(PacketType.PUBACK);
  client.sendPublish({ topic, qos: 2 });
  await client.expect(PacketType.PUBREC);
  await client.barrier();
});

testBoth('[MQTT-3.3.5-1 | MQTT-3.3.4-2] overlapping subscriptions deliver with the highest QoS', async (dialect) => {
  const root = unique('t');
  const topic = `${root}/a`;
  await using client = await Client.connect(dialect);
  await client.subscribe([
    { topicFilter: topic, qos: 1 },
    { topicFilter: `${root}/#`, qos: 2 },
    { topicFilter: `${root}/+`, qos: 0 },
  ]);
  await using publisher = await Client.connect(dialect);
  await publisher.publish({ topic, qos: 2 });
  const message = await client.receive();
  if (message.topic !== topic || message.qos !== 2) throw new Error(`${message.topic} ${message.qos}`);
});

test3('[MQTT-3.3.5-2] a publish that is not permitted is acknowledged and goes nowhere', async () => {
  const topic = `$SYS/${unique('t')}`;
  await using client = await Client.connect(4);
  await client.subscribe(topic);
  await client.publish({ topic, qos: 1, payload: 'forged' });
  await client.publish({ topic, qos: 2, payload: 'forged' });
  await client.barrier();
});

test5('[MQTT-3.3.4-3] [MQTT-3.3.4-4] one copy carries the identifiers of all subscriptions that match', async () => {
  const topic = unique('t');
  await using client = await Client.connect(5);
  await client.subscribe(topic, { subscriptionIdentifiers: [1] });
  await client.subscribe(`${topic}/#`, { subscriptionIdentifiers: [268_435_455] });
  await client.subscribe(`$share/group/${unique('other')}`, { subscriptionIdentifiers: [3] });
  await client.subscribe(`+/+/${topic}`, { subscriptionIdentifiers: [4] });
  await using publisher = await Client.connect(5);
  await publisher.publish({ topic, qos: 1 });
  const { properties } = await client.receive();
  const identifiers = [...(properties?.subscriptionIdentifiers ?? [])].toSorted((one, other) => one - other);
  if (identifiers.join(' ') !== '1 268435455') throw new Error(identifiers.join(' '));
  await client.barrier();
});

test5('[MQTT-3.3.4-6] a PUBLISH of a client with a Subscription Identifier is a protocol error', async () => {
  await using client = await Client.connect(5);
  client.sendPublish({ topic: unique('t'), properties: { subscriptionIdentifiers: [1] } });
  await client.expectClose(0x82);
});

testBoth(
  '[MQTT-3.8.4-6 | MQTT-3.8.4-8] the QoS is the lower one of the message and the subscription',
  async (dialect) => {
    const topic = unique('t');
    await using publisher = await Client.connect(dialect);
    for (const granted of [0, 1, 2] as const) {
      await using client = await Client.connect(dialect);
      await client.subscribe({ topicFilter: topic, qos: granted });
      for (const qos of [0, 1, 2] as const) {
        await publisher.publish({ topic, qos, payload: `${qos}` });
        const message = await client.take();
        if (message.qos !== Math.min(qos, granted) || textOf(message) !== `${qos}`)
          throw new Error(`${qos} ${message.qos}`);
      }
    }
  },
);
