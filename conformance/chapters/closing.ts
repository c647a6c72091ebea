/** Fixed headers, acknowledgements, PINGREQ, DISCONNECT, AUTH and errors (sections 2.1, 3.4 to 3.7, 3.12 to 3.15, 4.8 to 4.13). */
import { PacketType } from '../../packages/codec/mod.ts';
import { connectPacketOf, Client, unique } from '../client.ts';
import { type Dialect, test3, test5, testBoth } from '../registry.ts';

async function refuses(dialect: Dialect, reasonCode: number, ...wrong: readonly string[]): Promise<void> {
  for (const digits of wrong) {
    await using client = await Client.connect(dialect);
    client.sendBytes(digits);
    await client.expectClose(reasonCode);
  }
}

/** Packets whose reserved flags are wrong. */
const wrongFlags = ['41 02 00 01', '5f 02 00 01', '72 02 00 01', 'c1 00', 'c8 00', 'e2 00'];

testBoth('[MQTT-2.2.2-1 | MQTT-2.1.3-1] reserved flags that are set close the connection', (dialect) =>
  refuses(dialect, 0x81, ...wrongFlags),
);

test3('[MQTT-2.2.2-2] flags that are not valid close the connection', () =>
  refuses(4, 0x81, '60 02 00 01', '80 06 00 01 00 01 61 00', 'a0 05 00 01 00 01 61', 'f0 00'),
);

test5('[MQTT-3.4.2-1] PUBACK with a Reason Code that is none of its own is a protocol error', async () => {
  await refuses(5, 0x82, '40 03 00 01 42', '40 03 00 01 92');
  await using client = await Client.connect(5);
  const codes = [
    await client.publish({ topic: unique('t'), qos: 1 }),
    await client.publish({ topic: '$SYS/forged', qos: 1 }),
    await client.publish({ topic: 'a/'.repeat(20), qos: 1 }),
  ].map((answer) => answer?.reasonCode);
  if (codes.join(' ') !== [0x10, 0x87, 0x90].join(' ')) throw new Error(codes.join(' '));
});

test5('[MQTT-3.5.2-1] PUBREC with a Reason Code that is none of its own is a protocol error', async () => {
  await refuses(5, 0x82, '50 03 00 01 42', '50 03 00 01 92');
  await using client = await Client.connect(5);
  const codes = [
    await client.publish({ topic: unique('t'), qos: 2 }),
    await client.publish({ topic: '$SYS/forged', qos: 2 }),
    await client.publish({ topic: 'a/'.repeat(20), qos: 2 }),
  ].map((answer) => answer?.reasonCode);
  // 0x10 or 0 where nobody has subscribed: both stand in the table of PUBREC.
  if (codes.slice(1).join(' ') !== [0x87, 0x90].join(' ')) throw new Error(codes.join(' '));
});

test5('[MQTT-3.6.2-1] PUBREL with a Reason Code that is none of its own is a protocol error', async () => {
  await refuses(5, 0x82, '62 03 00 01 80', '62 03 00 01 10');
  await using client = await Client.connect(5);
  client.acknowledge(PacketType.PUBREC, 99);
  const { packetIdentifier, reasonCode } = await client.expect(PacketType.PUBREL);
  if (packetIdentifier !== 99 || reasonCode !== 0x92) throw new Error(`${packetIdentifier} ${reasonCode}`);
});

test5('[MQTT-3.7.2-1] PUBCOMP with a Reason Code that is none of its own is a protocol error', async () => {
  await refuses(5, 0x82, '70 03 00 01 80', '70 03 00 01 10');
  await using client = await Client.connect(5);
  client.acknowledge(PacketType.PUBREL, 99);
  const { packetIdentifier, reasonCode } = await client.expect(PacketType.PUBCOMP);
  if (packetIdentifier !== 99 || reasonCode !== 0x92) throw new Error(`${packetIdentifier} ${reasonCode}`);
});

testBoth('[MQTT-3.6.1-1] PUBREL with other flags than 0010 closes the connection', (dialect) =>
  refuses(dialect, 0x81, ...['60', '61', '63', '66', '6a'].map((first) => `${first} 02 00 01`)),
);

testBoth('[MQTT-3.12.4-1] PINGREQ is answered with PINGRESP', async (dialect) => {
  await using client = await Client.connect(dialect);
  for (let round = 0; round < 3; round += 1) {
    client.sendBytes('c0 00');
    await client.raw.expect('d0 00');
  }
});

test5('[MQTT-3.14.0-1] a CONNECT that is refused gets CONNACK and no DISCONNECT', async () => {
  await using client = await Client.open(5);
  client.send(connectPacketOf(5, { password: 'a wrong password' }));
  await client.expectRefusal({ 4: 0x04, 5: 0x86 });
  await using other = await Client.open(5);
  other.sendBytes('c0 00');
  await other.expectRefusal({ 4: null, 5: null });
});

