import { describe, expect, test } from 'bun:test';
import { DEPLOYMENT, EngineBench } from '../../testkit/engine-bench.ts';
import type { EngineClient } from '../../testkit/engine-client.ts';
import type { ConnackPacket } from '../codec/mod.ts';

const persistent = { clientId: 'a', cleanStart: false, sessionExpiryInterval: 1000 } as const;

/** A bench whose journal becomes durable only with `flush`. */
function slow(): EngineBench {
  return new EngineBench({ durable: true, autoFlush: false });
}

describe('what waits for the journal', () => {
  test('CONNACK that makes a session or resumes one; packets behind it wait too', () => {
    const bench = slow();
    for (const round of ['made', 'resumed']) {
      const client = bench.connecting(persistent);
      client.ping();
      expect(client.names(), round).toEqual([]);
      bench.flush();
      expect(client.names(), round).toEqual(['CONNACK', 'PINGRESP']);
      client.lose();
      bench.flush();
    }
  });

  test('CONNACK that discards a session', () => {
    const bench = slow();
    bench.connect(persistent).lose();
    bench.flush();
    const client = bench.connecting({ clientId: 'a', cleanStart: true });
    expect(client.names()).toEqual([]);
    bench.flush();
    expect(client.names()).toEqual(['CONNACK']);
  });

  test('SUBACK and UNSUBACK of a persistent session', () => {
    const bench = slow();
    const client = bench.connect(persistent);
    client.subscribe('t');
    expect(client.names()).toEqual([]);
    bench.flush();
    expect(client.names()).toEqual(['SUBACK 1 0x0']);
    client.unsubscribe('t');
    expect(client.names()).toEqual([]);
    bench.flush();
    expect(client.names()).toEqual(['UNSUBACK 2 0x0']);
  });

  test('PUBACK and PUBREC of a message that is kept for somebody', () => {
    const bench = slow();
    bench.subscriber('t', persistent, { qos: 2 }).lose();
    bench.flush();
    const client = bench.connect({ clientId: 'b' });
    client.publish('t', 'x', { qos: 1 });
    client.publish('t', 'x', { qos: 2, packetIdentifier: 2 });
    expect(client.names()).toEqual([]);
    bench.flush();
    expect(client.names()).toEqual(['PUBACK 1', 'PUBREC 2']);
  });

  test('PUBACK of a message that is retained', () => {
    const bench = slow();
    const client = bench.connect({ clientId: 'b' });
    client.publish('t', 'x', { qos: 1, retain: true });
    expect(client.names()).toEqual([]);
    bench.flush();
    expect(client.names()).toEqual(['PUBACK 1 0x10']);
  });

  test('PUBREC and PUBCOMP of a persistent session, for the receipt has to last', () => {
    const bench = slow();
    const client = bench.connect(persistent);
    client.publish('nowhere', 'x', { qos: 2, packetIdentifier: 9 });
    expect(client.names()).toEqual([]);
    bench.flush();
    expect(client.names()).toEqual(['PUBREC 9']);
    client.pubrel(9);
    expect(client.names()).toEqual([]);
    bench.flush();
    expect(client.names()).toEqual(['PUBCOMP 9']);
  });

  test('PUBREL to a persistent session, and QoS 2 PUBLISH; QoS 0 and 1 do not', () => {
    const bench = slow();
    const client = bench.subscriber('t', persistent, { qos: 2 });
    const publisher = bench.connect({ clientId: 'b' });
    publisher.publish('t', 'two', { qos: 2, packetIdentifier: 1 });
    publisher.publish('t', 'one', { qos: 1, packetIdentifier: 2 });
    publisher.publish('t', 'zero');
    expect(client.names()).toEqual(['PUBLISH 2 one', 'PUBLISH zero']);
    bench.flush();
    expect(client.names()).toEqual(['PUBLISH 1 two']);
    client.pubrec(1);
    expect(client.names()).toEqual([]);
    bench.flush();
    expect(client.names()).toEqual(['PUBREL 1']);
  });

  test('only its own batch is waited for', () => {
    const bench = slow();
    const client = bench.connect(persistent);
    client.subscribe('one');
    bench.journal.endTurn();
    client.subscribe('two', { packetIdentifier: 2 });
    bench.journal.endTurn();
    const batch = bench.journal.settleOne();
    bench.input((engine, now) => engine.journaled(batch ?? 0, now));
    expect(client.names()).toEqual(['SUBACK 1 0x0']);
    bench.flush();
    expect(client.names()).toEqual(['SUBACK 2 0x0']);
  });
});

