/** QoS 0, 1 and 2, repetition and order (sections 4.3 to 4.6). */
import { PacketType, type PublishPacket, type QoS } from '../../packages/codec/mod.ts';
import { afterSeconds, Client, persistent, textOf, unique } from '../client.ts';
import { type Dialect, test3, test5, testBoth } from '../registry.ts';

/** A client with a session that lasts, which has received one message and not acknowledged it. */
async function receiver(dialect: Dialect, qos: QoS) {
  const clientId = unique('c');
  const topic = unique('t');
  const client = await Client.connect(dialect, persistent(dialect, clientId));
  await client.subscribe(topic);
  const publisher = await Client.connect(dialect);
  await publisher.publish({ topic, qos });
  const message = await client.receive();
  const again = () => Client.connect(dialect, persistent(dialect, clientId));
  return { client, topic, publisher, message, again };
}

function isAgain(got: PublishPacket, first: PublishPacket): void {
  if (
    !got.dup ||
    got.packetIdentifier !== first.packetIdentifier ||
    textOf(got) !== textOf(first) ||
    got.qos !== first.qos
  )
    throw new Error(JSON.stringify(got));
}

testBoth('[MQTT-4.3.1-1] QoS 0 is sent with QoS 0 and DUP 0', async (dialect) => {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  await client.subscribe(topic);
  client.sendPublish({ topic });
  await client.raw.expect('30 *');
});

test3('[MQTT-4.3.2-1] QoS 1 is sent with DUP 0 and kept until PUBACK', async () => {
  const { client, message, again } = await receiver(4, 1);
  if (message.dup || message.qos !== 1 || message.packetIdentifier === 0) throw new Error(JSON.stringify(message));
  await client.vanish();
  const second = await again();
  isAgain(await second.receive(), message);
  await second.settle(message);
  await second.leave();
  await using third = await again();
  await third.barrier();
});

test3('[MQTT-4.3.2-2] QoS 1 is answered with PUBACK, after which the identifier is free', async () => {
  const topic = unique('t');
  await using client = await Client.connect(4);
  await using watcher = await Client.connect(4);
  await watcher.subscribe(topic);
  for (const payload of ['first', 'second']) {
    client.sendPublish({ topic, payload, qos: 1, packetIdentifier: 7, dup: payload === 'second' });
    if ((await client.expect(PacketType.PUBACK)).packetIdentifier !== 7) throw new Error('identifier');
    if (textOf(await watcher.take()) !== payload) throw new Error(payload);
  }
});

test5('[MQTT-4.3.2-1] a new QoS 1 message gets an identifier that is not in use', async () => {
  const { client, publisher, topic, message } = await receiver(5, 1);
  await publisher.publish({ topic, qos: 1 });
  const second = await client.receive();
  if (second.packetIdentifier === message.packetIdentifier) throw new Error('in use');
});

test5('[MQTT-4.3.2-2] a new QoS 1 message is sent with QoS 1 and DUP 0', async () => {
  const { message } = await receiver(5, 1);
  if (message.dup || message.qos !== 1 || message.packetIdentifier === 0) throw new Error(JSON.stringify(message));
});

test5('[MQTT-4.3.2-3] a QoS 1 message is kept until PUBACK', async () => {
  const { client, message, again } = await receiver(5, 1);
  await client.vanish();
  const second = await again();
  isAgain(await second.receive(), message);
  await second.settle(message);
  await second.leave();
  await using third = await again();
  await third.barrier();
});

test5('[MQTT-4.3.2-4] a QoS 1 message is answered with PUBACK and its identifier', async () => {
  await using client = await Client.connect(5);
  client.sendPublish({ topic: unique('t'), qos: 1, packetIdentifier: 65_535 });
  if ((await client.expect(PacketType.PUBACK)).packetIdentifier !== 65_535) throw new Error('identifier');
});

test5('[MQTT-4.3.2-5] after PUBACK the same identifier is a new message, DUP or not', async () => {
  const topic = unique('t');
  await using client = await Client.connect(5);
  await using watcher = await Client.connect(5);
  await watcher.subscribe(topic);
  for (const dup of [false, true, false]) {
    client.sendPublish({ topic, qos: 1, packetIdentifier: 7, dup });
    await client.expect(PacketType.PUBACK);
    await watcher.take();
  }
});

