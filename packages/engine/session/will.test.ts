import { describe, expect, test } from 'bun:test';
import { EngineBench } from '../../../testkit/engine-bench.ts';
import { publishOf } from '../../../testkit/engine-client.ts';

/** Somebody who sees all wills, at any QoS. */
function watch(bench: EngineBench): ReturnType<EngineBench['subscriber']> {
  return bench.subscriber('#', { clientId: 'watcher' }, { qos: 2, retainAsPublished: true });
}

const will = { topic: 'w', payload: 'gone' };
const versions = [3, 4, 5] as const;

describe('when a will is published', () => {
  test.each(versions)('version %p: when the connection is lost [MQTT-3.1.2-8]', (version) => {
    const bench = new EngineBench();
    const watcher = watch(bench);
    bench.connect({ clientId: 'a', version, will }).lose();
    expect(watcher.payloads()).toEqual(['gone']);
    expect(bench.events('will.published')).toMatchObject([{ clientId: 'a', detail: 'w' }]);
  });

  test.each(versions)('version %p: not when the client says goodbye [MQTT-3.1.2-10]', (version) => {
    const bench = new EngineBench();
    const watcher = watch(bench);
    bench.connect({ clientId: 'a', version, will }).disconnect();
    bench.advance(1_000_000);
    expect(watcher.payloads()).toEqual([]);
  });

  test('when the client says goodbye with reason code 4', () => {
    const bench = new EngineBench();
    const watcher = watch(bench);
    const client = bench.connect({ clientId: 'a', will });
    bench.events();
    client.disconnect(4);
    expect(watcher.payloads()).toEqual(['gone']);
    expect(bench.faults()).toEqual(['connection.closed closed.with-will']);
  });

  test('not when DISCONNECT had come before the end, whatever its messages still waited for [MQTT-3.14.4-3]', () => {
    const limits = [{ publishesPerSecondPerClient: 1 }, { messagesPerSecond: 1 }, {}];
    for (const limit of limits) {
      const bench = new EngineBench({ limits: limit });
      const reader = bench.subscriber('#', { clientId: 'reader' });
      const client = bench.connect({ clientId: 'a', version: 4, will: { topic: 'will' } });
      const count = limit === limits[2] ? 20_000 : 20;
      const messages = Array.from({ length: count }, () => publishOf('t', 'x'));
      bench.input((engine, now) => {
        client.send(...messages, { type: 14, reasonCode: 0, properties: null });
        engine.closed(client.id, { kind: 'peer' }, now);
      });
      const topics = reader.messages().map(({ topic }) => topic);
      expect(new Set(topics)).toEqual(new Set(['t']));
      // All that waited for a rate; of those that waited for the next turn as many as one more share.
      if (count === 20) expect(topics).toHaveLength(20);
      else expect(topics.length).toBeGreaterThan(8_192);
      expect(bench.events('connection.closed')).toHaveLength(1);
      expect(bench.engine.hasWork).toBe(false);
    }
  });

  test('when keep-alive runs out, on a protocol error, and when it is kicked', () => {
    const bench = new EngineBench();
    const watcher = watch(bench);
    bench.connect({ clientId: 'a', will, keepAlive: 10 });
    bench.advance(15_000);
    bench.connect({ clientId: 'a', will }).bytes(Uint8Array.of(0xf0, 0));
    bench.connect({ clientId: 'a', will });
    bench.input((engine, now) => engine.closeClient('d1' as never, 'a', 'connection.kicked', now));
    expect(watcher.payloads()).toEqual(['gone', 'gone', 'gone']);
  });

  test('once only, with its QoS, retained, with its properties, expiring from publication', () => {
    const bench = new EngineBench();
    const watcher = watch(bench);
    const properties = {
      willDelayInterval: 30,
      messageExpiryInterval: 10,
      contentType: 'text',
      responseTopic: 'r',
      correlationData: Uint8Array.of(1, 2),
      payloadFormatIndicator: 1,
      userProperties: [['a', 'b']],
    } as const;
    const full = { ...will, qos: 1, retain: true, properties } as const;
    bench.connect({ clientId: 'a', sessionExpiryInterval: 100, will: full }).lose();
    bench.advance(29_999);
    expect(watcher.messages()).toEqual([]);
    bench.advance(1);
    const { willDelayInterval: _delay, ...forwarded } = properties;
    expect(watcher.messages()).toMatchObject([{ topic: 'w', qos: 1, retain: true, properties: forwarded }]);
    bench.advance(9_999);
    expect(bench.subscriber('w', { clientId: 'late' }).ended).toBeNull();
    expect(bench.counters().retainedMessages).toBe(1);
    bench.advance(1);
    expect(bench.counters()).toMatchObject({ retainedMessages: 0, retainedBytes: 0 });
    bench.advance(1_000_000);
    expect(watcher.messages()).toEqual([]);
  });
});