describe('an acknowledgement that something is gone waits until it is gone for good', () => {
  test('a retained message that was cleared a moment ago, and is cleared again', () => {
    const bench = slow();
    const [first, second] = [bench.connect({ clientId: 'a' }), bench.connect({ clientId: 'b' })];
    first.publish('t', 'x', { qos: 1, retain: true });
    bench.flush();
    first.publish('t', '', { retain: true });
    second.publish('t', '', { qos: 1, retain: true });
    expect(second.names()).toEqual([]);
    bench.flush();
    expect(second.names()).toEqual(['PUBACK 1 0x10']);
    second.publish('t', '', { qos: 1, retain: true });
    expect(second.names()).toEqual(['PUBACK 1 0x10']);
  });

  test('a session that has just expired, whose client comes for one that does not last', () => {
    const bench = slow();
    bench.connect({ ...persistent, sessionExpiryInterval: 10 }).lose();
    bench.flush();
    bench.advance(10_000);
    const client = bench.connecting({ clientId: 'a' });
    const other = bench.connecting({ clientId: 'b' });
    expect([client.names(), other.names()]).toEqual([[], ['CONNACK']]);
    bench.flush();
    expect(client.names()).toEqual(['CONNACK']);
    client.lose();
    expect(bench.connecting({ clientId: 'a' }).names()).toEqual(['CONNACK']);
  });
});

describe('a message for a session that has just ended is acknowledged when that is durable, for a crash could bring it back', () => {
  const ends: [string, (bench: EngineBench, keeper: EngineClient) => void][] = [
    [
      'expired',
      (bench, keeper) => {
        keeper.lose();
        bench.flush();
        bench.advance(1_000_000);
      },
    ],
    ['ended by its client', (_bench, keeper) => keeper.disconnect(0, { sessionExpiryInterval: 0 })],
    ['discarded by a clean start', (bench) => void bench.connecting({ clientId: 'a', cleanStart: true })],
    ['resumed to end with its connection', (bench) => void bench.connecting({ clientId: 'a', cleanStart: false })],
  ];

  test.each(ends)('%s', (_how, end) => {
    const bench = slow();
    const publisher = bench.connect({ clientId: 'b' });
    const keeper = bench.subscriber('t/+', persistent, { qos: 1 });
    keeper.subscribe('$share/g/s', { qos: 2, packetIdentifier: 3 });
    keeper.subscribe('zero', { qos: 0, packetIdentifier: 4 });
    bench.flush();
    end(bench, keeper);
    publisher.publish('zero', 'x', { qos: 1, packetIdentifier: 1 });
    publisher.publish('other', 'x', { qos: 2, packetIdentifier: 2 });
    publisher.pubrel(2);
    expect(publisher.take().map(({ type }) => type)).toEqual([4, 5, 7]);
    publisher.publish('t/x', 'x', { qos: 1, packetIdentifier: 3 });
    publisher.publish('s', 'x', { qos: 2, packetIdentifier: 4 });
    expect(publisher.names()).toEqual([]);
    bench.flush();
    expect(publisher.take().map(({ type }) => type)).toEqual([4, 5]);
    publisher.publish('t/x', 'x', { qos: 1, packetIdentifier: 5 });
    expect(publisher.take().map(({ type }) => type)).toEqual([4]);
  });

  test('killed before: the session is there again, and nothing was acknowledged that it lacks', () => {
    const bench = slow();
    const keeper = bench.subscriber('t', { ...persistent, sessionExpiryInterval: 10 }, { qos: 1 });
    bench.flush();
    const publisher = bench.connect({ clientId: 'b' });
    keeper.lose();
    bench.advance(10_000);
    publisher.publish('t', 'x', { qos: 1 });
    bench.crash();
    expect(bench.counters().sessions).toBe(1);
    expect(publisher.names()).toEqual([]);
  });
});

