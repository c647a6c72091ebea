/** CONNACK (section 3.2). */
import { PacketType } from '../../packages/codec/mod.ts';
import { hex } from '../../testkit/raw-client.ts';
import { Client, connectPacketOf, persistent, unique } from '../client.ts';
import { test3, test5, testBoth } from '../registry.ts';
import { server } from '../server.ts';

testBoth('[MQTT-3.1.4-4 | MQTT-3.1.4-5] a CONNECT that is accepted gets CONNACK 0', async (dialect) => {
  await using client = await Client.open(dialect);
  client.send(connectPacketOf(dialect));
  const { reasonCode } = await client.expect(PacketType.CONNACK);
  if (reasonCode !== 0) throw new Error(`CONNACK ${reasonCode}`);
  await client.barrier();
});

testBoth('[MQTT-3.2.0-1] CONNACK is the first packet, before messages that wait', async (dialect) => {
  const clientId = unique('c');
  const topic = unique('t');
  await using first = await Client.connect(dialect, persistent(dialect, clientId));
  await first.subscribe(topic);
  await first.leave();
  await using publisher = await Client.connect(dialect);
  await publisher.publish({ topic, qos: 1 });
  await using second = await Client.connect(dialect, persistent(dialect, clientId));
  await second.take();
});

test5('[MQTT-3.2.0-2] there is one CONNACK only, whatever comes behind CONNECT', async () => {
  await using client = await Client.open(5);
  client.send(connectPacketOf(5));
  client.send({ type: PacketType.PINGREQ });
  client.send(connectPacketOf(5));
  await client.expect(PacketType.CONNACK);
  await client.expect(PacketType.PINGRESP);
  await client.expectClose(0x82);
});

test5('[MQTT-3.2.2-1] the reserved bits of the Connect Acknowledge Flags are 0', async () => {
  const clientId = unique('c');
  for (const flags of ['00', '01']) {
    await using client = await Client.open(5);
    client.send(connectPacketOf(5, persistent(5, clientId)));
    await client.raw.expect(`20 .. ${flags} 00 *`);
  }
});

testBoth('[MQTT-3.2.2-1 | MQTT-3.2.2-2] a clean start is answered with Session Present 0', async (dialect) => {
  const clientId = unique('c');
  await using first = await Client.connect(dialect, persistent(dialect, clientId));
  await first.leave();
  await using second = await Client.connect(dialect, { clientId });
  if (second.connack.sessionPresent) throw new Error('Session Present');
});

testBoth(
  '[MQTT-3.2.2-2 | MQTT-3.2.2-3] a session that is there is answered with Session Present 1',
  async (dialect) => {
    const clientId = unique('c');
    await using first = await Client.connect(dialect, persistent(dialect, clientId));
    if (first.connack.sessionPresent) throw new Error('Session Present');
    await first.leave();
    await using second = await Client.connect(dialect, persistent(dialect, clientId));
    if (!second.connack.sessionPresent) throw new Error('no Session Present');
  },
);

test3('[MQTT-3.2.2-3] no session is answered with Session Present 0', async () => {
  await using client = await Client.connect(4, persistent(4, unique('c')));
  if (client.connack.sessionPresent) throw new Error('Session Present');
});

testBoth(
  '[MQTT-3.2.2-4 | MQTT-3.2.2-6] a refusal has Session Present 0, also where there is a session',
  async (dialect) => {
    const clientId = unique('c');
    await using first = await Client.connect(dialect, persistent(dialect, clientId));
    await first.leave();
    await using second = await Client.open(dialect);
    second.send(connectPacketOf(dialect, { ...persistent(dialect, clientId), password: 'a wrong password' }));
    await second.expectRefusal({ 4: 0x04, 5: 0x86 });
  },
);

testBoth('[MQTT-3.2.2-5 | MQTT-3.2.2-7] a refusal closes the connection', async (dialect) => {
  await using client = await Client.open(dialect);
  client.send(connectPacketOf(dialect, { username: null, password: null }));
  await client.expectRefusal({ 4: 0x04, 5: 0x86 });
});

