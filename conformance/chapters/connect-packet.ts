/** CONNECT: what the packet must look like (sections 3.1.0 to 3.1.3). */
import { lengthPrefixed } from '../../testkit/packets.ts';
import { bytes, credentials, handMadeConnect, stringOf } from '../bytes.ts';
import { Client, connectPacketOf, unique } from '../client.ts';
import { type Dialect, test3, test5, testBoth } from '../registry.ts';
import { server } from '../server.ts';

/** A malformed CONNECT closes a 3.1.1 connection without a word [MQTT-3.1.4-1]. */
const malformed = { 4: null, 5: 0x81 } as const;
const notUtf8 = stringOf(bytes('61 ed a0 80'));

/** Sends a CONNECT made by hand that has to be refused as malformed. */
async function refuses(dialect: Dialect, ...parts: Parameters<typeof handMadeConnect>[2][]): Promise<void> {
  for (const part of parts) {
    await using client = await Client.open(dialect);
    client.sendBytes(handMadeConnect(dialect, unique('c'), part));
    await client.expectRefusal(malformed);
  }
}

function login(): Uint8Array[] {
  const { username, password } = server().standard;
  return credentials(username, password);
}

/** Will Topic and Will Message, with empty Will Properties in 5.0. */
function will(dialect: Dialect, topic: Uint8Array = lengthPrefixed('will')): Uint8Array[] {
  return [...(dialect === 5 ? [bytes('00')] : []), topic, lengthPrefixed('gone')];
}

testBoth('[MQTT-3.1.0-1] a first packet that is not CONNECT closes the connection', async (dialect) => {
  await using client = await Client.open(dialect);
  client.sendPublish({ topic: unique('t') });
  await client.expectRefusal({ 4: null, 5: null });
});

testBoth('[MQTT-3.1.0-2] a second CONNECT is a protocol error', async (dialect) => {
  await using client = await Client.connect(dialect);
  client.send(connectPacketOf(dialect));
  await client.expectClose(0x82);
});

testBoth('[MQTT-3.1.2-1] a protocol name other than MQTT is refused', async (dialect) => {
  await using client = await Client.open(dialect);
  client.sendBytes(handMadeConnect(dialect, unique('c'), { name: 'MQTX' }));
  await client.expectRefusal({ 4: 0x01, 5: 0x84 });
});

testBoth('[MQTT-3.1.2-2] an unknown protocol level is refused with the code for it', async (dialect) => {
  await using client = await Client.open(dialect);
  client.sendBytes(handMadeConnect(dialect, unique('c'), { level: dialect === 4 ? 2 : 6 }));
  await client.expectRefusal({ 4: 0x01, 5: 0x84 });
});

testBoth('[MQTT-3.1.2-3] the reserved flag of CONNECT must be 0', (dialect) => refuses(dialect, { flags: 0xc3 }));

testBoth('[MQTT-3.1.2-9] a will flag without Will Topic and Will Message is refused', async (dialect) => {
  await refuses(dialect, { flags: 0xc6 }, { flags: 0x06, payload: [lengthPrefixed(unique('c'))] });
  await using client = await Client.open(dialect);
  client.sendBytes(
    handMadeConnect(dialect, '', { flags: 0xc6, payload: [lengthPrefixed(unique('c')), ...will(dialect), ...login()] }),
  );
  await client.raw.expect('20 .. 00 00 *');
});

testBoth('[MQTT-3.1.2-13 | MQTT-3.1.2-11] Will QoS without a will is refused', (dialect) =>
  refuses(dialect, { flags: 0xc2 | 0x08 }, { flags: 0xc2 | 0x10 }),
);

testBoth('[MQTT-3.1.2-15 | MQTT-3.1.2-13] Will Retain without a will is refused', (dialect) =>
  refuses(dialect, { flags: 0xc2 | 0x20 }),
);

test3('[MQTT-3.1.2-11] without a will flag, will bits and will fields are refused', async () => {
  const payload = [lengthPrefixed(unique('c')), ...will(4), ...login()];
  await refuses(4, { flags: 0xc2 | 0x38 }, { flags: 0xc2, payload });
});

testBoth('[MQTT-3.1.2-14 | MQTT-3.1.2-12] Will QoS may be 0, 1 and 2 but not 3', async (dialect) => {
  for (const qos of [0, 1, 2] as const) {
    await using client = await Client.connect(dialect, { will: { topic: unique('t'), qos } });
    await client.barrier();
    await client.leave();
  }
  const payload = [lengthPrefixed(unique('c')), ...will(dialect), ...login()];
  await refuses(dialect, { flags: 0xc6 | 0x18, payload });
});

