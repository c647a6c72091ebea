/** Limits of a deployment on messages and subscriptions: each reached through the running service. */
import { afterAll, describe, expect, test } from 'bun:test';
import { eventually } from '../../testkit/deadline.ts';
import { disconnectPacket, packet, pingRequest, publishPacket, subscribePacket } from '../../testkit/packets.ts';
import type { RawClient } from '../../testkit/raw-client.ts';
import { Service } from '../../testkit/service.ts';
import { acknowledgement, Limited, type Version } from './limited.ts';

const service = await Service.start();
afterAll(() => service[Symbol.asyncDispose]());

const both = [4, 5] as const;

/** PUBLISH with QoS 1 and 2 packet identifiers that count from 1. */
function publishes(version: Version, count: number, options: { qos: number; payload?: string; topic?: string }) {
  return Array.from({ length: count }, (_, index) =>
    publishPacket(version, {
      topic: options.topic ?? 't',
      payload: options.payload ?? 'x',
      qos: options.qos,
      packetIdentifier: index + 1,
    }),
  );
}

async function subscribe(client: RawClient, version: Version, filter: string, qos: number): Promise<void> {
  client.send(subscribePacket(version, 1, filter, qos));
  await client.expect(version === 4 ? `90 03 00 01 0${qos}` : `90 04 00 01 00 0${qos}`);
}

/** The client is served to the end: what is behind this answer has been handled. */
async function ping(client: RawClient): Promise<void> {
  client.send(pingRequest);
  await client.expect('d0 00');
}

describe('packetSizeBytes', () => {
  for (const version of both) {
    test(version === 4 ? '3.1.1 is closed' : '5.0 is told in CONNACK, and gets DISCONNECT 0x95', async () => {
      const limited = await Limited.make(service, `packet size ${version}`, { packetSizeBytes: 200 });
      await using client = await limited.connect('a', { version });
      if (version === 5) expect(Buffer.from(client.connack).toString('hex')).toContain('27000000c8');
      client.send(publishPacket(version, { topic: 't', payload: 'x'.repeat(150) }));
      await ping(client);
      client.send(publishPacket(version, { topic: 't', payload: 'x'.repeat(250) }));
      if (version === 5) await client.expect('e0 .. 95 *');
      await client.closed();
      await limited.said('packetSizeBytes', 'limit.packet-size');
    });
  }
});

