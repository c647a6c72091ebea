/** What the standards leave open and docs/reference/choices.md states. */
import { PacketType } from '../../packages/codec/mod.ts';
import { lengthPrefixed, packet } from '../../testkit/packets.ts';
import { bytes, handMadeConnect, noProperties, stringOf } from '../bytes.ts';
import { Client, connectPacketOf, persistent, textOf, unique } from '../client.ts';
import { test3, test5, testBoth } from '../registry.ts';
import { otherUsername, server } from '../server.ts';

function same(got: unknown, wanted: unknown): void {
  if (JSON.stringify(got) !== JSON.stringify(wanted))
    throw new Error(`expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
}

test5('[choice] of overlapping subscriptions, one with Retain As Published is enough', async () => {
  const topic = unique('t');
  await using client = await Client.connect(5);
  await client.subscribe({ topicFilter: topic, retainAsPublished: false }, { subscriptionIdentifiers: [5] });
  await client.subscribe({ topicFilter: `${topic}/#`, retainAsPublished: true }, { subscriptionIdentifiers: [5] });
  client.sendPublish({ topic, retain: true });
  const message = await client.receive();
  same([message.retain, message.properties?.subscriptionIdentifiers], [true, [5, 5]]);
  await client.barrier();
});

test5('[choice] own messages come by the subscriptions without No Local', async () => {
  const topic = unique('t');
  await using client = await Client.connect(5);
  await client.subscribe({ topicFilter: topic, noLocal: true, qos: 2 }, { subscriptionIdentifiers: [1] });
  await client.subscribe({ topicFilter: `${topic}/#`, qos: 1 }, { subscriptionIdentifiers: [2] });
  client.sendPublish({ topic, qos: 2 });
  await client.expect(PacketType.PUBREC);
  const message = await client.receive();
  same([message.qos, message.properties?.subscriptionIdentifiers], [1, [2]]);
});

test5('[choice] without subscribers PUBACK is 0x10 and PUBREC 0x00', async () => {
  await using client = await Client.connect(5);
  same((await client.publish({ topic: unique('t'), qos: 1 }))?.reasonCode, 0x10);
  same((await client.publish({ topic: unique('t'), qos: 2 }))?.reasonCode, 0);
});

testBoth("[choice] the publisher's own copy comes behind PUBACK and PUBREC, before PUBREL", async (dialect) => {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  await client.subscribe(topic);
  for (const [qos, type] of [
    [1, PacketType.PUBACK],
    [2, PacketType.PUBREC],
  ] as const) {
    client.sendPublish({ topic, qos });
    await client.expect(type);
    await client.receive();
  }
});

testBoth('[choice] control characters and non-characters are refused', async (dialect) => {
  for (const text of ['01', '1f', '7f', 'c2 80', 'ef bf bf', 'ef b7 90', 'f0 9f bf be']) {
    await using client = await Client.connect(dialect);
    client.sendBytes(packet(0x30, stringOf(bytes(text)), noProperties(dialect)));
    await client.expectClose(0x81);
  }
});

testBoth(
  '[choice] retained messages follow SUBACK, topics before those below them, each filter for itself',
  async (dialect) => {
    const root = unique('t');
    await using client = await Client.connect(dialect);
    for (const name of ['b', 'a/below', 'a', 'c'])
      await client.publish({ topic: `${root}/${name}`, payload: name, retain: true });
    client.sendSubscribe([`${root}/#`, `${root}/c`]);
    await client.expect(PacketType.SUBACK);
    const got: string[] = [];
    for (let index = 0; index < 5; index += 1) got.push(textOf(await client.receive()));
    same(got, ['b', 'a', 'a/below', 'c', 'c']);
    await client.barrier();
  },
);

testBoth('[choice] QoS 0 is not kept for a client that is away', async (dialect) => {
  const clientId = unique('c');
  const topic = unique('t');
  await using first = await Client.connect(dialect, persistent(dialect, clientId));
  await first.subscribe(topic);
  await first.leave();
  await using publisher = await Client.connect(dialect);
  await publisher.publish({ topic, qos: 0 });
  await using second = await Client.connect(dialect, persistent(dialect, clientId));
  await second.barrier();
});

test5('[choice] an empty client identifier is assigned one with Clean Start 0 too', async () => {
  await using client = await Client.connect(5, persistent(5, ''));
  if ((client.connack.properties?.assignedClientIdentifier ?? '') === '') throw new Error('none was assigned');
});

testBoth('[choice] a session is that of the client identifier, whatever the user name', async (dialect) => {
  const clientId = unique('c');
  await using first = await Client.connect(dialect, persistent(dialect, clientId));
  await first.leave();
  await using second = await Client.connect(dialect, { ...persistent(dialect, clientId), username: otherUsername });
  same(second.connack.sessionPresent, true);
});

test5('[choice] a password without a user name gets 0x86', async () => {
  await using client = await Client.open(5);
  client.send(connectPacketOf(5, { username: null }));
  await client.expectRefusal({ 4: null, 5: 0x86 });
});

test5('[choice] a longer Session Expiry Interval is shortened, and CONNACK says so', async () => {
  const { tight } = server();
  await using long = await Client.connect(5, { target: tight, properties: { sessionExpiryInterval: 600 } });
  same(long.connack.properties?.sessionExpiryInterval, 60);
  await using short = await Client.connect(5, { target: tight, properties: { sessionExpiryInterval: 30 } });
  same(short.connack.properties?.sessionExpiryInterval, undefined);
});

