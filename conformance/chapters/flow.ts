/** Topic aliases, Receive Maximum and Maximum Packet Size (sections 3.1.2.11, 3.3.2.3.4, 3.3.4, 4.9 and others). */
import { PacketType } from '../../packages/codec/mod.ts';
import { Client, persistent, textOf, unique } from '../client.ts';
import { test5 } from '../registry.ts';
import { server } from '../server.ts';

test5('[MQTT-3.1.2-26] [MQTT-3.3.2-11] aliases of the server stay within the maximum of the client', async () => {
  const root = unique('t');
  await using client = await Client.connect(5, { properties: { topicAliasMaximum: 2 } });
  await client.subscribe({ topicFilter: `${root}/#`, qos: 1 });
  await using publisher = await Client.connect(5);
  const topics = new Map<number, string>();
  for (const name of ['a', 'b', 'c', 'a', 'b', 'c']) {
    await publisher.publish({ topic: `${root}/${name}`, qos: 1, payload: name });
    const message = await client.take();
    const alias = message.properties?.topicAlias ?? 0;
    if (alias > 2) throw new Error(`alias ${alias}`);
    if (alias > 0 && message.topic !== '') topics.set(alias, message.topic);
    const topic = message.topic === '' ? topics.get(alias) : message.topic;
    if (topic !== `${root}/${textOf(message)}`) throw new Error(`${topic} for ${textOf(message)}`);
  }
  if (topics.size === 0) throw new Error('no alias was used');
});

test5('[MQTT-3.1.2-27] a client without Topic Alias Maximum gets no aliases', async () => {
  const topic = unique('t');
  await using client = await Client.connect(5);
  await client.subscribe({ topicFilter: topic, qos: 1 });
  await using publisher = await Client.connect(5);
  for (let index = 0; index < 3; index += 1) {
    await publisher.publish({ topic, qos: 1 });
    const message = await client.take();
    if (message.properties?.topicAlias !== undefined || message.topic !== topic) throw new Error('alias');
  }
});

test5('[MQTT-3.3.2-7] aliases end with the connection, in both directions', async () => {
  const clientId = unique('c');
  const topic = unique('t');
  const options = { clientId, cleanStart: false, properties: { sessionExpiryInterval: 60, topicAliasMaximum: 5 } };
  await using first = await Client.connect(5, options);
  await first.subscribe({ topicFilter: topic, qos: 1 });
  first.sendPublish({ topic, properties: { topicAlias: 1 } });
  first.sendPublish({ topic: '', properties: { topicAlias: 1 } });
  await first.receive();
  if ((await first.receive()).topic !== '') throw new Error('no alias was used');
  await first.leave();
  await using second = await Client.connect(5, options);
  await using publisher = await Client.connect(5);
  await publisher.publish({ topic, qos: 1 });
  if ((await second.take()).topic !== topic) throw new Error('an alias of the connection before');
  second.sendPublish({ topic: '', properties: { topicAlias: 1 } });
  await second.expectClose(0x82);
});

test5('[MQTT-3.3.2-8] a Topic Alias of 0 closes the connection', async () => {
  await using client = await Client.connect(5);
  client.sendPublish({ topic: unique('t'), properties: { topicAlias: 0 } });
  await client.expectClose(0x94);
});

test5(
  '[MQTT-3.3.2-9] [MQTT-3.2.2-17] a Topic Alias above the maximum of the server closes the connection',
  async () => {
    await using client = await Client.connect(5);
    const maximum = client.connack.properties?.topicAliasMaximum ?? 0;
    client.sendPublish({ topic: unique('t'), properties: { topicAlias: maximum + 1 } });
    await client.expectClose(0x94);
  },
);

test5('[MQTT-3.3.2-12] every Topic Alias up to the maximum of the server is taken, and may be given anew', async () => {
  const root = unique('t');
  await using client = await Client.connect(5);
  const maximum = client.connack.properties?.topicAliasMaximum ?? 0;
  if (maximum < 2) throw new Error(`Topic Alias Maximum ${maximum}`);
  await client.subscribe({ topicFilter: `${root}/#`, qos: 0 });
  for (const round of ['old', 'new']) {
    for (let alias = 1; alias <= maximum; alias += 1) {
      client.sendPublish({ topic: `${root}/${round}/${alias}`, properties: { topicAlias: alias } });
      client.sendPublish({ topic: '', properties: { topicAlias: alias } });
      for (const message of [await client.receive(), await client.receive()]) {
        if (message.topic !== `${root}/${round}/${alias}`) throw new Error(message.topic);
        if (message.properties?.topicAlias !== undefined) throw new Error('the alias was passed on');
      }
    }
  }
});

test5('[MQTT-3.2.2-18] where the server says no Topic Alias Maximum, an alias closes the connection', async () => {
  await using client = await Client.connect(5, { target: server().tight });
  if (client.connack.properties?.topicAliasMaximum !== undefined) throw new Error('Topic Alias Maximum');
  client.sendPublish({ topic: unique('t'), properties: { topicAlias: 1 } });
  await client.expectClose(0x94);
});

test5('[MQTT-3.3.4-7] more than Receive Maximum messages of a client close the connection', async () => {
  await using client = await Client.connect(5, { target: server().tight });
  const maximum = client.connack.properties?.receiveMaximum ?? 0;
  if (maximum !== 2) throw new Error(`Receive Maximum ${maximum}`);
  const topic = unique('t');
  for (let index = 0; index < maximum; index += 1) client.sendPublish({ topic, qos: 2 });
  for (let index = 0; index < maximum; index += 1) await client.expect(PacketType.PUBREC);
  await client.barrier();
  client.sendPublish({ topic, qos: 2 });
  await client.expectClose(0x93);
});

