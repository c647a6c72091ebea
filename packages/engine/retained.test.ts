import { describe, expect, test } from 'bun:test';
import { DEPLOYMENT, EngineBench } from '../../testkit/engine-bench.ts';
import { PacketType } from '../codec/mod.ts';

const persistent = { clientId: 'a', cleanStart: false, sessionExpiryInterval: 1000 } as const;

describe('retained messages', () => {
  test('the last one of each topic goes to a new subscription, with RETAIN, behind SUBACK [MQTT-3.3.1-5..8]', () => {
    const bench = new EngineBench();
    const publisher = bench.connect({ clientId: 'p' });
    publisher.publish('a/1', 'old', { retain: true });
    publisher.publish('a/1', 'new', { retain: true, qos: 2, packetIdentifier: 3 });
    publisher.publish('a/2', 'other', { retain: true });
    publisher.publish('b', 'elsewhere', { retain: true });
    publisher.publish('a/3', 'not kept');
    const client = bench.connect();
    client.subscribe('a/#', { qos: 1, subscriptionIdentifier: 7 });
    const [suback, ...messages] = client.take();
    expect(suback?.type).toBe(PacketType.SUBACK);
    const seen = messages.map((packet) => (packet.type === PacketType.PUBLISH ? packet : null));
    expect(seen.map((packet) => `${packet?.topic} QoS ${packet?.qos} ${packet?.retain}`).toSorted()).toEqual([
      'a/1 QoS 1 true',
      'a/2 QoS 0 true',
    ]);
    expect(seen[0]?.properties?.subscriptionIdentifiers).toEqual([7]);
  });

  test('Retain Handling: 0 always, 1 where the subscription is new, 2 never [MQTT-3.3.1-9..11]', () => {
    const bench = new EngineBench();
    bench.connect({ clientId: 'p' }).publish('t', 'x', { retain: true });
    for (const [retainHandling, expected] of [
      [0, [1, 1]],
      [1, [1, 0]],
      [2, [0, 0]],
    ] as const) {
      const client = bench.connect({ clientId: `c${retainHandling}` });
      const counts = [0, 1].map(() => {
        client.subscribe('t', { retainHandling });
        return client.messages().length;
      });
      expect(counts).toEqual([...expected]);
    }
  });

  test('Retain As Published keeps the flag for live messages, else it is cleared [MQTT-3.3.1-12] [MQTT-3.3.1-13]', () => {
    const bench = new EngineBench();
    const keeps = bench.subscriber('t', { clientId: 'keeps' }, { retainAsPublished: true });
    const clears = bench.subscriber('t', { clientId: 'clears' });
    const publisher = bench.connect({ clientId: 'p' });
    publisher.publish('t', 'r', { retain: true });
    publisher.publish('t', 'n');
    expect(keeps.messages().map(({ retain }) => retain)).toEqual([true, false]);
    expect(clears.messages().map(({ retain }) => retain)).toEqual([false, false]);
  });

  test('an empty payload clears, is delivered, and is not kept [MQTT-3.3.1-6] [MQTT-3.3.1-7]', () => {
    const bench = new EngineBench();
    const live = bench.subscriber('t', { clientId: 'live' });
    const publisher = bench.connect({ clientId: 'p' });
    publisher.publish('t', 'x', { retain: true });
    publisher.publish('t', '', { retain: true });
    expect(live.payloads()).toEqual(['x', '']);
    expect(bench.subscriber('t', { clientId: 'late' }).payloads()).toEqual([]);
    expect(bench.counters()).toMatchObject({ retainedMessages: 0, retainedBytes: 0 });
  });

  test('expire, and say what is left of their time', () => {
    const bench = new EngineBench();
    const publisher = bench.connect({ clientId: 'p' });
    publisher.publish('t', 'x', { retain: true, properties: { messageExpiryInterval: 10 } });
    bench.advance(4_000);
    const client = bench.connect();
    client.subscribe('t');
    expect(client.messages()).toMatchObject([{ properties: { messageExpiryInterval: 6 } }]);
    bench.advance(6_000);
    expect(bench.counters()).toMatchObject({ retainedMessages: 0, retainedBytes: 0 });
  });

  test('that are replaced leave no timer behind', () => {
    const bench = new EngineBench();
    const publisher = bench.connect({ clientId: 'p' });
    for (let count = 0; count < 100; count++) {
      publisher.publish('t', `${count}`, { retain: true, properties: { messageExpiryInterval: 1000 } });
      bench.advance(1_000);
    }
    const dueAt = bench.engine.nextTickAt;
    expect(dueAt).toBe(bench.now + 999_000);
    publisher.publish('t', 'for ever', { retain: true });
    expect(bench.engine.nextTickAt).toBe(Infinity);
    bench.advance(10_000_000);
    expect(bench.counters().retainedMessages).toBe(1);
    publisher.publish('t', '', { retain: true });
    expect(bench.counters().retainedMessages).toBe(0);
  });

  test('above the limit a message is delivered and acknowledged, not retained; the event names the publisher', () => {
    const bench = new EngineBench({ limits: { retainedMessages: 1 } });
    const live = bench.subscriber('#', { clientId: 'live' });
    const publisher = bench.connect({ clientId: 'p' });
    publisher.publish('a', '1', { retain: true });
    bench.events();
    publisher.publish('b', '2', { retain: true, qos: 1 });
    expect(live.payloads()).toEqual(['1', '2']);
    expect(publisher.take()).toMatchObject([
      { type: PacketType.PUBACK, reasonCode: 0, properties: { reasonString: expect.stringContaining('error -11') } },
    ]);
    expect(bench.events()).toMatchObject([
      { kind: 'message.dropped', fault: 'limit.retained', clientId: 'p', username: 'user', detail: 'b' },
    ]);
    // One that takes the place of another is no more than there was.
    publisher.publish('a', '3', { retain: true });
    expect(bench.subscriber('#', { clientId: 'late' }).take()).toEqual([]);
    expect(bench.counters().retainedMessages).toBe(1);
  });

  test('above the limit of bytes too', () => {
    const bench = new EngineBench({ limits: { retainedBytes: 1024 } });
    const publisher = bench.connect({ clientId: 'p' });
    publisher.publish('a', 'x'.repeat(600), { retain: true });
    publisher.publish('b', 'x'.repeat(600), { retain: true });
    publisher.publish('a', 'x'.repeat(900), { retain: true });
    expect(bench.counters().retainedMessages).toBe(1);
    expect(bench.counters().retainedBytes).toBeGreaterThan(900);
  });

  test('properties count as well, the objects of User Properties included', () => {
    const bench = new EngineBench({ limits: { retainedBytes: 100_000 } });
    const publisher = bench.connect({ clientId: 'p' });
    const userProperties = Array.from({ length: 700 }, () => ['', ''] as const);
    publisher.publish('a', 'x', { retain: true, properties: { userProperties } });
    expect(bench.counters().retainedBytes).toBeGreaterThan(700 * 64);
    publisher.publish('b', 'x', { retain: true, properties: { userProperties } });
    expect(bench.counters().retainedMessages).toBe(1);
    publisher.publish('c', 'x', { retain: true, properties: { responseTopic: 'r'.repeat(60_000) } });
    expect(bench.counters().retainedMessages).toBe(1);
  });

  test('and so they do in a queue', () => {
    const bench = new EngineBench({ limits: { queuedBytes: 100_000 } });
    bench.subscriber('t', { clientId: 's', cleanStart: false, sessionExpiryInterval: 1_000 }, { qos: 1 }).lose();
    const publisher = bench.connect({ clientId: 'p' });
    const userProperties = Array.from({ length: 700 }, () => ['', ''] as const);
    for (const packetIdentifier of [1, 2, 3])
      publisher.publish('t', 'x', { qos: 1, packetIdentifier, properties: { userProperties } });
    expect(bench.counters()).toMatchObject({ queuedMessages: 1, messagesDroppedQueue: 2 });
    expect(bench.counters().queuedBytes).toBeLessThan(100_000 + 700 * 128);
  });
});

