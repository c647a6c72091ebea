/** CONNECT: sessions, client identifiers, take-over and keep-alive (sections 3.1.2 to 3.1.4 and 4.1). */
import { afterSeconds, Client, connectPacketOf, persistent, textOf, unique } from '../client.ts';
import { test3, test5, testBoth } from '../registry.ts';
import { server } from '../server.ts';

testBoth(
  '[MQTT-3.1.2-4 | MQTT-3.1.2-5] a session that is there is resumed: its subscriptions go on',
  async (dialect) => {
    const clientId = unique('c');
    const topic = unique('t');
    await using first = await Client.connect(dialect, persistent(dialect, clientId));
    await first.subscribe(topic);
    await first.leave();
    await using second = await Client.connect(dialect, persistent(dialect, clientId));
    await second.publish({ topic: unique('elsewhere') });
    second.sendPublish({ topic });
    await second.receive();
  },
);

test5('[MQTT-3.1.2-6] Clean Start 0 without a session makes a new one', async () => {
  const clientId = unique('c');
  await using client = await Client.connect(5, persistent(5, clientId));
  if (client.connack.sessionPresent) throw new Error('Session Present');
  await client.leave();
  await using again = await Client.connect(5, persistent(5, clientId));
  if (!again.connack.sessionPresent) throw new Error('no session was made');
});

testBoth('[MQTT-3.1.2-5 | MQTT-3.1.2-23] QoS 1 and 2 messages for a client that is away are kept', async (dialect) => {
  const clientId = unique('c');
  const topic = unique('t');
  await using first = await Client.connect(dialect, persistent(dialect, clientId));
  await first.subscribe(topic);
  await first.leave();
  await using publisher = await Client.connect(dialect);
  await publisher.publish({ topic, payload: 'one', qos: 1 });
  await publisher.publish({ topic, payload: 'two', qos: 2 });
  await using second = await Client.connect(dialect, persistent(dialect, clientId));
  if (textOf(await second.take()) !== 'one' || textOf(await second.take()) !== 'two') throw new Error('order');
});

testBoth(
  '[MQTT-3.1.2-6 | MQTT-3.1.2-4] [MQTT-3.1.4-3 | MQTT-3.1.4-4] a clean start discards the session that was there',
  async (dialect) => {
    const clientId = unique('c');
    const topic = unique('t');
    await using first = await Client.connect(dialect, persistent(dialect, clientId));
    await first.subscribe(topic);
    await first.leave();
    await using publisher = await Client.connect(dialect);
    await publisher.publish({ topic, qos: 1 });
    await using second = await Client.connect(dialect, { clientId });
    await second.publish({ topic, qos: 1 });
    await second.barrier();
    await second.leave();
    // The clean session ended with its connection and is not there either.
    await using third = await Client.connect(dialect, persistent(dialect, clientId));
    if (third.connack.sessionPresent) throw new Error('Session Present');
    await third.barrier();
  },
);

test3('[MQTT-3.1.2-7] a retained message outlives the session of its publisher', async () => {
  const topic = unique('t');
  await using publisher = await Client.connect(4);
  await publisher.publish({ topic, qos: 1, retain: true });
  await publisher.leave();
  await using client = await Client.connect(4);
  await client.subscribe(topic);
  await client.take();
});

testBoth(
  '[MQTT-3.1.2-24 | MQTT-3.1.2-22] one and a half keep-alives of silence close the connection',
  async (dialect) => {
    await using silent = await Client.connect(dialect, { keepAlive: 1 });
    await silent.expectClose(0x8d);
  },
);

testBoth('[MQTT-3.1.2-24 | MQTT-3.1.2-22] less silence than that does not', async (dialect) => {
  await using silent = await Client.connect(dialect, { keepAlive: 2 });
  await afterSeconds(2);
  await silent.barrier();
});

test5('[MQTT-3.2.2-22] without Server Keep Alive, the value of the client is used; 0 turns it off', async () => {
  await using patient = await Client.connect(5, { keepAlive: 0 });
  await using client = await Client.connect(5, { keepAlive: 1 });
  if (client.connack.properties?.serverKeepAlive !== undefined) throw new Error('Server Keep Alive');
  await client.expectClose(0x8d);
  await patient.barrier();
});

test5('[MQTT-3.1.2-21] [MQTT-3.2.2-21] Server Keep Alive says that a shorter time is used', async () => {
  await using client = await Client.connect(5, { target: server().tight, keepAlive: 600 });
  if (client.connack.properties?.serverKeepAlive !== 20) throw new Error('no Server Keep Alive');
  await using same = await Client.connect(5, { target: server().tight, keepAlive: 10 });
  if (same.connack.properties?.serverKeepAlive !== undefined) throw new Error('Server Keep Alive');
});

