/** SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK (sections 3.8 to 3.11). */
import { PacketType } from '../../packages/codec/mod.ts';
import { lengthPrefixed, packet } from '../../testkit/packets.ts';
import { bytes, noProperties, stringOf } from '../bytes.ts';
import { Client, textOf, unique } from '../client.ts';
import { type Dialect, test3, test5, testBoth } from '../registry.ts';
import { server } from '../server.ts';

/** SUBSCRIBE by hand: a filter with its options. */
function subscribe(dialect: Dialect, filter: Uint8Array, options: string, firstByte = 0x82): Uint8Array {
  return packet(firstByte, bytes('00 01'), noProperties(dialect), filter, bytes(options));
}

function unsubscribe(dialect: Dialect, filter: Uint8Array, firstByte = 0xa2): Uint8Array {
  return packet(firstByte, bytes('00 01'), noProperties(dialect), filter);
}

/** Each of the packets closes a connection of its own. */
async function refuses(dialect: Dialect, reasonCode: number, ...wrong: readonly Uint8Array[]): Promise<void> {
  for (const one of wrong) {
    await using client = await Client.connect(dialect);
    client.sendBytes(one);
    await client.expectClose(reasonCode);
  }
}

function same(got: readonly number[], wanted: readonly number[]): void {
  if (got.join(' ') !== wanted.join(' ')) throw new Error(`expected ${wanted.join(' ')}, got ${got.join(' ')}`);
}

const filter = lengthPrefixed('t');

testBoth('[MQTT-3.8.1-1] SUBSCRIBE with other flags than 0010 closes the connection', (dialect) =>
  refuses(dialect, 0x81, ...[0x80, 0x81, 0x83, 0x86, 0x8a].map((first) => subscribe(dialect, filter, '00', first))),
);

testBoth('[MQTT-3.8.3-1] a Topic Filter that is no UTF-8 closes the connection', (dialect) =>
  refuses(dialect, 0x81, subscribe(dialect, stringOf(bytes('c3 28')), '00')),
);

testBoth('[MQTT-3.8.3-3 | MQTT-3.8.3-2] SUBSCRIBE without a Topic Filter closes the connection', (dialect) =>
  refuses(dialect, 0x82, packet(0x82, bytes('00 01'), noProperties(dialect))),
);

test3('[MQTT-3.8.3-4] a QoS of 3 or a reserved bit closes the connection', () =>
  refuses(4, 0x81, ...['03', '04', '08', '10', '20', '40', '80'].map((options) => subscribe(4, filter, options))),
);

test5('[MQTT-3.8.3-5] a reserved bit of the Subscription Options closes the connection', () =>
  refuses(5, 0x81, ...['40', '80', 'c0'].map((options) => subscribe(5, filter, options))),
);

test5('[MQTT-3.8.3-3] No Local keeps messages from the client that published them', async () => {
  const topic = unique('t');
  await using client = await Client.connect(5);
  await using other = await Client.connect(5);
  await client.subscribe({ topicFilter: topic, noLocal: true });
  await client.publish({ topic, qos: 1, payload: 'own' });
  await other.publish({ topic, qos: 1, payload: 'of another' });
  if (textOf(await client.take()) !== 'of another') throw new Error('its own');
  await client.barrier();
});

test5('[MQTT-3.8.3-4] No Local on a Shared Subscription is a protocol error', () =>
  refuses(5, 0x82, subscribe(5, lengthPrefixed('$share/group/t'), '04')),
);

testBoth('[MQTT-3.8.4-1] SUBSCRIBE is answered with SUBACK', async (dialect) => {
  await using client = await Client.connect(dialect);
  client.sendSubscribe(unique('t'));
  await client.expect(PacketType.SUBACK);
  await client.barrier();
});

testBoth('[MQTT-3.8.4-2] SUBACK has the Packet Identifier of SUBSCRIBE', async (dialect) => {
  await using client = await Client.connect(dialect);
  const sent = [client.sendSubscribe(unique('t')), client.sendSubscribe(unique('t'))];
  const first = await client.expect(PacketType.SUBACK);
  const second = await client.expect(PacketType.SUBACK);
  same([first.packetIdentifier, second.packetIdentifier], sent);
});

testBoth('[MQTT-3.8.4-3] subscribing again replaces the subscription', async (dialect) => {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  await client.subscribe({ topicFilter: topic, qos: 2 });
  await client.subscribe({ topicFilter: topic, qos: 0 });
  await using publisher = await Client.connect(dialect);
  await publisher.publish({ topic, qos: 2 });
  same([(await client.receive()).qos], [0]);
  await client.barrier();
  await client.unsubscribe(topic);
  await publisher.publish({ topic, qos: 2 });
  await client.barrier();
});

testBoth(
  '[MQTT-3.8.4-4 | MQTT-3.8.4-5] several filters in one SUBSCRIBE are as many subscriptions',
  async (dialect) => {
    const root = unique('t');
    await using client = await Client.connect(dialect);
    await client.subscribe([`${root}/a`, `${root}/b`, `${root}/c`]);
    await using publisher = await Client.connect(dialect);
    for (const name of ['a', 'b', 'c']) {
      await publisher.publish({ topic: `${root}/${name}`, qos: 1 });
      if ((await client.take()).topic !== `${root}/${name}`) throw new Error(name);
    }
    await client.unsubscribe(`${root}/b`);
    await publisher.publish({ topic: `${root}/b`, qos: 1 });
    await client.barrier();
  },
);

testBoth('[MQTT-3.8.4-5 | MQTT-3.8.4-6] SUBACK has a code for each filter', async (dialect) => {
  await using client = await Client.connect(dialect);
  const { reasonCodes } = await client.subscribe([unique('t'), unique('t'), unique('t')]);
  same(reasonCodes, [2, 2, 2]);
});