describe('rates are back-pressure: everything is handled, nothing is dropped, others are served', () => {
  const rates: readonly (readonly [limit: string, value: number, count: number, payload: string])[] = [
    ['publishesPerSecondPerClient', 10, 20, 'x'],
    ['messagesPerSecond', 10, 20, 'x'],
    ['bytesPerSecondPerClient', 4096, 8, 'x'.repeat(1000)],
  ];
  for (const [limit, value, count, payload] of rates) {
    test(limit, async () => {
      const limited = await Limited.make(service, limit, {
        publishesPerSecondPerClient: null,
        messagesPerSecond: null,
        bytesPerSecondPerClient: null,
      });
      await using publisher = await limited.connect('publisher');
      await using bystander = await limited.connect('bystander');
      // Felt by clients that are connected already.
      await limited.set({ [limit]: value });
      publisher.send(Buffer.concat([...publishes(4, count, { qos: 1, payload }), pingRequest]));
      await ping(bystander);
      for (let identifier = 1; identifier <= count; identifier++)
        await publisher.expect(`40 02 00 ${identifier.toString(16).padStart(2, '0')}`);
      await publisher.expect('d0 00');
      await limited.said(limit, 'limit.message-rate');
      expect(limited.events('limit.message-rate')[0]).toMatchObject({
        event: 'reading.paused',
        client_id: 'publisher',
      });
    });
  }

  test('PUBREL behind PUBLISH packets is read in the end: QoS 2 does not stand still', async () => {
    const limited = await Limited.make(service, 'qos 2', { publishesPerSecondPerClient: 5 });
    await using subscriber = await limited.connect('subscriber');
    await subscribe(subscriber, 4, 't', 2);
    await using publisher = await limited.connect('publisher', { keepAlive: 1 });
    const count = 12;
    const releases = Array.from({ length: count }, (_, index) => acknowledgement(0x62, index + 1));
    publisher.send(Buffer.concat([...publishes(4, count, { qos: 2 }), ...releases]));
    const counts = new Map<number, number>();
    for (let packets = 0; packets < 2 * count; packets++) {
      const type = (await publisher.nextPacket())[0] ?? 0;
      counts.set(type, (counts.get(type) ?? 0) + 1);
    }
    expect(counts).toEqual(
      new Map([
        [0x50, count],
        [0x70, count],
      ]),
    );
    // It was read more slowly than its keep-alive allows, and its clock stood still meanwhile.
    expect(publisher.isClosed).toBe(false);
  });

  test('two publishers over the rate of the deployment share it', async () => {
    const limited = await Limited.make(service, 'shared rate', {
      messagesPerSecond: 20,
      publishesPerSecondPerClient: null,
    });
    await using greedy = await limited.connect('greedy');
    greedy.send(Buffer.concat(publishes(4, 200, { qos: 1 })));
    await limited.said('messagesPerSecond', 'limit.message-rate');
    await using modest = await limited.connect('modest');
    modest.send(Buffer.concat(publishes(4, 5, { qos: 1 })));
    for (let identifier = 1; identifier <= 5; identifier++) await modest.expect(`40 02 00 0${identifier}`);
    const greedyCount = await limited.service.metrics();
    // All of the greedy one's would take ten seconds: it has not had its way first.
    expect(greedyCount.get(`berth_publishes_received_total{deployment="${limited.id}",qos="1"}`)).toBeLessThan(150);
  });
});

test('subscriptionsPerClient', async () => {
  const limited = await Limited.make(service, 'subscriptions', { subscriptionsPerClient: 1 });
  for (const version of both) {
    await using client = await limited.connect('a', { version });
    await subscribe(client, version, 'one', 0);
    client.send(subscribePacket(version, 2, 'two', 0));
    await client.expect(version === 4 ? '90 03 00 02 80' : '90 .. 00 02 .. * '.trim());
    // One that it has may be made anew.
    await subscribe(client, version, 'one', 0);
  }
  await using client = await limited.connect('b', { version: 5 });
  await subscribe(client, 5, 'one', 0);
  client.send(subscribePacket(5, 2, 'two', 0));
  expect((await client.nextPacket()).at(-1)).toBe(0x97);
  await limited.said('subscriptionsPerClient', 'limit.subscriptions', 3);
});

describe('topicLevels, topicBytes', () => {
  for (const [limit, value, topic] of [
    ['topicLevels', 2, 'a/b/c'],
    ['topicBytes', 8, 'ninebytes'],
  ] as const) {
    test(limit, async () => {
      const limited = await Limited.make(service, limit, { [limit]: value });
      await using listener = await limited.connect('listener');
      await subscribe(listener, 4, '#', 0);
      for (const version of both) {
        await using client = await limited.connect('a', { version });
        client.send(subscribePacket(version, 1, topic, 0));
        expect((await client.nextPacket()).at(-1)).toBe(version === 4 ? 0x80 : 0x8f);
        client.send(publishPacket(version, { topic, payload: 'x' }));
        client.send(publishPacket(version, { topic, payload: 'x', qos: 1, packetIdentifier: 2 }));
        await client.expect(version === 4 ? '40 02 00 02' : '40 .. 00 02 90 *');
        client.send(publishPacket(version, { topic, payload: 'x', qos: 2, packetIdentifier: 3 }));
        await client.expect(version === 4 ? '50 02 00 03' : '50 .. 00 03 90 *');
        client.send(publishPacket(version, { topic: 'ok', payload: 'y' }));
        // Only this one is delivered.
        await listener.expect('30 05 00 02 6f 6b 79');
      }
      await limited.said(limit, 'limit.topic', 8);
    });
  }
});

