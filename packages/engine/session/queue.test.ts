import { describe, expect, test } from 'bun:test';
import { EngineBench } from '../../../testkit/engine-bench.ts';

const persistent = { clientId: 'a', cleanStart: false, sessionExpiryInterval: 100_000 } as const;

describe('a full queue', () => {
  test('loses its oldest messages, counted, with an event at once and the rest together', () => {
    const bench = new EngineBench({ limits: { queuedMessages: 3 } });
    bench.subscriber('t', persistent, { qos: 1 }).lose();
    const publisher = bench.connect({ clientId: 'b' });
    bench.events();
    for (let id = 1; id <= 8; id++) publisher.publish('t', `${id}`, { qos: 1, packetIdentifier: id });
    expect(bench.counters()).toMatchObject({ queuedMessages: 3, messagesDroppedQueue: 5 });
    expect(bench.events()).toMatchObject([
      { kind: 'message.dropped', fault: 'limit.queue', clientId: 'a', username: 'user', detail: 't', count: 1 },
    ]);
    bench.advance(10_000);
    expect(bench.events()).toMatchObject([{ kind: 'message.dropped', fault: 'limit.queue', clientId: 'a', count: 4 }]);
    bench.advance(100_000 - 10_000 - 1);
    expect(bench.events()).toEqual([]);
    const back = bench.connecting(persistent);
    expect(back.names()).toEqual(['CONNACK', 'PUBLISH 1 6', 'PUBLISH 2 7', 'PUBLISH 3 8']);
    expect(bench.counters()).toMatchObject({ queuedMessages: 0, queuedBytes: 0 });
  });

  test('drops that are unsaid are said when the session ends', () => {
    const bench = new EngineBench({ limits: { queuedMessages: 1 } });
    bench.subscriber('t', { ...persistent, sessionExpiryInterval: 5 }, { qos: 1 }).lose();
    const publisher = bench.connect({ clientId: 'b' });
    for (let id = 1; id <= 4; id++) publisher.publish('t', 'x', { qos: 1, packetIdentifier: id });
    bench.advance(5_000);
    expect(bench.events('message.dropped').map(({ count }) => count)).toEqual([1, 2]);
    publisher.disconnect();
    expect(bench.engine.nextTickAt).toBe(Infinity);
  });

  test('bytes count too; one message is kept however large it is', () => {
    const bench = new EngineBench({ limits: { queuedBytes: 1024 } });
    bench.subscriber('t', persistent, { qos: 1 }).lose();
    const publisher = bench.connect({ clientId: 'b' });
    publisher.publish('t', 'x'.repeat(5000), { qos: 1 });
    expect(bench.counters().queuedMessages).toBe(1);
    publisher.publish('t', 'y'.repeat(500), { qos: 1, packetIdentifier: 2 });
    expect(bench.counters()).toMatchObject({ queuedMessages: 1, messagesDroppedQueue: 1 });
    publisher.publish('t', 'z'.repeat(500), { qos: 1, packetIdentifier: 3 });
    expect(
      bench
        .connecting(persistent)
        .messages()
        .map(({ payload }) => payload[0]),
    ).toEqual(['z']);
  });

  test('what has expired is counted as expired, not as a full queue', () => {
    const bench = new EngineBench({ limits: { queuedMessages: 1 } });
    bench.subscriber('t', persistent, { qos: 1 }).lose();
    const publisher = bench.connect({ clientId: 'b' });
    publisher.publish('t', 'old', { qos: 1, properties: { messageExpiryInterval: 1 } });
    bench.advance(1_000);
    bench.events();
    publisher.publish('t', 'new', { qos: 1, packetIdentifier: 2 });
    expect(bench.faults()).toEqual(['message.dropped limit.expired']);
    expect(bench.counters()).toMatchObject({ messagesDroppedExpired: 1, messagesDroppedQueue: 0 });
  });
});

describe('message expiry', () => {
  test('an expired message is not delivered, and that is said [MQTT-3.3.2-5]', () => {
    const bench = new EngineBench();
    bench.subscriber('t', persistent, { qos: 1 }).lose();
    const publisher = bench.connect({ clientId: 'b' });
    publisher.publish('t', 'short', { qos: 1, properties: { messageExpiryInterval: 10 } });
    publisher.publish('t', 'long', { qos: 1, packetIdentifier: 2, properties: { messageExpiryInterval: 20 } });
    bench.advance(10_000);
    bench.events();
    const back = bench.connecting(persistent);
    expect(back.messages()).toMatchObject([{ payload: 'long', properties: { messageExpiryInterval: 10 } }]);
    expect(bench.faults()).toEqual(['message.dropped limit.expired']);
    expect(bench.counters()).toMatchObject({ messagesDroppedExpired: 1, queuedMessages: 0, queuedBytes: 0 });
  });

  test('the interval is what is left of it [MQTT-3.3.2-6], and a message in flight is sent again all the same', () => {
    const bench = new EngineBench();
    const client = bench.subscriber('t', persistent, { qos: 1 });
    bench.connect({ clientId: 'b' }).publish('t', 'x', { qos: 1, properties: { messageExpiryInterval: 100 } });
    expect(client.messages()[0]?.properties?.messageExpiryInterval).toBe(100);
    client.lose();
    bench.advance(40_000);
    const back = bench.connecting(persistent);
    expect(back.messages()[0]).toMatchObject({ dup: true, properties: { messageExpiryInterval: 60 } });
    back.lose();
    bench.advance(70_000);
    const late = bench.connecting(persistent);
    expect(late.messages()[0]).toMatchObject({ dup: true, properties: { messageExpiryInterval: 0 } });
    late.lose();
    bench.advance(80_000);
    expect(bench.connecting({ ...persistent, version: 4 }).messages()).toMatchObject([{ payload: 'x', dup: true }]);
  });
});

