import { expect, test } from 'bun:test';
import { Database } from 'bun:sqlite';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFormat1 } from '../../apps/server/journal/fixtures/format-1.ts';
import { lengthPrefixed, packet, publishPacket, subscribePacket } from '../../testkit/packets.ts';
import type { RawClient } from '../../testkit/raw-client.ts';
import { Service } from '../../testkit/service.ts';
import { acknowledgement, Limited, limitedPassword } from '../service/limited.ts';

/** Session Expiry Interval 1,000 s. */
const persistent = { version: 5, clean: false, properties: '11 00 00 03 e8' } as const;
const [puback, pubrec, pubrel, pubcomp] = [0x40, 0x50, 0x62, 0x70];

/** CONNECT of the user `first` with a will of QoS 1 on `wills`, and a session that ends with the connection. */
const connectWithWill = (clientId: string, payload: string) =>
  packet(
    0x10,
    lengthPrefixed('MQTT'),
    Uint8Array.of(5, 0xce, 0, 0, 0),
    lengthPrefixed(clientId),
    Uint8Array.of(0),
    lengthPrefixed('wills'),
    lengthPrefixed(payload),
    lengthPrefixed('first'),
    lengthPrefixed(limitedPassword),
  );

/** The next PUBLISH: QoS, packet identifier (none with QoS 0), topic and payload; the messages here have no properties. */
async function nextMessage(client: RawClient) {
  const bytes = Buffer.from(await client.nextPacket());
  expect((bytes[0] ?? 0) >> 4).toBe(3);
  const qos = ((bytes[0] ?? 0) >> 1) & 3;
  const topicEnd = 4 + bytes.readUInt16BE(2);
  const topic = bytes.toString('utf8', 4, topicEnd);
  const identifier = qos === 0 ? null : bytes.readUInt16BE(topicEnd);
  const payload = bytes.toString('utf8', topicEnd + (qos === 0 ? 1 : 3));
  return { qos, identifier, topic, payload, isRetained: ((bytes[0] ?? 0) & 1) === 1 };
}

async function subscribe(client: RawClient, filter: string, qos: number): Promise<void> {
  client.send(subscribePacket(5, 1, filter, qos));
  await client.expect(`90 04 00 01 00 0${qos}`);
}

/** Leaves one of everything that has to survive. */
async function fill(place: Limited): Promise<void> {
  const [keeper, halfway, heir] = await Promise.all(
    ['keeper', 'halfway', 'heir'].map((clientId) => place.connect(clientId, persistent)),
  );
  if (keeper === undefined || halfway === undefined || heir === undefined) throw new Error('no clients');
  await subscribe(keeper, 'kept', 2);
  await subscribe(halfway, 'half', 2);
  await subscribe(heir, 'wills', 1);
  keeper.reset();
  heir.reset();
  const publisher = await place.connect('publisher', persistent);
  for (let number = 1; number <= 5; number++) {
    publisher.send(publishPacket(5, { topic: 'kept', payload: `message ${number}`, qos: 1, packetIdentifier: number }));
    await publisher.expect(`40 .. 00 0${number} *`);
  }
  publisher.send(publishPacket(5, { topic: 'state', payload: 'on', qos: 1, retain: true, packetIdentifier: 6 }));
  await publisher.expect('40 .. 00 06 *');
  publisher.send(publishPacket(5, { topic: 'half', payload: 'x', qos: 2, packetIdentifier: 7 }));
  await publisher.expect('50 .. 00 07 *');
  publisher.send(acknowledgement(pubrel, 7));
  await publisher.expect('70 .. 00 07 *');
  // Of this one the PUBREL is still to come.
  publisher.send(publishPacket(5, { topic: 'kept', payload: 'exactly once', qos: 2, packetIdentifier: 8 }));
  await publisher.expect('50 .. 00 08 *');
  // Of what this one gets, the PUBCOMP is still to come.
  const { identifier } = await nextMessage(halfway);
  halfway.send(acknowledgement(pubrec, identifier ?? 0));
  await halfway.expect(`62 .. .. ${String(identifier).padStart(2, '0')} *`);
}

/** Sees that it is all there. */
async function look(place: Limited): Promise<void> {
  const keeper = await place.dial('keeper', persistent);
  // Session Present.
  await keeper.expect('20 .. 01 00 *');
  for (const payload of ['message 1', 'message 2', 'message 3', 'message 4', 'message 5']) {
    const message = await nextMessage(keeper);
    expect(message).toMatchObject({ qos: 1, topic: 'kept', payload });
    keeper.send(acknowledgement(puback, message.identifier ?? 0));
  }
  expect(await nextMessage(keeper)).toMatchObject({ qos: 2, payload: 'exactly once' });

  const publisher = await place.dial('publisher', persistent);
  await publisher.expect('20 .. 01 00 *');
  publisher.send(publishPacket(5, { topic: 'kept', payload: 'exactly once', qos: 2, packetIdentifier: 8, dup: true }));
  await publisher.expect('50 .. 00 08 *');
  publisher.send(acknowledgement(pubrel, 8));
  await publisher.expect('70 .. 00 08 *');
  publisher.send(publishPacket(5, { topic: 'kept', payload: 'the next', qos: 1, packetIdentifier: 9 }));
  await publisher.expect('40 .. 00 09 *');
  // What was sent again did not come again.
  expect(await nextMessage(keeper)).toMatchObject({ payload: 'the next' });

  const halfway = await place.dial('halfway', persistent);
  await halfway.expect('20 .. 01 00 *');
  const released = await halfway.expect('62 02 .. ..');
  halfway.send(acknowledgement(pubcomp, Buffer.from(released).readUInt16BE(2)));

  const reader = await place.connect('reader', { version: 5 });
  await subscribe(reader, 'state', 1);
  expect(await nextMessage(reader)).toMatchObject({ topic: 'state', payload: 'on', isRetained: true });

  const heir = await place.dial('heir', persistent);
  await heir.expect('20 .. 01 00 *');
  expect(await nextMessage(heir)).toMatchObject({ qos: 1, topic: 'wills', payload: 'gone' });
}

function formatOf(path: string): number {
  using database = new Database(path, { readonly: true });
  return (database.query('PRAGMA user_version').get() as { user_version: number }).user_version;
}

test('a service of today starts on a journal of the first format, and every session goes on where it was', async () => {
  const [old, data] = ['old', 'data'].map((name) => mkdtempSync(join(tmpdir(), `berth-upgrade-${name}-`)));
  if (old === undefined || data === undefined) throw new Error('no folders');
  try {
    await using first = await Service.start({ data: old });
    const place = await Limited.make(first, 'upgraded');
    await fill(place);
    // Connected when the service is killed.
    const willing = await place.open();
    willing.send(connectWithWill('willing', 'gone'));
    await willing.expect('20 .. 00 00 *');
    await first.stop('SIGKILL');
    cpSync(old, data, { recursive: true, filter: (path) => !/journal\.sqlite/.test(path) });
    writeFormat1(join(old, 'journal.sqlite'), join(data, 'journal.sqlite'));
    expect(formatOf(join(data, 'journal.sqlite'))).toBe(1);

    await using second = await Service.start({ data, args: ['--will-grace', '0'] });
    await look(place.on(second));
    await second.stop();
    expect(formatOf(join(data, 'journal.sqlite'))).toBeGreaterThan(1);
  } finally {
    for (const folder of [old, data]) rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);