testBoth('[MQTT-4.3.3-1 | MQTT-4.3.3-4] PUBREC is answered with PUBREL and the same identifier', async (dialect) => {
  const { client, message } = await receiver(dialect, 2);
  if (message.dup || message.qos !== 2 || message.packetIdentifier === 0) throw new Error(JSON.stringify(message));
  client.acknowledge(PacketType.PUBREC, message.packetIdentifier);
  if ((await client.expect(PacketType.PUBREL)).packetIdentifier !== message.packetIdentifier) throw new Error('other');
  client.acknowledge(PacketType.PUBCOMP, message.packetIdentifier);
  await client.barrier();
});

test5('[MQTT-4.3.3-1] a new QoS 2 message gets an identifier that is not in use', async () => {
  const { client, publisher, topic, message } = await receiver(5, 2);
  client.acknowledge(PacketType.PUBREC, message.packetIdentifier);
  await client.expect(PacketType.PUBREL);
  await publisher.publish({ topic, qos: 2 });
  if ((await client.receive()).packetIdentifier === message.packetIdentifier) throw new Error('in use');
});

test5('[MQTT-4.3.3-2] a new QoS 2 message is sent with QoS 2 and DUP 0', async () => {
  const { message } = await receiver(5, 2);
  if (message.dup || message.qos !== 2 || message.packetIdentifier === 0) throw new Error(JSON.stringify(message));
});

test5('[MQTT-4.3.3-3] a QoS 2 message is kept until PUBREC', async () => {
  const { client, message, again } = await receiver(5, 2);
  await client.vanish();
  await using second = await again();
  isAgain(await second.receive(), message);
});

test5('[MQTT-4.3.3-5] PUBREL is kept until PUBCOMP', async () => {
  const { client, message, again } = await receiver(5, 2);
  client.acknowledge(PacketType.PUBREC, message.packetIdentifier);
  await client.expect(PacketType.PUBREL);
  await client.vanish();
  const second = await again();
  if ((await second.expect(PacketType.PUBREL)).packetIdentifier !== message.packetIdentifier) throw new Error('other');
  second.acknowledge(PacketType.PUBCOMP, message.packetIdentifier);
  await second.barrier();
  await second.leave();
  await using third = await again();
  await third.barrier();
});

test5('[MQTT-4.3.3-6] after PUBREL the PUBLISH is not sent again', async () => {
  const { client, message, again } = await receiver(5, 2);
  client.acknowledge(PacketType.PUBREC, message.packetIdentifier);
  await client.expect(PacketType.PUBREL);
  await client.vanish();
  await using second = await again();
  await second.expect(PacketType.PUBREL);
  await second.barrier();
});

test5('[MQTT-4.3.3-7] a QoS 2 message that was sent does not expire', async () => {
  const clientId = unique('c');
  const topic = unique('t');
  const first = await Client.connect(5, persistent(5, clientId));
  await first.subscribe(topic);
  await using publisher = await Client.connect(5);
  await publisher.publish({ topic, qos: 2, properties: { messageExpiryInterval: 1 } });
  const message = await first.receive();
  await first.vanish();
  await afterSeconds(2);
  await using second = await Client.connect(5, persistent(5, clientId));
  isAgain(await second.receive(), message);
});

test5('[MQTT-4.3.3-8] a QoS 2 message is answered with PUBREC and its identifier', async () => {
  await using client = await Client.connect(5);
  client.sendPublish({ topic: unique('t'), qos: 2, packetIdentifier: 65_535 });
  if ((await client.expect(PacketType.PUBREC)).packetIdentifier !== 65_535) throw new Error('identifier');
});

test5('[MQTT-4.3.3-9] after a PUBREC that refused, the same identifier is a new message', async () => {
  const topic = unique('t');
  await using client = await Client.connect(5);
  await using watcher = await Client.connect(5);
  await watcher.subscribe(topic);
  client.sendPublish({ topic: '$SYS/forged', qos: 2, packetIdentifier: 7 });
  if ((await client.expect(PacketType.PUBREC)).reasonCode !== 0x87) throw new Error('not refused');
  client.sendPublish({ topic, qos: 2, packetIdentifier: 7 });
  if ((await client.expect(PacketType.PUBREC)).reasonCode >= 0x80) throw new Error('refused');
  await watcher.take();
});

test3('[MQTT-4.3.3-2] QoS 2: one delivery until PUBREL, then PUBCOMP, then a new message', async () => {
  await exactlyOnce(4);
});

test5('[MQTT-4.3.3-10] before PUBREL the same identifier gets PUBREC and no second delivery', () => exactlyOnce(5));