testBoth('[MQTT-3.1.2-18 | MQTT-3.1.2-16] a user name without its flag is refused', (dialect) =>
  refuses(dialect, { flags: 0x02, payload: [lengthPrefixed(unique('c')), lengthPrefixed('user')] }),
);

testBoth('[MQTT-3.1.2-19 | MQTT-3.1.2-17] a user name flag without a user name is refused', (dialect) =>
  refuses(dialect, { flags: 0x82, payload: [lengthPrefixed(unique('c'))] }),
);

testBoth('[MQTT-3.1.2-20 | MQTT-3.1.2-18] a password without its flag is refused', (dialect) =>
  refuses(dialect, { flags: 0x82 }),
);

testBoth('[MQTT-3.1.2-21 | MQTT-3.1.2-19] a password flag without a password is refused', (dialect) =>
  refuses(dialect, { flags: 0xc2, payload: [lengthPrefixed(unique('c')), lengthPrefixed('user')] }),
);

test3('[MQTT-3.1.2-22] a password flag without the user name flag is refused', () =>
  refuses(4, { flags: 0x42, payload: [lengthPrefixed(unique('c')), lengthPrefixed('password')] }),
);

testBoth('[MQTT-3.1.3-1] the payload has its fields in their order', async (dialect) => {
  const clientId = unique('c');
  const topic = unique('t');
  await using watcher = await Client.connect(dialect);
  await watcher.subscribe(topic);
  await using client = await Client.open(dialect);
  const payload = [lengthPrefixed(clientId), ...will(dialect, lengthPrefixed(topic)), ...login()];
  client.sendBytes(handMadeConnect(dialect, '', { flags: 0xc6, payload }));
  await client.raw.expect('20 .. 00 00 *');
  await client.vanish();
  await watcher.receive();
  // The other way round, the user name is taken for the will, and the password does not fit.
  const wrong = [lengthPrefixed(clientId), ...login(), ...will(dialect)];
  await using other = await Client.open(dialect);
  other.sendBytes(handMadeConnect(dialect, '', { flags: 0xc6, payload: wrong }));
  const answer = await other.raw.nextPacket().catch(() => null);
  if (answer !== null && answer[3] === 0) throw new Error('fields in a wrong order were accepted');
  await other.raw.closed();
});

testBoth('[MQTT-3.1.3-3] a CONNECT without a client identifier is refused', (dialect) =>
  refuses(dialect, { flags: 0x02, payload: [] }),
);

testBoth('[MQTT-3.1.3-4] a client identifier that is no UTF-8 is refused', (dialect) =>
  refuses(dialect, { payload: [notUtf8, ...login()] }),
);

testBoth('[MQTT-3.1.3-10 | MQTT-3.1.3-11] a Will Topic that is no UTF-8 is refused', (dialect) =>
  refuses(dialect, { flags: 0xc6, payload: [lengthPrefixed(unique('c')), ...will(dialect, notUtf8), ...login()] }),
);

testBoth('[MQTT-3.1.3-11 | MQTT-3.1.3-12] a user name that is no UTF-8 is refused', (dialect) =>
  refuses(dialect, { payload: [lengthPrefixed(unique('c')), notUtf8, lengthPrefixed('password')] }),
);

testBoth('[MQTT-3.1.4-1] a CONNECT of a wrong format closes the connection', (dialect) =>
  refuses(
    dialect,
    { firstByte: 0x11 },
    { payload: [lengthPrefixed(unique('c')), ...login(), bytes('00')] },
    { payload: [bytes('00 09 61')] },
  ),
);

test5('[MQTT-3.1.4-2] credentials that are wrong close the connection, after CONNACK', async () => {
  await using client = await Client.open(5);
  client.send(connectPacketOf(5, { password: 'a wrong password' }));
  await client.expectRefusal({ 4: 0x04, 5: 0x86 });
});

testBoth('[MQTT-3.1.4-5 | MQTT-3.1.4-6] nothing behind a refused CONNECT is processed', async (dialect) => {
  const topic = unique('t');
  await using watcher = await Client.connect(dialect);
  await watcher.subscribe(topic);
  await using client = await Client.open(dialect);
  client.send(connectPacketOf(dialect, { password: 'a wrong password' }));
  client.sendPublish({ topic, qos: 1 });
  await client.expectRefusal({ 4: 0x04, 5: 0x86 });
  await watcher.barrier();
});