describe('queuedMessages, queuedBytes', () => {
  for (const [limit, value, payload] of [
    ['queuedMessages', 2, 'x'],
    ['queuedBytes', 1500, 'x'.repeat(600)],
  ] as const) {
    test(`${limit}: the oldest that waits are dropped, counted and logged with the session`, async () => {
      const limited = await Limited.make(service, limit, { [limit]: value });
      await using away = await limited.connect('away', { clean: false });
      await subscribe(away, 4, 't/#', 1);
      away.send(disconnectPacket);
      await away.closed();
      await using publisher = await limited.connect('publisher');
      for (let index = 1; index <= 5; index++) {
        publisher.send(publishPacket(4, { topic: `t/${index}`, payload, qos: 1, packetIdentifier: index }));
        await publisher.expect(`40 02 00 0${index}`);
      }
      expect(await limited.metric('berth_queued_messages')).toBe(2);
      expect(await limited.metric('berth_queued_bytes')).toBeGreaterThan(2 * payload.length);
      await using back = await limited.connect('away', { clean: false });
      const topics = [await back.nextPacket(), await back.nextPacket()].map(
        (bytes) => /t\/\d/.exec(String.fromCharCode(...bytes))?.[0],
      );
      expect(topics).toEqual(['t/4', 't/5']);
      await limited.said(limit, 'limit.queue', 3);
      expect(limited.events('limit.queue')[0]).toMatchObject({ event: 'message.dropped', client_id: 'away' });
      expect(await limited.metric('berth_queued_bytes')).toBe(0);
    });
  }
});

test('inFlightOut: further messages wait in the queue', async () => {
  const limited = await Limited.make(service, 'in flight out', { inFlightOut: 2 });
  await using subscriber = await limited.connect('subscriber');
  await subscribe(subscriber, 4, 't', 1);
  await using publisher = await limited.connect('publisher');
  publisher.send(Buffer.concat(publishes(4, 3, { qos: 1 })));
  for (let index = 1; index <= 3; index++) await publisher.expect(`40 02 00 0${index}`);
  await subscriber.expect('32 06 00 01 74 00 01 78');
  await subscriber.expect('32 06 00 01 74 00 02 78');
  await ping(subscriber);
  expect(await limited.metric('berth_queued_messages')).toBe(1);
  subscriber.send(acknowledgement(0x40, 1));
  await subscriber.expect('32 06 00 01 74 00 03 78');
  await limited.said('inFlightOut', null);
});

test('inFlightIn: announced to 5.0, which is closed above it; 3.1.1 is bounded by its identifiers only', async () => {
  const limited = await Limited.make(service, 'in flight in', { inFlightIn: 1 });
  await using client = await limited.connect('a', { version: 5 });
  expect(Buffer.from(client.connack).toString('hex')).toContain('210001');
  // What it was told holds until its next CONNECT.
  await limited.set({ inFlightIn: 2 });
  client.send(Buffer.concat(publishes(5, 2, { qos: 2 })));
  await client.expect('50 .. 00 01 *');
  await client.expect('e0 .. 93 *');
  await using old = await limited.connect('b');
  old.send(Buffer.concat(publishes(4, 3, { qos: 2 })));
  for (let index = 1; index <= 3; index++) await old.expect(`50 02 00 0${index}`);
  await limited.said('inFlightIn', 'limit.receive-maximum');
});

test('topicAliases: announced, and above it DISCONNECT 0x94', async () => {
  const limited = await Limited.make(service, 'aliases', { topicAliases: 1 });
  await using client = await limited.connect('a', { version: 5 });
  expect(Buffer.from(client.connack).toString('hex')).toContain('220001');
  client.send(packet(0x30, Uint8Array.of(0, 1, 0x74, 3, 0x23, 0, 2), Buffer.from('x')));
  await client.expect('e0 .. .. 94 *');
  await limited.said('topicAliases', 'protocol.topic-alias');
});