test5('[MQTT-4.3.3-11] PUBREL is answered with PUBCOMP and its identifier', async () => {
  await using client = await Client.connect(5);
  client.sendPublish({ topic: unique('t'), qos: 2, packetIdentifier: 77 });
  await client.expect(PacketType.PUBREC);
  client.acknowledge(PacketType.PUBREL, 77);
  const { packetIdentifier, reasonCode } = await client.expect(PacketType.PUBCOMP);
  if (packetIdentifier !== 77 || reasonCode !== 0) throw new Error(`${packetIdentifier} ${reasonCode}`);
  client.acknowledge(PacketType.PUBREL, 78);
  const unknown = await client.expect(PacketType.PUBCOMP);
  if (unknown.packetIdentifier !== 78 || unknown.reasonCode !== 0x92) throw new Error('unknown identifier');
});

test5('[MQTT-4.3.3-12] after PUBCOMP the same identifier is a new message', () => exactlyOnce(5));

/** One identifier used twice, each time with a PUBLISH that is repeated before PUBREL. */
async function exactlyOnce(dialect: Dialect): Promise<void> {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  await using watcher = await Client.connect(dialect);
  await watcher.subscribe(topic);
  for (const payload of ['first', 'second']) {
    for (const dup of [false, true, true]) {
      client.sendPublish({ topic, payload, qos: 2, packetIdentifier: 7, dup });
      if ((await client.expect(PacketType.PUBREC)).packetIdentifier !== 7) throw new Error('identifier');
    }
    client.acknowledge(PacketType.PUBREL, 7);
    if ((await client.expect(PacketType.PUBCOMP)).packetIdentifier !== 7) throw new Error('identifier');
    if (textOf(await watcher.take()) !== payload) throw new Error(payload);
    await watcher.barrier();
  }
}

test5('[MQTT-4.3.3-13] a QoS 2 exchange goes on after the message has expired', async () => {
  await using client = await Client.connect(5);
  const topic = unique('t');
  client.sendPublish({ topic, qos: 2, packetIdentifier: 7, properties: { messageExpiryInterval: 1 } });
  await client.expect(PacketType.PUBREC);
  await afterSeconds(2);
  client.acknowledge(PacketType.PUBREL, 7);
  if ((await client.expect(PacketType.PUBCOMP)).reasonCode !== 0) throw new Error('forgotten');
});

testBoth('[MQTT-4.4.0-1] what was not acknowledged is sent again, with its identifiers', async (dialect) => {
  const clientId = unique('c');
  const topic = unique('t');
  const first = await Client.connect(dialect, persistent(dialect, clientId));
  await first.subscribe(topic);
  await using publisher = await Client.connect(dialect);
  for (const qos of [1, 2, 2] as const) await publisher.publish({ topic, qos });
  const one = await first.receive();
  const two = await first.receive();
  const three = await first.receive();
  first.acknowledge(PacketType.PUBREC, two.packetIdentifier);
  await first.expect(PacketType.PUBREL);
  await first.vanish();
  await using second = await Client.connect(dialect, persistent(dialect, clientId));
  const publishes: PublishPacket[] = [];
  const releases: number[] = [];
  for (let index = 0; index < 3; index += 1) {
    const packet = await second.next();
    if (packet.type === PacketType.PUBLISH) publishes.push(packet);
    if (packet.type === PacketType.PUBREL) releases.push(packet.packetIdentifier);
  }
  const [firstAgain, thirdAgain] = publishes;
  if (firstAgain === undefined || thirdAgain === undefined) throw new Error('missing');
  isAgain(firstAgain, one);
  isAgain(thirdAgain, three);
  if (releases.join(' ') !== `${two.packetIdentifier}`) throw new Error(releases.join(' '));
  await second.barrier();
});

test5('[MQTT-4.4.0-2] a message that the client has refused is not sent again', async () => {
  for (const [qos, type] of [
    [1, PacketType.PUBACK],
    [2, PacketType.PUBREC],
  ] as const) {
    const { client, message, again } = await receiver(5, qos);
    client.acknowledge(type, message.packetIdentifier, 0x97);
    await client.barrier();
    await client.vanish();
    const second = await again();
    await second.barrier();
    await second.leave();
  }
});

testBoth('[MQTT-4.5.0-1] a message goes into every session whose subscriptions match', async (dialect) => {
  const topic = unique('t');
  const away = unique('c');
  const first = await Client.connect(dialect, persistent(dialect, away));
  await first.subscribe(topic);
  await first.leave();
  await using here = await Client.connect(dialect);
  await here.subscribe(topic);
  await using publisher = await Client.connect(dialect);
  await publisher.publish({ topic, qos: 1 });
  await here.take();
  await using back = await Client.connect(dialect, persistent(dialect, away));
  await back.take();
});

