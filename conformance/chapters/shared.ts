/** Shared Subscriptions (section 4.8.2 of MQTT 5.0). */
import { PacketType } from '../../packages/codec/mod.ts';
import { lengthPrefixed, packet } from '../../testkit/packets.ts';
import { bytes } from '../bytes.ts';
import { Client, type ConnectOptions, textOf, unique } from '../client.ts';
import { test5 } from '../registry.ts';

async function refuses(filter: string): Promise<void> {
  await using client = await Client.connect(5);
  client.sendBytes(packet(0x82, bytes('00 01 00'), lengthPrefixed(filter), bytes('00')));
  await client.expectClose(0x8f);
}

/** Two members of a group, and the one of them that has got the message; the other has nothing. */
async function group(qos: 1 | 2, options: ConnectOptions) {
  const topic = unique('t');
  const filter = { topicFilter: `$share/group/${topic}`, qos };
  const clientId = unique('c');
  const first = await Client.connect(5, { ...options, clientId, cleanStart: false });
  await first.subscribe(filter);
  const publisher = await Client.connect(5);
  await publisher.publish({ topic, qos });
  const message = await first.receive();
  const second = await Client.connect(5);
  await second.subscribe(filter);
  return { first, second, message, again: () => Client.connect(5, { ...options, clientId, cleanStart: false }) };
}

test5('[MQTT-4.8.2-1] a shared filter begins with $share/ and a ShareName', async () => {
  await refuses('$share//t');
  const topic = unique('t');
  await using one = await Client.connect(5);
  await using two = await Client.connect(5);
  await one.subscribe(`$share/group/${topic}`);
  await two.subscribe(`$share/group/${topic}`);
  await using publisher = await Client.connect(5);
  await publisher.publish({ topic, payload: '1', qos: 1 });
  await publisher.publish({ topic, payload: '2', qos: 1 });
  const got = [textOf(await one.take()), textOf(await two.take())].toSorted().join(' ');
  if (got !== '1 2') throw new Error(got);
  await one.barrier();
  await two.barrier();
});

test5('[MQTT-4.8.2-2] a ShareName has no wildcard and is followed by a filter', async () => {
  for (const filter of ['$share/a+/t', '$share/#/t', '$share/+/t', '$share/group', '$share/group/'])
    await refuses(filter);
});

test5('[MQTT-4.8.2-3] a shared subscription gets its messages with the QoS that it was granted', async () => {
  const topic = unique('t');
  await using publisher = await Client.connect(5);
  for (const granted of [0, 1, 2] as const) {
    await using client = await Client.connect(5);
    await client.subscribe({ topicFilter: `$share/group${granted}/${topic}`, qos: granted });
    await publisher.publish({ topic, qos: 2 });
    if ((await client.take()).qos !== granted) throw new Error(`not QoS ${granted}`);
  }
});

test5('[MQTT-4.8.2-4] a QoS 2 message that was begun is completed with the same member', async () => {
  const { first, second, message, again } = await group(2, { properties: { sessionExpiryInterval: 60 } });
  await first.vanish();
  await second.barrier();
  await using back = await again();
  const repeated = await back.receive();
  if (!repeated.dup || repeated.packetIdentifier !== message.packetIdentifier) throw new Error('another message');
  await back.settle(repeated);
  await second.barrier();
});

test5('[MQTT-4.8.2-5] a QoS 2 message that was begun goes to no other member when the session ends', async () => {
  const { first, second } = await group(2, {});
  await first.vanish();
  await second.barrier();
  // With QoS 1 it does go to another: the members are a group indeed.
  const other = await group(1, {});
  await other.first.vanish();
  await other.second.take();
});

test5('[MQTT-4.8.2-6] a message that a member has refused goes to no other', async () => {
  for (const [qos, type] of [
    [1, PacketType.PUBACK],
    [2, PacketType.PUBREC],
  ] as const) {
    const { first, second, message } = await group(qos, {});
    first.acknowledge(type, message.packetIdentifier, 0x80);
    await first.barrier();
    await second.barrier();
    await first.leave();
    await second.barrier();
  }
});