describe('what does not wait', () => {
  test('a session that ends with its connection: CONNACK, SUBACK, PUBACK, PUBREC, PUBCOMP and deliveries', () => {
    const bench = slow();
    const client = bench.connecting({ clientId: 'a' });
    client.subscribe('t', { qos: 2 });
    client.publish('t', 'one', { qos: 1, packetIdentifier: 1 });
    client.publish('t', 'two', { qos: 2, packetIdentifier: 2 });
    client.pubrel(2);
    client.pubrec(2);
    client.unsubscribe('t');
    expect(client.names()).toEqual([
      'CONNACK',
      'SUBACK 1 0x2',
      'PUBACK 1',
      'PUBLISH 1 one',
      'PUBREC 2',
      'PUBLISH 2 two',
      'PUBCOMP 2',
      'PUBREL 2',
      'UNSUBACK 2 0x0',
    ]);
    expect(bench.journal.pending).toBe(false);
  });

  test('an acknowledgement for nothing: there is no batch that could bring it', () => {
    const bench = slow();
    const client = bench.connect(persistent);
    client.pubrec(77);
    client.pubrel(78);
    client.unsubscribe('nothing');
    expect(client.names()).toEqual(['PUBREL 77 0x92', 'PUBCOMP 78 0x92', 'UNSUBACK 2 0x11']);
    expect(bench.journal.pending).toBe(false);
  });

  test('PINGRESP, though an acknowledgement waits', () => {
    const bench = slow();
    const client = bench.connect(persistent);
    client.subscribe('t');
    client.ping();
    expect(client.names()).toEqual(['PINGRESP']);
  });

  test('where the journal keeps nothing, nothing is written and nothing waits', () => {
    const bench = new EngineBench({ durable: false, autoFlush: false });
    const client = bench.connecting(persistent);
    client.subscribe('t', { qos: 2 });
    client.publish('t', 'x', { qos: 2, packetIdentifier: 3, retain: true });
    expect(client.names()).toEqual(['CONNACK', 'SUBACK 1 0x2', 'PUBREC 3', 'PUBLISH 1 x']);
  });
});

describe('order on one connection', () => {
  test('an acknowledgement that need not wait stays behind one that must [MQTT-4.6.0-2]', () => {
    const bench = slow();
    bench.subscriber('kept', persistent, { qos: 1 }).lose();
    bench.flush();
    const client = bench.connect({ clientId: 'b' });
    client.publish('kept', 'x', { qos: 1, packetIdentifier: 1 });
    client.publish('nowhere', 'x', { qos: 1, packetIdentifier: 2 });
    client.subscribe('z', { packetIdentifier: 3 });
    expect(client.names()).toEqual([]);
    bench.flush();
    expect(client.names()).toEqual(['PUBACK 1', 'PUBACK 2 0x10', 'SUBACK 3 0x0']);
  });

  test('a client that leaves while its acknowledgement waits gets nothing, and nothing is kept for it', () => {
    const bench = slow();
    bench.subscriber('kept', persistent, { qos: 1 }).lose();
    bench.flush();
    const client = bench.connect({ clientId: 'b' });
    client.publish('kept', 'x', { qos: 1 });
    client.disconnect();
    bench.flush();
    expect(client.names()).toEqual([]);
  });

  test('taken over while CONNACK waits: the newcomer gets it, the first is closed without a word', () => {
    const bench = slow();
    const first = bench.connecting(persistent);
    const second = bench.connecting(persistent);
    expect([first.ended, second.ended]).toEqual(['end', null]);
    bench.flush();
    expect([first.names(), second.names()]).toEqual([[], ['CONNACK']]);
    expect(bench.counters()).toMatchObject({ connections: 1, sessions: 1 });
  });

  test('under a steady stream of QoS 2 a resumed client is read as soon as it has its CONNACK', () => {
    const bench = slow();
    bench.subscriber('t', persistent, { qos: 2 }).lose();
    bench.flush();
    const publisher = bench.connect({ clientId: 'b', version: 4 });
    const client = bench.connecting(persistent);
    client.ping();
    bench.journal.endTurn();
    publisher.publish('t', 'x', { qos: 2 });
    bench.journal.endTurn();
    const batch = bench.journal.settleOne();
    bench.input((engine, now) => engine.journaled(batch ?? 0, now));
    expect(client.names()).toEqual(['CONNACK', 'PINGRESP']);
  });
});