testBoth('[MQTT-4.6.0-1 | -] messages are sent again in the order in which they were sent first', async (dialect) => {
  const clientId = unique('c');
  const topic = unique('t');
  const first = await Client.connect(dialect, persistent(dialect, clientId));
  await first.subscribe(topic);
  await using publisher = await Client.connect(dialect);
  for (let index = 0; index < 20; index += 1)
    await publisher.publish({ topic, qos: index % 2 === 0 ? 1 : 2, payload: `${index}` });
  for (let index = 0; index < 20; index += 1) await first.receive();
  await first.vanish();
  await using second = await Client.connect(dialect, persistent(dialect, clientId));
  for (let index = 0; index < 20; index += 1) {
    const got = textOf(await second.receive());
    if (got !== `${index}`) throw new Error(`${got} for ${index}`);
  }
});

test3('[MQTT-4.6.0-2] PUBACK packets have the order of their PUBLISH packets', () => acknowledgedInOrder(1));

test3('[MQTT-4.6.0-3] PUBREC packets have the order of their PUBLISH packets', () => acknowledgedInOrder(2));

/** Some of the messages go to a session that lasts, so that their acknowledgements take longer. */
async function acknowledgedInOrder(qos: 1 | 2): Promise<void> {
  const topic = unique('t');
  const sleeper = await Client.connect(4, persistent(4, unique('c')));
  await sleeper.subscribe(`${topic}/0`);
  await sleeper.leave();
  await using client = await Client.connect(4);
  const sent: number[] = [];
  for (let index = 0; index < 30; index += 1) sent.push(client.sendPublish({ topic: `${topic}/${index % 3}`, qos }));
  for (const identifier of sent) {
    const answer = await client.expect(qos === 1 ? PacketType.PUBACK : PacketType.PUBREC);
    if (answer.packetIdentifier !== identifier) throw new Error(`${answer.packetIdentifier} for ${identifier}`);
  }
}

test3('[MQTT-4.6.0-4] PUBREL packets have the order of their PUBREC packets', async () => {
  const topic = unique('t');
  await using client = await Client.connect(4, persistent(4, unique('c')));
  await client.subscribe(topic);
  await using publisher = await Client.connect(4);
  for (let index = 0; index < 10; index += 1) await publisher.publish({ topic, qos: 2 });
  const identifiers: number[] = [];
  for (let index = 0; index < 10; index += 1) identifiers.push((await client.receive()).packetIdentifier);
  const order = identifiers.toReversed();
  for (const identifier of order) client.acknowledge(PacketType.PUBREC, identifier);
  for (const identifier of order) {
    const release = await client.expect(PacketType.PUBREL);
    if (release.packetIdentifier !== identifier) throw new Error(`${release.packetIdentifier} for ${identifier}`);
  }
});

testBoth(
  '[MQTT-4.6.0-6 | MQTT-4.6.0-5] messages of one client, topic and QoS arrive in their order',
  async (dialect) => {
    for (const qos of [0, 1, 2] as const) await inOrder(dialect, qos);
  },
);

testBoth(
  '[MQTT-4.6.0-5 | MQTT-4.6.0-6] every topic is ordered, also while the subscriber was away',
  async (dialect) => {
    const clientId = unique('c');
    const topic = unique('t');
    const first = await Client.connect(dialect, persistent(dialect, clientId));
    await first.subscribe(topic);
    await first.leave();
    await using publisher = await Client.connect(dialect);
    for (let index = 0; index < 20; index += 1) await publisher.publish({ topic, qos: 1, payload: `${index}` });
    await using second = await Client.connect(dialect, persistent(dialect, clientId));
    for (let index = 0; index < 20; index += 1) {
      const got = textOf(await second.take());
      if (got !== `${index}`) throw new Error(`${got} for ${index}`);
    }
  },
);

async function inOrder(dialect: Dialect, qos: QoS): Promise<void> {
  const topic = unique('t');
  await using client = await Client.connect(dialect);
  await client.subscribe(topic);
  await using publisher = await Client.connect(dialect);
  for (let index = 0; index < 50; index += 1) publisher.sendPublish({ topic, qos, payload: `${index}` });
  for (let index = 0; index < 50; index += 1) {
    const got = textOf(await client.receive());
    if (got !== `${index}`) throw new Error(`${got} for ${index} at QoS ${qos}`);
  }
}