describe('Will Delay Interval', () => {
  const delayed = { ...will, properties: { willDelayInterval: 30 } };

  test('the will waits for it and is cancelled when the client returns [MQTT-3.1.3-9]', () => {
    const bench = new EngineBench();
    const watcher = watch(bench);
    const options = { clientId: 'a', cleanStart: false, sessionExpiryInterval: 100 };
    bench.connect({ ...options, will: delayed }).lose();
    bench.advance(29_999);
    bench.connect(options);
    bench.advance(1_000_000);
    expect(watcher.payloads()).toEqual([]);
  });

  test('it ends with the session, when that is earlier', () => {
    const bench = new EngineBench();
    const watcher = watch(bench);
    bench.connect({ clientId: 'a', sessionExpiryInterval: 10, will: delayed }).lose();
    bench.advance(9_999);
    expect(watcher.payloads()).toEqual([]);
    bench.advance(1);
    expect(watcher.payloads()).toEqual(['gone']);
    bench.advance(1_000_000);
    expect(watcher.payloads()).toEqual([]);
  });

  test('without an expiry the session ends at once, and the will is published at once', () => {
    const bench = new EngineBench();
    const watcher = watch(bench);
    bench.connect({ clientId: 'a', will: delayed }).lose();
    expect(watcher.payloads()).toEqual(['gone']);
  });

  test('on Clean Start the old session ends, so its will is published', () => {
    const bench = new EngineBench();
    const watcher = watch(bench);
    bench.connect({ clientId: 'a', sessionExpiryInterval: 100, will: delayed }).lose();
    bench.connect({ clientId: 'a', cleanStart: true });
    expect(watcher.payloads()).toEqual(['gone']);
  });

  test('on take-over: with a delay it is cancelled, without one it is published', () => {
    for (const [interval, expected] of [
      [0, ['gone']],
      [30, []],
    ] as const) {
      const bench = new EngineBench();
      const watcher = watch(bench);
      const options = { clientId: 'a', cleanStart: false, sessionExpiryInterval: 100 };
      bench.connect({ ...options, will: { ...will, properties: { willDelayInterval: interval } } });
      bench.connect({ ...options, will: { ...will, payload: 'second' } });
      bench.advance(50_000);
      expect(watcher.payloads()).toEqual([...expected]);
    }
  });

  test('on take-over with Clean Start it is published', () => {
    const bench = new EngineBench();
    const watcher = watch(bench);
    bench.connect({ clientId: 'a', sessionExpiryInterval: 100, will: delayed });
    bench.connect({ clientId: 'a', cleanStart: true });
    expect(watcher.payloads()).toEqual(['gone']);
  });

  test('the newcomer that resumes gets the will that its subscription matches', () => {
    const bench = new EngineBench();
    const options = { clientId: 'a', cleanStart: false, sessionExpiryInterval: 100 };
    bench.subscriber('w', { ...options, will: { ...will, qos: 1 } }, { qos: 1 });
    expect(bench.connecting(options).names()).toEqual(['CONNACK', 'PUBLISH 1 gone']);
  });
});