testBoth(
  '[MQTT-3.14.1-1] DISCONNECT with reserved flags closes the connection, and the will is published',
  async (dialect) => {
    const topic = unique('t');
    await using watcher = await Client.connect(dialect);
    await watcher.subscribe(topic);
    await using client = await Client.connect(dialect, { will: { topic } });
    client.sendBytes('e1 00');
    await client.expectClose(0x81);
    await watcher.receive();
  },
);

test5('[MQTT-3.14.2-1] DISCONNECT with a Reason Code that is none of its own is a protocol error', async () => {
  await refuses(5, 0x82, 'e0 01 01', 'e0 01 42', 'e0 01 84');
  await using client = await Client.connect(5);
  await client.leave(0x04);
});

test5('[MQTT-3.14.2-2] DISCONNECT of the server has no Session Expiry Interval', async () => {
  const clientId = unique('c');
  await using first = await Client.connect(5, { clientId, properties: { sessionExpiryInterval: 60 } });
  await using second = await Client.connect(5, { clientId, properties: { sessionExpiryInterval: 60 } });
  const { properties } = await first.expect(PacketType.DISCONNECT);
  if (properties?.sessionExpiryInterval !== undefined) throw new Error('Session Expiry Interval');
  second.sendBytes('00 00');
  if ((await second.expect(PacketType.DISCONNECT)).properties?.sessionExpiryInterval !== undefined)
    throw new Error('Session Expiry Interval');
});

test5('[MQTT-3.14.4-1] after its DISCONNECT the server sends nothing more', async () => {
  const clientId = unique('c');
  const topic = unique('t');
  await using first = await Client.connect(5, { clientId });
  await first.subscribe(topic);
  await using publisher = await Client.connect(5);
  await using second = await Client.connect(5, { clientId });
  await second.subscribe(topic);
  await publisher.publish({ topic, qos: 1 });
  await second.take();
  await first.expectClose(0x8e);
});

test5('[MQTT-3.14.4-2] after DISCONNECT the connection is closed, whoever sent it', async () => {
  await using client = await Client.connect(5);
  await client.leave();
  await using other = await Client.connect(5);
  other.sendPublish({ topic: '#' });
  await other.expectClose(0x90);
});

test5('[MQTT-3.15.1-1] AUTH with flags closes the connection', () => refuses(5, 0x81, 'f1 00', 'f2 00', 'f8 00'));

test5('[MQTT-3.15.2-1] AUTH with a Reason Code that is none of its own is a protocol error', () =>
  refuses(5, 0x82, 'f0 07 42 05 15 00 02 61 62', 'f0 07 80 05 15 00 02 61 62'),
);

test5('[MQTT-4.12.0-1] an Authentication Method is refused: none is offered', async () => {
  await using client = await Client.open(5);
  client.send(connectPacketOf(5, { properties: { authenticationMethod: 'SCRAM-SHA-256' } }));
  await client.expectRefusal({ 4: null, 5: 0x8c });
});

test5('[MQTT-4.12.0-6] without an Authentication Method there is no AUTH, and none in CONNACK', async () => {
  await using client = await Client.connect(5);
  if (client.connack.properties?.authenticationMethod !== undefined) throw new Error('Authentication Method');
  await client.barrier();
});

test5('[MQTT-4.12.0-7] AUTH of a client that named no method is a protocol error', () =>
  refuses(5, 0x82, 'f0 00', 'f0 07 19 05 15 00 02 61 62', 'f0 07 18 05 15 00 02 61 62'),
);

test5('[MQTT-4.13.1-1] malformed packets and protocol errors close the connection with their code', async () => {
  // A string past the end, packet type 0, an unknown property, a property of another packet.
  await refuses(5, 0x81, '30 03 00 09 61', '00 00', '30 06 00 01 61 02 7f 00', '30 06 00 01 61 02 24 00');
  // A packet of servers, a property given twice, Subscription Identifier 0.
  await refuses(5, 0x82, '20 03 00 00 00', '30 08 00 01 61 04 01 00 01 00', '82 09 00 01 02 0b 00 00 01 61 00');
});

test5('[MQTT-4.13.2-1] DISCONNECT with an error of the client closes the connection', async () => {
  const topic = unique('t');
  await using watcher = await Client.connect(5);
  await watcher.subscribe(topic);
  await using client = await Client.connect(5, { will: { topic } });
  await client.leave(0x80);
  await watcher.receive();
});

test3('[MQTT-4.8.0-1] a violation of the protocol closes the connection', () =>
  refuses(
    4,
    0x82,
    '20 02 00 00',
    '90 03 00 01 00',
    'b0 02 00 01',
    'd0 00',
    'e0 01 00',
    'c0 01 00',
    '40 00',
    '30 03 00 09 61',
    'c0 ff ff ff ff 01',
  ),
);