describe('a client that does not read', () => {
  const limits = { outboundBufferBytes: 16_384, queuedMessages: 100 };
  const large = 'x'.repeat(10_000);

  test('QoS 0 is dropped and counted, QoS 1 and 2 wait and then come in order', () => {
    const bench = new EngineBench({ limits });
    const client = bench.subscriber('t', persistent, { qos: 2 });
    client.slow = true;
    const publisher = bench.connect({ clientId: 'b', version: 4 });
    publisher.publish('t', large);
    publisher.publish('t', large);
    expect(client.messages().length).toBe(2);
    bench.events();
    publisher.publish('t', 'lost');
    publisher.publish('t', 'one', { qos: 1, packetIdentifier: 1 });
    publisher.publish('t', 'two', { qos: 2, packetIdentifier: 2 });
    publisher.publish('t', 'lost too');
    expect(client.messages()).toEqual([]);
    expect(bench.counters()).toMatchObject({ messagesDroppedBuffer: 2, queuedMessages: 2 });
    expect(bench.events()).toMatchObject([{ kind: 'message.dropped', fault: 'limit.outbound-buffer', clientId: 'a' }]);
    // Not before half of it is free.
    client.drain(9_000);
    expect(client.messages()).toEqual([]);
    client.drain(8_000);
    expect(client.payloads()).toEqual(['one', 'two']);
    publisher.publish('t', 'again');
    expect(client.payloads()).toEqual(['again']);
  });

  test('what waits for the journal counts as well', () => {
    const bench = new EngineBench({ durable: true, autoFlush: false, limits });
    const client = bench.subscriber('t', persistent, { qos: 2 });
    bench.flush();
    client.take();
    const publisher = bench.connect({ clientId: 'b', version: 4 });
    for (let id = 1; id <= 4; id++) publisher.publish('t', large, { qos: 2, packetIdentifier: id });
    expect(bench.counters().queuedMessages).toBe(2);
    bench.flush();
    expect(client.messages().length).toBe(4);
  });

  test('a resumed client that does not read gets what is in flight as it reads', () => {
    const bench = new EngineBench({ limits });
    const client = bench.subscriber('t', persistent, { qos: 1 });
    const publisher = bench.connect({ clientId: 'b', version: 4 });
    for (let id = 1; id <= 6; id++) publisher.publish('t', large, { qos: 1, packetIdentifier: id });
    client.lose();
    const back = bench.open();
    back.slow = true;
    back.connect(persistent);
    expect(back.messages().length).toBe(2);
    publisher.publish('t', 'behind', { qos: 1, packetIdentifier: 7 });
    for (let round = 0; round < 2; round++) {
      back.drain(0);
      expect(back.messages().map(({ dup }) => dup)).toEqual([true, true]);
    }
    back.drain(0);
    expect(back.payloads()).toEqual(['behind']);
  });
});

describe('Maximum Packet Size of the client', () => {
  test('a message that is too large is dropped for this client only, counted and said [MQTT-3.1.2-24]', () => {
    const bench = new EngineBench();
    const small = bench.connect({ ...persistent, properties: { maximumPacketSize: 60 } });
    small.subscribe('t', { qos: 2 });
    small.take();
    const other = bench.subscriber('t', { clientId: 'other' }, { qos: 2 });
    const publisher = bench.connect({ clientId: 'b', version: 4 });
    bench.events();
    for (const qos of [0, 1, 2] as const) publisher.publish('t', 'x'.repeat(100), { qos, packetIdentifier: 7 });
    publisher.publish('t', 'fits', { qos: 1, packetIdentifier: 8 });
    expect(other.messages().length).toBe(4);
    expect(small.payloads()).toEqual(['fits']);
    expect(bench.counters().messagesDroppedTooLarge).toBe(3);
    bench.advance(10_000);
    const events = bench.events('message.dropped');
    expect(events.map(({ fault, clientId, count }) => [fault, clientId, count])).toEqual([
      ['limit.client-packet-size', 'a', 1],
      ['limit.client-packet-size', 'a', 2],
    ]);
  });

  test('a packet that was not sent teaches no topic alias', () => {
    const bench = new EngineBench();
    const client = bench.connect({ properties: { maximumPacketSize: 40, topicAliasMaximum: 5 } });
    client.subscribe('#');
    client.take();
    const publisher = bench.connect({ clientId: 'b' });
    publisher.publish('topic', 'x'.repeat(100));
    publisher.publish('topic', 'fits');
    expect(client.messages()).toMatchObject([{ topic: 'topic', payload: 'fits', properties: { topicAlias: 1 } }]);
    publisher.publish('topic', 'again');
    expect(client.messages()).toMatchObject([{ topic: '', payload: 'again', properties: { topicAlias: 1 } }]);
  });
});
