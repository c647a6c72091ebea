/** TLS and WebSocket (sections 4.2, 6 and 7). */
import { once } from 'node:events';
import { PacketType, encode } from '../../packages/codec/mod.ts';
import { packet, lengthPrefixed } from '../../testkit/packets.ts';
import { RawClient } from '../../testkit/raw-client.ts';
import { maskedFrame, opcode, upgradeRequest } from '../../testkit/websocket-frames.ts';
import { bytes, noProperties } from '../bytes.ts';
import { Client, connectPacketOf, textOf, unique } from '../client.ts';
import { type Dialect, testBoth } from '../registry.ts';
import { rawOptions, server } from '../server.ts';

/** Sends an upgrade request over TLS and gives the head of the answer. */
async function upgrade(protocols: string | null): Promise<string> {
  const options = { ...rawOptions(server().standard, 'wss'), transport: 'tls' as const };
  await using client = await RawClient.connect(options);
  const answer = once(client.socket, 'data');
  client.socket.write(upgradeRequest({ host: 'localhost', path: '/mqtt', protocols }).text);
  const [head] = (await answer) as [Buffer];
  return head.toString('latin1');
}

/** QoS 0, 1 and 2 from one client to another. */
async function exchange(dialect: Dialect, transport: 'tls' | 'wss'): Promise<void> {
  const topic = unique('t');
  await using subscriber = await Client.connect(dialect, { transport });
  await subscriber.subscribe(topic);
  await using publisher = await Client.connect(dialect, { transport });
  const payload = 'x'.repeat(70_000);
  for (const qos of [0, 1, 2] as const) {
    await publisher.publish({ topic, qos, payload });
    if (textOf(await subscriber.take()) !== payload) throw new Error('payload');
  }
  await subscriber.leave();
}

testBoth('[MQTT-7.1.1-1 | MQTT-4.2-1] packets travel over TLS and over WebSocket', async (dialect) => {
  await exchange(dialect, 'tls');
  await exchange(dialect, 'wss');
});

testBoth('[MQTT-6.0.0-1] packets are in binary frames, and a text frame closes the connection', async (dialect) => {
  await using client = await Client.connect(dialect, { transport: 'wss' });
  // What came was in binary frames: the raw client leaves all others out.
  await client.barrier();
  client.raw.sendRaw(maskedFrame(bytes('c0 00'), { opcode: opcode.text }));
  await client.raw.closed();
  const more = await client.raw.nextPacket().catch(() => null);
  if (more !== null && more[0] === 0xd0) throw new Error('PINGREQ in a text frame was answered');
});

testBoth('[MQTT-6.0.0-2] frames need not end where packets end', async (dialect) => {
  await using client = await Client.open(dialect, { transport: 'wss' });
  const topic = unique('t');
  const packets = Buffer.concat([
    encode(dialect, connectPacketOf(dialect)),
    packet(0x82, bytes('00 01'), noProperties(dialect), lengthPrefixed(topic), bytes('00')),
    bytes('c0 00 c0 00'),
  ]);
  for (let at = 0; at < packets.length; at += 7) client.raw.send(packets.subarray(at, at + 7));
  client.raw.send(bytes('c0 00 c0 00'));
  await client.expect(PacketType.CONNACK);
  await client.expect(PacketType.SUBACK);
  for (let index = 0; index < 4; index += 1) await client.expect(PacketType.PINGRESP);
});

testBoth('[MQTT-6.0.0-3] an upgrade that does not offer mqtt is refused', async () => {
  for (const protocols of [null, 'chat', 'MQTT']) {
    const head = await upgrade(protocols);
    if (!head.startsWith('HTTP/1.1 400 ')) throw new Error(head);
  }
});

testBoth('[MQTT-6.0.0-4] the subprotocol that is answered is mqtt', async () => {
  for (const protocols of ['mqtt', 'chat, mqtt', 'mqtt, mqttv3.1']) {
    const head = await upgrade(protocols);
    if (!head.startsWith('HTTP/1.1 101 ') || !/^sec-websocket-protocol: mqtt\r$/im.test(head)) throw new Error(head);
  }
});