test3('[MQTT-3.2.2-6] where no return code fits, the connection closes without CONNACK', async () => {
  await using client = await Client.open(4);
  client.send(connectPacketOf(4, { will: { topic: 'a/+' } }));
  await client.expectRefusal({ 4: null, 5: 0x90 });
});

test5('[MQTT-3.2.2-8] CONNACK carries a Connect Reason Code', async () => {
  // The decoder of the client refuses any other.
  const wrong = [
    { password: 'a wrong password' },
    { clientId: 'x'.repeat(1025) },
    { will: { topic: 'a/+' } },
    { properties: { authenticationMethod: 'none' } },
  ];
  for (const options of wrong) {
    await using client = await Client.open(5);
    client.send(connectPacketOf(5, options));
    const { reasonCode } = await client.expect(PacketType.CONNACK);
    if (reasonCode < 0x80) throw new Error(`CONNACK ${reasonCode}`);
  }
});

test5('[MQTT-3.2.2-15] a packet above the Maximum Packet Size of the server is answered with 0x95', async () => {
  await using client = await Client.connect(5, { target: server().tight });
  const maximum = client.connack.properties?.maximumPacketSize ?? 0;
  if (maximum !== 2048) throw new Error(`Maximum Packet Size ${maximum}`);
  // 1 + 2 of fixed header, 2 + 1 of topic, 1 of properties.
  await client.publish({ topic: 't', payload: new Uint8Array(maximum - 7) });
  client.sendPublish({ topic: 't', payload: new Uint8Array(maximum - 6) });
  await client.expectClose(0x95);
});

test5('[MQTT-3.2.2-19] a Reason String is left out of CONNACK where it would be too large', async () => {
  for (const maximumPacketSize of [1000, 20]) {
    await using client = await Client.open(5);
    client.send(connectPacketOf(5, { password: 'a wrong password', properties: { maximumPacketSize } }));
    const { reasonCode, properties } = await client.expect(PacketType.CONNACK);
    const said = properties?.reasonString !== undefined;
    if (reasonCode !== 0x86 || said !== (maximumPacketSize === 1000)) throw new Error(JSON.stringify(properties));
  }
});

test5('[MQTT-3.1.2-28] Response Information is not given, whether it was asked for or not', async () => {
  for (const requestResponseInformation of [0, 1] as const) {
    await using client = await Client.connect(5, { properties: { requestResponseInformation } });
    if (client.connack.properties?.responseInformation !== undefined) throw new Error('Response Information');
  }
});

test5(
  '[MQTT-3.1.2-29] Request Problem Information 0 keeps Reason Strings out of all but CONNACK and DISCONNECT',
  async () => {
    const deep = 'a/'.repeat(20);
    for (const requestProblemInformation of [0, 1] as const) {
      await using client = await Client.connect(5, { properties: { requestProblemInformation } });
      client.sendSubscribe(deep);
      const suback = await client.expect(PacketType.SUBACK);
      client.sendPublish({ topic: deep, qos: 1 });
      const puback = await client.expect(PacketType.PUBACK);
      client.sendPublish({ topic: deep, qos: 2 });
      const pubrec = await client.expect(PacketType.PUBREC);
      for (const { properties } of [suback, puback, pubrec]) {
        const said = properties?.reasonString !== undefined || properties?.userProperties !== undefined;
        if (said !== (requestProblemInformation === 1)) throw new Error(JSON.stringify(properties));
      }
    }
  },
);

test5('[MQTT-2.2.2-1] a packet without properties says so with a Property Length of 0', async () => {
  await using client = await Client.connect(5);
  const topic = unique('t');
  client.sendSubscribe({ topicFilter: topic, qos: 0 });
  const suback = await client.raw.expect('90 04 00 01 00 00');
  client.sendPublish({ topic, payload: 'x' });
  const publish = hex(await client.raw.nextPacket());
  if (!publish.endsWith(' 00 78')) throw new Error(`${hex(suback)} ${publish}`);
  // Without it, what follows is no SUBSCRIBE.
  client.sendBytes('82 06 00 02 00 01 61 00');
  await client.expectClose(0x81);
});