describe('what a will may publish', () => {
  test('not to topics of the server', () => {
    for (const topic of ['$SYS/broker', '$share/g/t']) {
      const bench = new EngineBench();
      const watcher = bench.subscriber('$SYS/#', { clientId: 'watcher' });
      bench.connect({ clientId: 'a', will: { topic, retain: true } }).lose();
      expect(watcher.payloads()).toEqual([]);
      expect(bench.events('publish.refused')).toMatchObject([{ fault: 'access.will-denied', clientId: 'a' }]);
    }
  });

  test('not past the limits on topics', () => {
    const bench = new EngineBench({ limits: { topicLevels: 3 } });
    const watcher = watch(bench);
    bench.connect({ clientId: 'a', will: { topic: 'a/b/c/d' } }).lose();
    expect(watcher.payloads()).toEqual([]);
    expect(bench.events('publish.refused')).toMatchObject([{ fault: 'limit.topic', clientId: 'a' }]);
  });

  test('not where the rules deny it, judged at publication', () => {
    const bench = new EngineBench();
    const watcher = watch(bench);
    bench.policy.rules = () => ({
      publish: (topic) => ({ allowed: topic !== 'w', rule: 'r1' }),
      subscribe: () => ({ allowed: true, rule: null }),
      deliveryFilter: () => null,
    });
    bench.connect({ clientId: 'a', will }).lose();
    expect(watcher.payloads()).toEqual([]);
    expect(bench.counters().publishesDenied).toBe(1);
    expect(bench.events('publish.refused')).toMatchObject([{ fault: 'access.will-denied', detail: 'w (r1)' }]);
  });
});

describe('draining', () => {
  test('wills of sessions that survive are kept and published after the restart, unless the client is back', () => {
    for (const returns of [false, true]) {
      const bench = new EngineBench({ durable: true });
      const survivor = { clientId: 'a', sessionExpiryInterval: 1000, will: { ...will, qos: 1 } } as const;
      bench.connect(survivor);
      bench.subscriber('w', { clientId: 'watcher', sessionExpiryInterval: 1000 }, { qos: 1 });
      bench.input((engine, now) => engine.drain(now));
      bench.advance(5_000);
      expect(bench.events('will.published')).toEqual([]);
      bench.crash(30_000, 60_000);
      const watcher = bench.connect({ clientId: 'watcher', cleanStart: false, sessionExpiryInterval: 1000 });
      bench.advance(29_999);
      expect(watcher.payloads()).toEqual([]);
      if (returns) bench.connect({ clientId: 'a', cleanStart: false, sessionExpiryInterval: 1000 });
      bench.advance(1);
      expect(watcher.payloads()).toEqual(returns ? [] : ['gone']);
      bench.crash();
      bench.advance(60_000);
      // Once, whatever happens afterwards.
      expect(bench.events('will.published').length).toBe(returns ? 0 : 1);
    }
  });

  test('wills of sessions that end are published', () => {
    const bench = new EngineBench({ durable: true });
    bench.subscriber('w', { clientId: 'watcher', sessionExpiryInterval: 1000 }, { qos: 1 }).lose();
    bench.connect({ clientId: 'a', will: { ...will, qos: 1 } });
    bench.input((engine, now) => engine.drain(now));
    expect(bench.events('will.published').length).toBe(1);
    bench.crash();
    const watcher = bench.connecting({ clientId: 'watcher', cleanStart: false, sessionExpiryInterval: 1000 });
    expect(watcher.names()).toEqual(['CONNACK', 'PUBLISH 1 gone']);
  });

  test('a journal that keeps nothing: all wills are published', () => {
    const bench = new EngineBench();
    bench.connect({ clientId: 'a', sessionExpiryInterval: 1000, will });
    bench.input((engine, now) => engine.drain(now));
    expect(bench.events('will.published').length).toBe(1);
  });
});