describe('retained messages that had not gone out when their subscriber left', () => {
  test.each([
    ['queuedMessages', { queuedMessages: 5 }],
    ['queuedBytes', { queuedBytes: 100_000 }],
  ] as const)('fill the queue up to %s, and push out nothing that waits in it', (limit, limits) => {
    const bench = new EngineBench({ limits });
    const publisher = bench.connect({ clientId: 'p' });
    for (let index = 0; index < 20; index++)
      publisher.publish(`r/${index}`, 'x'.repeat(20_000), { retain: true, qos: 1, packetIdentifier: 1 });
    const options = { clientId: 's', cleanStart: false, sessionExpiryInterval: 1_000 } as const;
    const client = bench.subscriber('live', { ...options, properties: { receiveMaximum: 1 } }, { qos: 1 });
    for (const payload of ['L0', 'L1', 'L2']) publisher.publish('live', payload, { qos: 1, packetIdentifier: 2 });
    client.subscribe('r/#', { qos: 1 });
    client.take();
    client.lose();
    const kept = bench.counters().queuedMessages - 2;
    expect(kept).toBeGreaterThan(2);
    expect(bench.counters().messagesDroppedQueue).toBe(20 - kept);
    expect(bench.engine.limitsReached(DEPLOYMENT)?.[limit]).toBe(20 - kept);
    const topics = bench
      .connecting(options)
      .messages()
      .map(({ topic, payload }) => `${topic} ${payload.slice(0, 2)}`);
    expect(topics.slice(0, 3)).toEqual(['live L0', 'live L1', 'live L2']);
    expect(topics).toHaveLength(3 + kept);
  });
});