describe('after a restart', () => {
  test('sessions, subscriptions with all options, queued and in-flight messages, receipts come back as they were', () => {
    const bench = new EngineBench({ durable: true });
    const client = bench.connect({ ...persistent, username: 'anna' });
    client.subscribe('#', {
      qos: 2,
      noLocal: true,
      retainAsPublished: true,
      retainHandling: 1,
      subscriptionIdentifier: 268_435_455,
    });
    client.subscribe('$share/g/s', { qos: 1 });
    const publisher = bench.connect({ clientId: 'b', version: 5 });
    const properties = {
      payloadFormatIndicator: 1,
      messageExpiryInterval: 500,
      contentType: 'text',
      responseTopic: 'answer',
      correlationData: Uint8Array.of(0, 255),
      userProperties: [
        ['k', 'v'],
        ['k', 'v'],
      ],
    } as const;
    publisher.publish('t', 'q1', { qos: 1, packetIdentifier: 1, properties });
    publisher.publish('t', 'q2', { qos: 2, packetIdentifier: 2 });
    publisher.publish('t', 'released', { qos: 2, packetIdentifier: 3 });
    client.pubrec(3);
    client.publish('mine', 'x', { qos: 2, packetIdentifier: 42 });
    client.take();
    client.lose();
    publisher.publish('t', 'queued', { qos: 1, packetIdentifier: 4, retain: true });
    const before = bench.counters();
    const { sessions, subscriptions, queuedMessages, queuedBytes, retainedMessages, retainedBytes } = before;
    bench.crash(0, 100_000);
    expect(bench.counters()).toMatchObject({
      // The publisher's session ended with its connection, at the crash.
      sessions: sessions - 1,
      subscriptions,
      queuedMessages,
      queuedBytes,
      retainedMessages,
      retainedBytes,
      connections: 0,
    });
    const back = bench.connecting({ ...persistent, username: 'anna' });
    const [connack, ...rest] = back.take();
    expect((connack as ConnackPacket).sessionPresent).toBe(true);
    expect(rest).toMatchObject([
      { type: 6, packetIdentifier: 3 },
      {
        type: 3,
        packetIdentifier: 1,
        dup: true,
        qos: 1,
        properties: { ...properties, messageExpiryInterval: 400, subscriptionIdentifiers: [268_435_455] },
      },
      { type: 3, packetIdentifier: 2, dup: true, qos: 2, properties: { subscriptionIdentifiers: [268_435_455] } },
      { type: 3, packetIdentifier: 4, dup: false, qos: 1, retain: true },
    ]);
    // The receipt: a duplicate is answered and not delivered again.
    const watcher = bench.subscriber('mine', { clientId: 'watcher' });
    back.publish('mine', 'x', { qos: 2, packetIdentifier: 42, dup: true });
    back.pubrel(42);
    expect(back.names()).toEqual(['PUBREC 42', 'PUBCOMP 42']);
    expect(watcher.payloads()).toEqual([]);
    // No Local and Retain As Published hold.
    back.publish('t', 'own');
    expect(back.messages()).toEqual([]);
    bench.connect({ clientId: 'c' }).publish('t', 'r', { retain: true });
    expect(back.messages()).toMatchObject([{ payload: 'r', retain: true }]);
  });

  test('the next identifier follows those in flight', () => {
    const bench = new EngineBench({ durable: true });
    const client = bench.subscriber('t', persistent, { qos: 1 });
    const publisher = bench.connect({ clientId: 'b' });
    for (let id = 1; id <= 3; id++) publisher.publish('t', `${id}`, { qos: 1, packetIdentifier: id });
    client.puback(1);
    bench.crash();
    const back = bench.connecting(persistent);
    bench.connect({ clientId: 'b' }).publish('t', '4', { qos: 1 });
    expect(back.messages().map(({ packetIdentifier }) => packetIdentifier)).toEqual([2, 3, 4]);
  });

  test('retained messages come back and expire in their time', () => {
    const bench = new EngineBench({ durable: true });
    const publisher = bench.connect({ clientId: 'b' });
    publisher.publish('short', 'x', { retain: true, properties: { messageExpiryInterval: 10 } });
    publisher.publish('long', 'x', { retain: true, qos: 1, properties: { messageExpiryInterval: 100 } });
    publisher.publish('for/ever', 'x', { retain: true });
    publisher.publish('cleared', 'x', { retain: true });
    publisher.publish('cleared', '', { retain: true });
    bench.crash(0, 10_000);
    expect(bench.counters().retainedMessages).toBe(2);
    const client = bench.connect();
    client.subscribe('#', { qos: 1 });
    expect(
      client.messages().map(({ topic, qos, properties }) => [topic, qos, properties?.messageExpiryInterval]),
    ).toEqual([
      ['long', 1, 90],
      ['for/ever', 0, undefined],
    ]);
    bench.advance(90_000);
    bench.crash();
    expect(bench.counters().retainedMessages).toBe(1);
  });

  test('time while the service was down counts for session expiry', () => {
    const bench = new EngineBench({ durable: true });
    bench.connect({ ...persistent, sessionExpiryInterval: 100 }).lose();
    bench.crash(0, 99_999);
    expect(bench.counters().sessions).toBe(1);
    bench.advance(1);
    expect(bench.counters().sessions).toBe(0);
    expect(bench.journal.records(DEPLOYMENT)).toEqual([]);
  });

  test('a client that was connected is away from the restart on, and that is not counted anew by another restart', () => {
    const bench = new EngineBench({ durable: true });
    bench.connect({ ...persistent, sessionExpiryInterval: 100 });
    bench.crash(0, 1_000_000);
    bench.advance(60_000);
    bench.crash(0, 30_000);
    expect(bench.counters().sessions).toBe(1);
    bench.advance(10_000);
    expect(bench.counters().sessions).toBe(0);
  });

  test('where it is known until when the service ran, the time that it was away counts for clients that were connected', () => {
    const bench = new EngineBench({ durable: true });
    bench.connect({ ...persistent, clientId: 'short', sessionExpiryInterval: 100 });
    bench.connect({ ...persistent, clientId: 'long', sessionExpiryInterval: 200 });
    bench.crash(0, 150_000, bench.now + 10_000);
    // Until 10 seconds later it may have run: 140 of the 150 seconds count.
    bench.advance(0);
    expect(bench.counters().sessions).toBe(1);
    bench.advance(59_999);
    expect(bench.counters().sessions).toBe(1);
    bench.advance(1);
    expect(bench.counters().sessions).toBe(0);
  });

  test('a clock that is behind at the start, and is set later, ends no session before its time', () => {
    for (const isKilledAgain of [false, true]) {
      const bench = new EngineBench({ durable: true });
      bench.connect({ ...persistent, clientId: 'connected', sessionExpiryInterval: 100 });
      bench.connect({ ...persistent, clientId: 'away', sessionExpiryInterval: 200 }).lose();
      bench.crash(0, -1_000_000, bench.now);
      if (isKilledAgain) bench.crash(0, 0, bench.now);
      bench.advance(1_000_000);
      bench.advance(99_999);
      expect(bench.counters().sessions).toBe(2);
      bench.advance(1);
      expect(bench.counters().sessions).toBe(1);
      bench.advance(100_000);
      expect(bench.counters().sessions).toBe(0);
    }
  });

  test('a clock that is behind at the start puts off no will', () => {
    for (const [willDelayInterval, dueMs] of [
      [0, 30_000],
      [60, 60_000],
    ] as const) {
      const bench = new EngineBench({ durable: true });
      const will = { topic: 'w', payload: 'gone', properties: { willDelayInterval } };
      bench.connect({ ...persistent, clientId: 'connected', will });
      if (willDelayInterval > 0) bench.connect({ ...persistent, clientId: 'away', will }).lose();
      bench.crash(30_000, -1_000_000, bench.now);
      const watcher = bench.subscriber('w', { clientId: 'watcher' });
      bench.advance(dueMs - 1);
      expect(watcher.payloads()).toEqual([]);
      bench.advance(1);
      expect(watcher.payloads()).toEqual(willDelayInterval > 0 ? ['gone', 'gone'] : ['gone']);
    }
  });

  test('the will of a client that was connected is published after the grace time, if it does not return', () => {
    for (const returns of [true, false]) {
      const bench = new EngineBench({ durable: true });
      const properties = { messageExpiryInterval: 50, contentType: 'text', userProperties: [['a', 'b']] } as const;
      const will = { topic: 'w', payload: 'gone', qos: 1, retain: true, properties } as const;
      bench.connect({ ...persistent, will });
      bench.crash(30_000, 5_000);
      const watcher = bench.subscriber('w', { clientId: 'watcher' }, { qos: 2 });
      bench.advance(29_999);
      if (returns) bench.connect(persistent);
      bench.advance(1);
      const seen = watcher.messages();
      if (returns) expect(seen).toEqual([]);
      else expect(seen).toMatchObject([{ payload: 'gone', qos: 1, properties }]);
    }
  });

  test('the will that was waiting keeps its time, but for the grace', () => {
    const bench = new EngineBench({ durable: true });
    const will = { topic: 'w', properties: { willDelayInterval: 100 } };
    bench.connect({ ...persistent, will }).lose();
    bench.crash(30_000, 10_000);
    const watcher = bench.subscriber('w', { clientId: 'watcher' });
    bench.advance(89_999);
    expect(watcher.payloads()).toEqual([]);
    bench.advance(1);
    expect(watcher.payloads()).toEqual(['gone']);
    bench.crash();
    bench.advance(10_000_000);
    expect(bench.events('will.published').length).toBe(1);
  });

  test('rules that have changed meanwhile hold', () => {
    const bench = new EngineBench({ durable: true });
    bench.subscriber('t', persistent, { qos: 1 }).lose();
    bench.policy.rules = () => ({
      publish: () => ({ allowed: true, rule: null }),
      subscribe: () => ({ allowed: false, rule: 'r' }),
      deliveryFilter: () => null,
    });
    bench.crash();
    expect(bench.counters()).toMatchObject({ sessions: 1, subscriptions: 0 });
    expect(bench.faults()).toContain('subscription.removed access.subscription-revoked');
  });
});