test5(
  '[MQTT-3.3.4-9] [MQTT-4.9.0-1] [MQTT-4.9.0-2] the server keeps within the Receive Maximum of the client',
  async () => {
    const topic = unique('t');
    await using client = await Client.connect(5, { properties: { receiveMaximum: 2 } });
    await client.subscribe(topic);
    await using publisher = await Client.connect(5);
    for (const payload of ['1', '2', '3', '4'])
      await publisher.publish({ topic, qos: payload === '2' ? 2 : 1, payload });
    const first = await client.receive();
    const second = await client.receive();
    await client.barrier();
    await client.settle(first);
    if (textOf(await client.receive()) !== '3') throw new Error('not the third');
    await client.barrier();
    // PUBREC does not give a place back, PUBCOMP does.
    client.acknowledge(PacketType.PUBREC, second.packetIdentifier);
    await client.expect(PacketType.PUBREL);
    await client.barrier();
    client.acknowledge(PacketType.PUBCOMP, second.packetIdentifier);
    if (textOf(await client.receive()) !== '4') throw new Error('not the fourth');
  },
);

test5('[MQTT-3.3.4-10] [MQTT-4.9.0-3] with no place left, other packets and QoS 0 go on', async () => {
  const topic = unique('t');
  await using client = await Client.connect(5, { properties: { receiveMaximum: 1 } });
  await client.subscribe(topic);
  await using publisher = await Client.connect(5);
  await publisher.publish({ topic, qos: 1 });
  await publisher.publish({ topic, qos: 1 });
  await client.receive();
  await client.subscribe(unique('other'));
  await client.publish({ topic: unique('other'), qos: 2 });
  await publisher.publish({ topic, payload: 'not counted' });
  if (textOf(await client.receive()) !== 'not counted') throw new Error('QoS 0 waited');
  await client.barrier();
});

test5('[MQTT-3.1.2-24] the server sends no packet above the Maximum Packet Size of the client', async () => {
  const topic = unique('t');
  await using client = await Client.connect(5, { properties: { maximumPacketSize: 100 } });
  await client.subscribe(topic);
  await using publisher = await Client.connect(5);
  // 2 of fixed header, 2 of topic length, 2 of identifier, 1 of properties.
  const fitting = 100 - 7 - topic.length;
  await publisher.publish({ topic, qos: 1, payload: 'x'.repeat(fitting + 1) });
  await publisher.publish({ topic, qos: 1, payload: 'x'.repeat(fitting) });
  if ((await client.take()).payload.length !== fitting) throw new Error('not the one that fits');
  await client.barrier();
});

test5('[MQTT-3.1.2-25] a message that is too large counts as sent', async () => {
  const clientId = unique('c');
  const topic = unique('t');
  const options = { ...persistent(5, clientId) };
  const properties = { ...options.properties, maximumPacketSize: 100, receiveMaximum: 1, topicAliasMaximum: 3 };
  await using client = await Client.connect(5, { ...options, properties });
  await client.subscribe(topic);
  await using publisher = await Client.connect(5);
  for (const qos of [0, 1, 2] as const) {
    await publisher.publish({ topic, qos, payload: 'x'.repeat(200) });
    await publisher.publish({ topic, qos, payload: 'small' });
    const message = await client.take();
    if (textOf(message) !== 'small') throw new Error('the message that is too large');
    // A client that has not seen the first message cannot know an alias of it.
    if (qos === 0 && message.topic !== topic) throw new Error('an alias that the client was never told');
  }
  await client.leave();
  await using again = await Client.connect(5, options);
  await again.barrier();
});

test5(
  '[MQTT-3.4.2-2] [MQTT-3.5.2-2] a Reason String is left out of PUBACK and PUBREC where it would be too large',
  async () => {
    for (const maximumPacketSize of [1000, 20]) {
      await using client = await Client.connect(5, { properties: { maximumPacketSize } });
      for (const qos of [1, 2] as const) {
        const answer = await client.publish({ topic: '$SYS/forged', qos });
        const said = answer?.properties?.reasonString !== undefined;
        if (answer?.reasonCode !== 0x87 || said !== (maximumPacketSize === 1000))
          throw new Error(JSON.stringify(answer));
      }
    }
  },
);

test5('[MQTT-3.9.2-1] a Reason String is left out of SUBACK where it would be too large', async () => {
  for (const maximumPacketSize of [1000, 20]) {
    await using client = await Client.connect(5, { properties: { maximumPacketSize } });
    client.sendSubscribe('a/'.repeat(20));
    const { reasonCodes, properties } = await client.expect(PacketType.SUBACK);
    const said = properties?.reasonString !== undefined;
    if (reasonCodes[0] !== 0x8f || said !== (maximumPacketSize === 1000)) throw new Error(JSON.stringify(properties));
  }
});

test5('[MQTT-3.14.2-3] a Reason String is left out of DISCONNECT where it would be too large', async () => {
  for (const maximumPacketSize of [1000, 20]) {
    await using client = await Client.connect(5, { properties: { maximumPacketSize } });
    client.sendPublish({ topic: 'a/+' });
    const { reasonCode, properties } = await client.expect(PacketType.DISCONNECT);
    const said = properties?.reasonString !== undefined;
    if (reasonCode !== 0x90 || said !== (maximumPacketSize === 1000)) throw new Error(JSON.stringify(properties));
  }
});