describe('retainedMessages, retainedBytes', () => {
  for (const [limit, value] of [
    ['retainedMessages', 1],
    ['retainedBytes', 1024],
  ] as const) {
    test(`${limit}: delivered and acknowledged, not retained; 5.0 is told why`, async () => {
      const limited = await Limited.make(service, limit, { [limit]: value });
      const payload = 'x'.repeat(600);
      await using listener = await limited.connect('listener');
      await subscribe(listener, 4, '#', 0);
      for (const version of both) {
        await using client = await limited.connect('a', { version });
        client.send(publishPacket(version, { topic: 'one', payload, qos: 1, retain: true, packetIdentifier: 1 }));
        expect((await client.nextPacket())[0]).toBe(0x40);
        client.send(publishPacket(version, { topic: 'two', payload, qos: 1, retain: true, packetIdentifier: 2 }));
        const answer = await client.expect(version === 4 ? '40 02 00 02' : '40 .. 00 02 00 *');
        if (version === 5) expect(Buffer.from(answer).toString('latin1')).toContain('not retained');
        for (const topic of ['one', 'two'])
          expect(Buffer.from(await listener.nextPacket()).toString('latin1')).toContain(topic);
      }
      await using late = await limited.connect('late');
      await subscribe(late, 4, '+', 0);
      expect(Buffer.from(await late.nextPacket()).toString('latin1')).toContain('one');
      await ping(late);
      await limited.said(limit, 'limit.retained', 2);
    });
  }
});

test('outboundBufferBytes: QoS 0 is dropped and counted, QoS 1 waits and comes', async () => {
  const limited = await Limited.make(service, 'outbound', {
    outboundBufferBytes: 16_384,
    messagesPerSecond: null,
    publishesPerSecondPerClient: null,
    bytesPerSecondPerClient: null,
  });
  await using slow = await limited.connect('slow');
  await subscribe(slow, 4, 'flood', 0);
  slow.send(subscribePacket(4, 2, 'important', 1));
  await slow.expect('90 03 00 02 01');
  slow.socket.pause();
  await using publisher = await limited.connect('publisher');
  const flood = Buffer.concat(publishes(4, 16, { qos: 0, topic: 'flood', payload: 'x'.repeat(32_768) }));
  await eventually('the buffer to be full', 15_000, async () => {
    publisher.send(flood);
    await ping(publisher);
    return limited.events('limit.outbound-buffer').length > 0 ? true : null;
  });
  publisher.send(publishPacket(4, { topic: 'important', payload: 'y', qos: 1, packetIdentifier: 1 }));
  await publisher.expect('40 02 00 01');
  slow.socket.resume();
  for (;;) if ((await slow.nextPacket())[0] === 0x32) break;
  await limited.said('outboundBufferBytes', 'limit.outbound-buffer');
}, 30_000);

test('a client that sends and never reads is read no further, and gets every answer when it reads', async () => {
  const limited = await Limited.make(service, 'unread answers', {
    outboundBufferBytes: 16_384,
    messagesPerSecond: null,
    publishesPerSecondPerClient: null,
    bytesPerSecondPerClient: null,
  });
  await using client = await limited.connect('deaf');
  let answeredBytes = 0;
  client.socket.removeAllListeners('data');
  client.socket.on('data', (chunk: Uint8Array) => (answeredBytes += chunk.length));
  client.socket.pause();
  const pings = Buffer.alloc(1024 * 1024, pingRequest);
  let sentBytes = 0;
  const isPaused = () => limited.events('limit.outbound-buffer').some((event) => event['event'] === 'reading.paused');
  await eventually('reading to stop', 20_000, () => {
    if (isPaused()) return true;
    client.send(pings);
    sentBytes += pings.length;
    return null;
  });
  await using bystander = await limited.connect('bystander');
  await ping(bystander);
  client.socket.resume();
  await eventually('all answers', 15_000, () => (answeredBytes === sentBytes ? true : null));
  await limited.said('outboundBufferBytes', 'limit.outbound-buffer');
}, 40_000);