testBoth('[MQTT-3.1.3-2] a session belongs to its client identifier', async (dialect) => {
  const clientId = unique('c');
  await using first = await Client.connect(dialect, persistent(dialect, clientId));
  await first.leave();
  await using other = await Client.connect(dialect, persistent(dialect, `${clientId}x`));
  if (other.connack.sessionPresent) throw new Error('the session of another client');
  await using upper = await Client.connect(dialect, persistent(dialect, clientId.toUpperCase()));
  if (upper.connack.sessionPresent) throw new Error('the session of another client');
  await using same = await Client.connect(dialect, persistent(dialect, clientId));
  if (!same.connack.sessionPresent) throw new Error('no session');
});

testBoth('[MQTT-3.1.3-5] client identifiers of 1 to 23 letters and digits are taken', async (dialect) => {
  for (const clientId of ['Z', '0123456789abcdefghijklm', 'nopqrstuvwxyzABCDEFGHIJ', 'KLMNOPQRSTUVWXYZ']) {
    await using client = await Client.connect(dialect, { clientId });
    await client.barrier();
  }
});

testBoth('[MQTT-3.1.3-6] an empty client identifier gets one of its own', async (dialect) => {
  await using first = await Client.connect(dialect, { clientId: '' });
  await using second = await Client.connect(dialect, { clientId: '' });
  await first.barrier();
  await second.barrier();
});

test5('[MQTT-3.1.3-7] [MQTT-3.2.2-16] the identifier that was assigned is said, is new, and works', async () => {
  const options = { clientId: '', properties: { sessionExpiryInterval: 60 } };
  await using first = await Client.connect(5, options);
  await using second = await Client.connect(5, options);
  const assigned = first.connack.properties?.assignedClientIdentifier ?? '';
  if (assigned === '' || assigned === second.connack.properties?.assignedClientIdentifier) throw new Error(assigned);
  await first.leave();
  await using again = await Client.connect(5, persistent(5, assigned));
  if (!again.connack.sessionPresent) throw new Error('no session');
});

test3('[MQTT-3.1.3-7] [MQTT-3.1.3-8] an empty client identifier with Clean Session 0 gets return code 2', async () => {
  await using client = await Client.open(4);
  client.send(connectPacketOf(4, { clientId: '', cleanStart: false }));
  await client.expectRefusal({ 4: 0x02, 5: 0x85 });
});

testBoth('[MQTT-3.1.3-9 | MQTT-3.1.3-8] a client identifier that is refused gets the code for it', async (dialect) => {
  await using client = await Client.open(dialect);
  client.send(connectPacketOf(dialect, { clientId: 'x'.repeat(1025) }));
  await client.expectRefusal({ 4: 0x02, 5: 0x85 });
});

testBoth('[MQTT-3.1.4-2 | MQTT-3.1.4-3] a client that connects again takes over', async (dialect) => {
  const clientId = unique('c');
  await using first = await Client.connect(dialect, { clientId });
  await using second = await Client.connect(dialect, { clientId });
  await first.expectClose(0x8e);
  await second.barrier();
});

testBoth('[MQTT-4.1.0-1] the session stays while the connection is open', async (dialect) => {
  // A Session Expiry Interval counts from the end of the connection only.
  const topic = unique('t');
  const options = dialect === 5 ? { properties: { sessionExpiryInterval: 1 } } : {};
  await using client = await Client.connect(dialect, options);
  await client.subscribe(topic);
  await afterSeconds(2);
  client.sendPublish({ topic });
  await client.receive();
});

test3('[MQTT-4.1.0-2] a session lasts at least as long as its connection', async () => {
  const topic = unique('t');
  await using client = await Client.connect(4);
  await client.subscribe(topic);
  await using other = await Client.connect(4);
  await other.leave();
  client.sendPublish({ topic });
  await client.receive();
});

test5('[MQTT-4.1.0-2] the session ends when its Session Expiry Interval has passed', async () => {
  const clientId = unique('c');
  const options = { clientId, cleanStart: false, properties: { sessionExpiryInterval: 1 } };
  await using first = await Client.connect(5, options);
  await first.leave();
  await using second = await Client.connect(5, options);
  if (!second.connack.sessionPresent) throw new Error('ended too early');
  await second.leave();
  await afterSeconds(2);
  await using third = await Client.connect(5, options);
  if (third.connack.sessionPresent) throw new Error('has not ended');
});