describe('many retained messages to one subscription', () => {
  const count = 10_000;

  function filled(): EngineBench {
    const bench = new EngineBench({ limits: { retainedMessages: count, outboundBufferBytes: 16_384 } });
    const publisher = bench.connect({ clientId: 'p', version: 4 });
    for (let index = 0; index < count; index++) {
      publisher.publish(`t/${index}`, `${index}`, { retain: true, qos: index % 2 === 0 ? 0 : 1, packetIdentifier: 1 });
    }
    return bench;
  }

  test('all come to a slow reader, none lost, never much more than the buffer at once', () => {
    const bench = filled();
    const client = bench.connect(persistent);
    client.slow = true;
    client.subscribe('t/#', { qos: 1 });
    const seen = new Set<string>();
    let most = 0;
    let rounds = 0;
    for (; seen.size < count && rounds < 5_000; rounds++) {
      most = Math.max(most, client.bufferedBytes);
      for (const { payload, qos, packetIdentifier } of client.messages()) {
        seen.add(payload);
        if (qos === 1) client.puback(packetIdentifier);
      }
      client.drain(0);
    }
    expect(seen.size).toBe(count);
    expect(most).toBeLessThan(20_000);
    expect(bench.counters()).toMatchObject({ messagesDroppedBuffer: 0, messagesDroppedQueue: 0, queuedMessages: 0 });
  });

  test('UNSUBSCRIBE ends what has not gone out yet [MQTT-3.10.4-2]', () => {
    const bench = filled();
    const client = bench.connect();
    client.slow = true;
    client.subscribe('t/#');
    expect(client.messages().length).toBeGreaterThan(100);
    client.slow = false;
    client.unsubscribe('t/#');
    client.drain(0);
    expect(client.names()).toEqual(['UNSUBACK 2 0x0']);
  });

  test('a message that was replaced while it waited does not come after the new one', () => {
    const bench = filled();
    const client = bench.connect();
    client.slow = true;
    client.subscribe('t/#');
    const publisher = bench.connect({ clientId: 'q', version: 4 });
    expect(client.messages().length).toBeGreaterThan(100);
    for (let index = 0; index < count; index++) publisher.publish(`t/${index}`, 'new', { retain: true });
    client.slow = false;
    client.drain(0);
    const later = client.messages();
    expect(later.length).toBeGreaterThan(count / 2);
    expect(later.filter(({ payload }) => payload !== 'new')).toEqual([]);
  });

  test.each(['stays', 'leaves'])(
    'a message that comes after the subscription comes once with QoS 1 or 2, though its turn is still to come; the client %s',
    (what) => {
      const bench = new EngineBench({ limits: { inFlightOut: 2 } });
      const publisher = bench.connect({ clientId: 'p' });
      for (let index = 0; index < 4; index++)
        publisher.publish(`t/${index}`, 'old', { retain: true, qos: 1, packetIdentifier: 1 });
      let client = bench.connect(persistent);
      client.subscribe('t/#', { qos: 2 });
      const seen: string[] = [];
      const read = (): void => {
        for (let messages = client.messages(); messages.length > 0; messages = client.messages()) {
          for (const { topic, payload, qos, retain, packetIdentifier } of messages) {
            seen.push(`${topic} ${payload} ${retain}`);
            if (qos === 1) client.puback(packetIdentifier);
            if (qos !== 2) continue;
            client.pubrec(packetIdentifier);
            client.pubcomp(packetIdentifier);
          }
        }
      };
      publisher.publish('t/0', '', { retain: true });
      // One whose turn was over, one that was there before, and one of a new topic.
      for (const [index, topic] of ['t/0', 't/3', 't/4'].entries())
        publisher.publish(topic, 'new', { retain: true, qos: 2, packetIdentifier: index + 1 });
      if (what === 'leaves') {
        client.lose();
        client = bench.connecting(persistent);
      }
      read();
      expect(seen.filter((line) => line.includes('new'))).toEqual(['t/0 new false', 't/3 new false', 't/4 new false']);
      expect(seen).toContain('t/2 old true');
    },
  );

  test('a subscription that is replaced in the middle, and asks for none again: the rest comes as the new one says', () => {
    const bench = new EngineBench({ limits: { inFlightOut: 2 } });
    const publisher = bench.connect({ clientId: 'p', version: 4 });
    for (let index = 0; index < 4; index++)
      publisher.publish(`t/${index}`, `${index}`, { retain: true, qos: 1, packetIdentifier: 1 });
    for (const retainHandling of [1, 2] as const) {
      const client = bench.connect({ clientId: `c${retainHandling}` });
      client.subscribe('t/#', { qos: 1, subscriptionIdentifier: 7 });
      const first = client.messages();
      client.subscribe('t/#', { qos: 1, subscriptionIdentifier: 9, retainHandling, packetIdentifier: 2 });
      for (const { packetIdentifier } of first) client.puback(packetIdentifier);
      const rest = client.messages();
      const identifiers = [...first, ...rest].map(({ properties }) => properties?.subscriptionIdentifiers);
      expect(identifiers, `Retain Handling ${retainHandling}`).toEqual([[7], [7], [9], [9]]);
    }
  });

  test('a client that leaves in the middle finds the rest in its queue', () => {
    const bench = new EngineBench({ limits: { inFlightOut: 2 } });
    const publisher = bench.connect({ clientId: 'p', version: 4 });
    for (let index = 0; index < 6; index++)
      publisher.publish(`t/${index}`, `${index}`, { retain: true, qos: 1, packetIdentifier: 1 });
    const client = bench.subscriber('t/#', persistent, { qos: 1 });
    client.lose();
    expect(bench.counters().queuedMessages).toBe(4);
    const back = bench.connecting(persistent);
    const seen: string[] = [];
    for (let messages = back.messages(); messages.length > 0; messages = back.messages()) {
      for (const { payload, packetIdentifier, retain } of messages) {
        expect(retain).toBe(true);
        seen.push(payload);
        back.puback(packetIdentifier);
      }
    }
    expect(seen.toSorted()).toEqual(['0', '1', '2', '3', '4', '5']);
  });
});