testBoth('[choice] what comes right behind CONNECT is handled after CONNACK', async (dialect) => {
  await using client = await Client.open(dialect);
  client.send(connectPacketOf(dialect));
  client.sendSubscribe(unique('t'));
  client.send({ type: PacketType.PINGREQ });
  await client.expect(PacketType.CONNACK);
  await client.expect(PacketType.SUBACK);
  await client.expect(PacketType.PINGRESP);
});

test3('[choice] lengths need not have their shortest form in 3.1.1', async () => {
  await using client = await Client.connect(4);
  client.sendBytes('c0 80 80 00');
  await client.expect(PacketType.PINGRESP);
});

testBoth('[choice] a take-over publishes a will without delay', async (dialect) => {
  const clientId = unique('c');
  const topic = unique('t');
  await using watcher = await Client.connect(dialect);
  await watcher.subscribe(topic);
  await using first = await Client.connect(dialect, { ...persistent(dialect, clientId), will: { topic } });
  await using second = await Client.connect(dialect, persistent(dialect, clientId));
  await first.raw.closed();
  await watcher.receive();
  await second.barrier();
});

test5('[choice] a take-over within the will delay does not publish the will, a clean start does', async () => {
  const clientId = unique('c');
  const topic = unique('t');
  const will = { topic, properties: { willDelayInterval: 60 } };
  await using watcher = await Client.connect(5);
  await watcher.subscribe(topic);
  await using first = await Client.connect(5, { ...persistent(5, clientId), will });
  await using second = await Client.connect(5, { ...persistent(5, clientId), will });
  await first.expectClose(0x8e);
  await watcher.barrier();
  await using third = await Client.connect(5, { clientId });
  await second.expectClose(0x8e);
  await watcher.receive();
  await third.barrier();
});

test5('[choice] DISCONNECT 0x04 publishes the will', async () => {
  const topic = unique('t');
  await using watcher = await Client.connect(5);
  await watcher.subscribe(topic);
  await using client = await Client.connect(5, { will: { topic } });
  await client.leave(0x04);
  await watcher.receive();
});

testBoth('[choice] shared subscriptions work in 3.1.1 too, and get no retained messages', async (dialect) => {
  const topic = unique('t');
  await using publisher = await Client.connect(dialect);
  await publisher.publish({ topic, qos: 1, retain: true });
  await using one = await Client.connect(dialect);
  await using two = await Client.connect(dialect);
  await one.subscribe(`$share/group/${topic}`);
  await two.subscribe(`$share/group/${topic}`);
  await one.barrier();
  for (let index = 0; index < 4; index += 1) await publisher.publish({ topic, qos: 1 });
  for (const client of [one, two, one, two]) await client.take();
  await one.barrier();
  await two.barrier();
});

testBoth('[choice] Packet Identifiers begin at 1 and go up by one', async (dialect) => {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  await client.subscribe(topic);
  await using publisher = await Client.connect(dialect);
  const got: number[] = [];
  for (let index = 0; index < 4; index += 1) {
    await publisher.publish({ topic, qos: 1 });
    got.push((await client.take()).packetIdentifier);
  }
  same(got, [1, 2, 3, 4]);
});

testBoth(
  '[choice] an acknowledgement of the wrong kind is a protocol error, one for nothing is not',
  async (dialect) => {
    for (const [qos, type] of [
      [2, PacketType.PUBACK],
      [1, PacketType.PUBREC],
      [2, PacketType.PUBCOMP],
    ] as const) {
      const topic = unique('t');
      await using client = await Client.connect(dialect);
      await client.subscribe(topic);
      await client.publish({ topic: unique('other'), qos: 1 });
      client.acknowledge(PacketType.PUBACK, 999);
      client.acknowledge(PacketType.PUBCOMP, 999);
      await client.barrier();
      await using publisher = await Client.connect(dialect);
      await publisher.publish({ topic, qos });
      const { packetIdentifier } = await client.receive();
      client.acknowledge(type, packetIdentifier);
      await client.expectClose(0x82);
    }
  },
);

testBoth('[choice] over the limit of retained messages, a message is delivered and not kept', async (dialect) => {
  const { tight } = server();
  const root = unique('t');
  await using client = await Client.connect(dialect, { target: tight });
  await client.subscribe(`${root}/#`);
  await using publisher = await Client.connect(dialect, { target: tight });
  // The limit is 1, and this test runs in both dialects: the first topic of one of them is kept.
  for (const payload of ['first', 'second']) {
    await publisher.publish({ topic: `${root}/${payload}`, payload, qos: 1, retain: true });
    same(textOf(await client.take()), payload);
  }
  await using late = await Client.connect(dialect, { target: tight });
  await late.subscribe(`${root}/second`);
  await late.barrier();
});

testBoth('[choice] MQTT 3.1 and levels that are none', async (dialect) => {
  await using old = await Client.open(4);
  const parts = { name: 'MQIsdp', level: 3 };
  old.sendBytes(handMadeConnect(4, unique('c'), parts));
  await old.raw.expect('20 02 00 00');
  await using none = await Client.open(4);
  none.sendBytes(handMadeConnect(4, '', parts));
  await none.expectRefusal({ 4: 0x02, 5: null });
  await using other = await Client.open(dialect);
  other.sendBytes(packet(0x10, lengthPrefixed('MQTT'), bytes(dialect === 4 ? '01' : '07')));
  await other.expectRefusal({ 4: 0x01, 5: 0x84 });
});