test5('[MQTT-3.8.4-7] the code is the QoS that was granted, or says why there is none', async () => {
  const topic = unique('t');
  await using client = await Client.connect(5);
  client.sendSubscribe([{ topicFilter: topic, qos: 1 }, 'a/'.repeat(20)]);
  const { reasonCodes } = await client.expect(PacketType.SUBACK);
  same(reasonCodes, [1, 0x8f]);
  client.sendPublish({ topic, qos: 2 });
  await client.expect(PacketType.PUBREC);
  same([(await client.receive()).qos], [1]);
});

testBoth('[MQTT-3.9.3-1] the codes of SUBACK are in the order of the filters', async (dialect) => {
  await using client = await Client.connect(dialect, { target: server().tight });
  client.sendSubscribe([
    { topicFilter: unique('t'), qos: 2 },
    { topicFilter: 'a/'.repeat(20), qos: 2 },
    { topicFilter: unique('t'), qos: 0 },
    { topicFilter: unique('t'), qos: 1 },
    { topicFilter: unique('t'), qos: 1 },
  ]);
  const { reasonCodes } = await client.expect(PacketType.SUBACK);
  same(reasonCodes, dialect === 5 ? [2, 0x8f, 0, 1, 0x97] : [2, 0x80, 0, 1, 0x80]);
});

testBoth('[MQTT-3.9.3-2] SUBACK has none but the codes of the standard', async (dialect) => {
  // The decoder of the client refuses any other; that of 3.1.1 knows 0, 1, 2 and 0x80.
  await using client = await Client.connect(dialect);
  for (const qos of [0, 1, 2] as const) {
    client.sendSubscribe([{ topicFilter: unique('t'), qos }, 'a/'.repeat(20)]);
    const { reasonCodes } = await client.expect(PacketType.SUBACK);
    same(reasonCodes, [qos, dialect === 5 ? 0x8f : 0x80]);
  }
});

testBoth('[MQTT-3.10.1-1] UNSUBSCRIBE with other flags than 0010 closes the connection', (dialect) =>
  refuses(dialect, 0x81, ...[0xa0, 0xa1, 0xa3, 0xa6, 0xaa].map((first) => unsubscribe(dialect, filter, first))),
);

testBoth('[MQTT-3.10.3-1] UNSUBSCRIBE with a filter that is no UTF-8 closes the connection', (dialect) =>
  refuses(dialect, 0x81, unsubscribe(dialect, stringOf(bytes('c3 28')))),
);

testBoth('[MQTT-3.10.3-2] UNSUBSCRIBE without a filter closes the connection', (dialect) =>
  refuses(dialect, 0x82, packet(0xa2, bytes('00 01'), noProperties(dialect))),
);

testBoth('[MQTT-3.10.4-1] UNSUBSCRIBE compares filters character by character', async (dialect) => {
  const root = unique('t');
  await using client = await Client.connect(dialect);
  await client.subscribe(`${root}/+`);
  await client.unsubscribe(`${root}/a`, `${root}/#`, `${root}/+/`, `${root.toUpperCase()}/+`);
  client.sendPublish({ topic: `${root}/a` });
  await client.receive();
  await client.unsubscribe(`${root}/+`);
  client.sendPublish({ topic: `${root}/a` });
  await client.barrier();
});

testBoth('[MQTT-3.10.4-2] after UNSUBSCRIBE no new message comes', async (dialect) => {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  await client.subscribe(topic);
  await client.unsubscribe(topic);
  await using publisher = await Client.connect(dialect);
  for (const qos of [0, 1, 2] as const) await publisher.publish({ topic, qos });
  await client.barrier();
});

testBoth('[MQTT-3.10.4-3] deliveries that have begun are completed after UNSUBSCRIBE', async (dialect) => {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  await client.subscribe(topic);
  await using publisher = await Client.connect(dialect);
  await publisher.publish({ topic, qos: 2 });
  const message = await client.receive();
  await client.unsubscribe(topic);
  await client.settle(message);
  await client.barrier();
});

testBoth('[MQTT-3.10.4-4] UNSUBSCRIBE is answered with UNSUBACK', async (dialect) => {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  await client.subscribe(topic);
  // 1 was the Packet Identifier of SUBSCRIBE.
  same([(await client.unsubscribe(topic)).packetIdentifier], [2]);
});

testBoth('[MQTT-3.10.4-5] UNSUBSCRIBE is answered where there was no subscription', async (dialect) => {
  await using client = await Client.connect(dialect);
  const { packetIdentifier, reasonCodes } = await client.unsubscribe(unique('t'));
  same([packetIdentifier, ...reasonCodes], dialect === 5 ? [1, 0x11] : [1]);
});

testBoth('[MQTT-3.10.4-6] several filters in one UNSUBSCRIBE get one UNSUBACK', async (dialect) => {
  const root = unique('t');
  await using client = await Client.connect(dialect);
  await client.subscribe([`${root}/a`, `${root}/b`, `${root}/c`]);
  await client.unsubscribe(`${root}/a`, `${root}/c`);
  for (const name of ['a', 'b', 'c']) client.sendPublish({ topic: `${root}/${name}` });
  if ((await client.receive()).topic !== `${root}/b`) throw new Error('not b');
  await client.barrier();
});

test5('[MQTT-3.11.3-1] [MQTT-3.11.3-2] UNSUBACK has a code for each filter, in their order', async () => {
  const topic = unique('t');
  await using client = await Client.connect(5);
  await client.subscribe(topic);
  const { reasonCodes } = await client.unsubscribe(unique('t'), topic, unique('t'));
  same(reasonCodes, [0x11, 0, 0x11]);
});
