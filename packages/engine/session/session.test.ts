import { describe, expect, test } from 'bun:test';
import { DEPLOYMENT, EngineBench, FAREWELL_MS } from '../../../testkit/engine-bench.ts';
import type { ConnackPacket } from '../../codec/mod.ts';

const DAY_MS = 86_400_000;

/** Connects and says whether the session was there. */
function isPresent(bench: EngineBench, options: Parameters<EngineBench['connecting']>[0]): boolean {
  const client = bench.connecting(options);
  return (client.take()[0] as ConnackPacket).sessionPresent;
}

describe('Clean Start and resuming', () => {
  test('a session with an expiry outlives its connection: subscriptions and messages [MQTT-3.1.2-5]', () => {
    const bench = new EngineBench();
    bench.subscriber('t', { clientId: 'a', sessionExpiryInterval: 60 }, { qos: 1 }).lose();
    const publisher = bench.connect({ clientId: 'b' });
    publisher.publish('t', 'one', { qos: 1 });
    publisher.publish('t', 'none', { qos: 0 });
    publisher.publish('t', 'two', { qos: 1, packetIdentifier: 2 });
    const back = bench.connecting({ clientId: 'a', cleanStart: false, sessionExpiryInterval: 60 });
    expect((back.take()[0] as ConnackPacket).sessionPresent).toBe(true);
    bench.connect({ clientId: 'x' });
    expect(bench.counters()).toMatchObject({ sessions: 3, queuedMessages: 0, queuedBytes: 0 });
  });

  test('what is queued comes right behind CONNACK, in order', () => {
    const bench = new EngineBench();
    bench.subscriber('t', { clientId: 'a', sessionExpiryInterval: 60 }, { qos: 2 }).lose();
    const publisher = bench.connect({ clientId: 'b' });
    publisher.publish('t', 'one', { qos: 1 });
    publisher.publish('t', 'two', { qos: 2, packetIdentifier: 2 });
    expect(bench.counters().queuedMessages).toBe(2);
    expect(bench.counters().queuedBytes).toBeGreaterThan(0);
    const back = bench.connecting({ clientId: 'a', cleanStart: false, sessionExpiryInterval: 60 });
    expect(back.names()).toEqual(['CONNACK', 'PUBLISH 1 one', 'PUBLISH 2 two']);
  });

  test('Clean Start discards what was there [MQTT-3.1.2-4]', () => {
    const bench = new EngineBench();
    bench.subscriber('t', { clientId: 'a', sessionExpiryInterval: 60 }, { qos: 1 }).lose();
    bench.connect({ clientId: 'b' }).publish('t', 'one', { qos: 1 });
    expect(isPresent(bench, { clientId: 'a', cleanStart: true, sessionExpiryInterval: 60 })).toBe(false);
    expect(bench.counters()).toMatchObject({ subscriptions: 0, queuedMessages: 0, queuedBytes: 0 });
    expect(isPresent(bench, { clientId: 'a', cleanStart: false })).toBe(true);
  });

  test('without an expiry the session ends with the connection', () => {
    const bench = new EngineBench();
    bench.subscriber('t', { clientId: 'a' }).lose();
    expect(bench.counters()).toMatchObject({ sessions: 0, subscriptions: 0, connections: 0 });
    expect(isPresent(bench, { clientId: 'a', cleanStart: false })).toBe(false);
  });

  test('resumed without an expiry, it ends with the new connection', () => {
    const bench = new EngineBench({ durable: true });
    bench.subscriber('t', { clientId: 'a', sessionExpiryInterval: 60 }, { qos: 1 }).lose();
    const back = bench.connecting({ clientId: 'a', cleanStart: false });
    expect((back.take()[0] as ConnackPacket).sessionPresent).toBe(true);
    expect(bench.journal.records(DEPLOYMENT)).toEqual([]);
    back.lose();
    expect(bench.counters().sessions).toBe(0);
  });

  test('3.1.1: Clean Session 0 lasts, Session Present is said; 3.1 does not say it', () => {
    for (const version of [3, 4] as const) {
      const bench = new EngineBench();
      bench.subscriber('t', { clientId: 'a', version, cleanStart: false }, { qos: 1 }).lose();
      bench.connect({ clientId: 'b' }).publish('t', 'one', { qos: 1 });
      const back = bench.connecting({ clientId: 'a', version, cleanStart: false });
      expect((back.take()[0] as ConnackPacket).sessionPresent).toBe(version === 4);
      back.disconnect();
      expect(bench.counters().sessions).toBe(2);
      expect(isPresent(bench, { clientId: 'a', version, cleanStart: true })).toBe(false);
    }
  });

  test('a session that 5.0 made is resumed by 3.1.1, and the other way round', () => {
    const bench = new EngineBench();
    bench.subscriber('t', { clientId: 'a', sessionExpiryInterval: 60 }, { qos: 1, subscriptionIdentifier: 9 }).lose();
    bench.connect({ clientId: 'b' }).publish('t', 'x', { qos: 1, properties: { contentType: 'text' } });
    const old = bench.connecting({ clientId: 'a', version: 4, cleanStart: false });
    expect(old.names()).toEqual(['CONNACK', 'PUBLISH 1 x']);
    old.lose();
    const newer = bench.connecting({ clientId: 'a', version: 5, cleanStart: false });
    newer.take().shift();
    newer.puback(1);
    expect(newer.ended).toBeNull();
  });
});

describe('session expiry', () => {
  test('the session ends when its time has passed, in virtual days', () => {
    const bench = new EngineBench();
    bench.subscriber('t', { clientId: 'a', sessionExpiryInterval: 3 * 86_400 }, { qos: 1 }).lose();
    bench.advance(3 * DAY_MS - 1);
    expect(bench.counters().sessions).toBe(1);
    bench.events();
    bench.advance(1);
    expect(bench.counters()).toMatchObject({ sessions: 0, subscriptions: 0 });
    expect(bench.events('session.ended')[0]).toMatchObject({ clientId: 'a', detail: 'expired', fault: null });
  });

  test('time counts only while the client is away', () => {
    const bench = new EngineBench();
    const client = bench.connect({ clientId: 'a', sessionExpiryInterval: 100 });
    bench.advance(DAY_MS);
    client.lose();
    bench.advance(99_999);
    expect(bench.counters().sessions).toBe(1);
    const back = bench.connect({ clientId: 'a', cleanStart: false, sessionExpiryInterval: 100 });
    bench.advance(DAY_MS);
    expect(bench.counters().sessions).toBe(1);
    back.lose();
    bench.advance(100_000);
    expect(bench.counters().sessions).toBe(0);
  });

  test('what is longer than the limit is shortened and said', () => {
    const bench = new EngineBench({ limits: { sessionExpirySeconds: 100 } });
    const client = bench.connecting({ clientId: 'a', sessionExpiryInterval: 101 });
    expect((client.take()[0] as ConnackPacket).properties?.sessionExpiryInterval).toBe(100);
    const exact = bench.connecting({ clientId: 'b', sessionExpiryInterval: 100 });
    expect((exact.take()[0] as ConnackPacket).properties?.sessionExpiryInterval).toBeUndefined();
    client.lose();
    bench.advance(100_000);
    expect(bench.counters().sessions).toBe(1);
  });

  test('3.x persistent sessions end after their own limit; without one they stay for ever', () => {
    const bench = new EngineBench({ limits: { sessionExpiryV3Seconds: 86_400 } });
    bench.connect({ clientId: 'a', version: 4, cleanStart: false }).lose();
    bench.advance(DAY_MS);
    expect(bench.counters().sessions).toBe(0);
    bench.setLimits({ sessionExpiryV3Seconds: null });
    bench.connect({ clientId: 'a', version: 4, cleanStart: false }).lose();
    bench.advance(10_000 * DAY_MS);
    expect(bench.counters().sessions).toBe(1);
  });

  test('DISCONNECT can give another expiry', () => {
    const bench = new EngineBench();
    bench.connect({ clientId: 'a', sessionExpiryInterval: 10 }).disconnect(0, { sessionExpiryInterval: 100 });
    bench.advance(99_000);
    expect(bench.counters().sessions).toBe(1);
    bench.advance(1_000);
    expect(bench.counters().sessions).toBe(0);
  });

  test('DISCONNECT with expiry 0 ends the session at once, in the journal too', () => {
    const bench = new EngineBench({ durable: true });
    const client = bench.subscriber('t', { clientId: 'a', sessionExpiryInterval: 100 }, { qos: 2 });
    bench.connect({ clientId: 'b' }).publish('t', 'x', { qos: 2 });
    expect(bench.journal.records(DEPLOYMENT).length).toBeGreaterThan(2);
    client.disconnect(0, { sessionExpiryInterval: 0 });
    expect(bench.counters()).toMatchObject({ sessions: 1, subscriptions: 0 });
    expect(bench.journal.records(DEPLOYMENT)).toEqual([]);
  });

  test('DISCONNECT cannot make a session last that was to end [MQTT-3.14.2-2]', () => {
    const bench = new EngineBench();
    const client = bench.connect({ clientId: 'a' });
    bench.events();
    client.disconnect(0, { sessionExpiryInterval: 100 });
    expect(client.names()).toEqual(['DISCONNECT 0x82']);
    expect(bench.faults()).toEqual(['connection.closed protocol.error']);
    expect(bench.counters().sessions).toBe(0);
  });
});

describe('take-over', () => {
  for (const [holder, newcomer] of [
    [5, 5],
    [5, 4],
    [4, 5],
    [3, 3],
  ] as const) {
    test(`a ${newcomer} takes over from a ${holder} [MQTT-3.1.4-3]`, () => {
      const bench = new EngineBench();
      const persistent = { cleanStart: false, sessionExpiryInterval: 60 };
      const first = bench.subscriber('t', { clientId: 'a', version: holder, ...persistent }, { qos: 1 });
      bench.events();
      const second = bench.connecting({ clientId: 'a', version: newcomer, ...persistent });
      expect(first.names()).toEqual(holder === 5 ? ['DISCONNECT 0x8e'] : []);
      bench.advance(FAREWELL_MS);
      expect(first.ended).toBe('end');
      expect(second.names()).toEqual(['CONNACK']);
      expect(bench.faults()).toEqual(['connection.closed session.taken-over']);
      bench.connect({ clientId: 'b' }).publish('t', 'x', { qos: 1 });
      expect(second.payloads()).toEqual(['x']);
      expect(bench.counters()).toMatchObject({ connections: 2, sessions: 2 });
    });
  }

  test('what was in flight is sent again to the new connection', () => {
    const bench = new EngineBench();
    const first = bench.subscriber('t', { clientId: 'a', sessionExpiryInterval: 60 }, { qos: 2 });
    const publisher = bench.connect({ clientId: 'b' });
    publisher.publish('t', 'one', { qos: 1 });
    publisher.publish('t', 'two', { qos: 2, packetIdentifier: 2 });
    first.pubrec(2);
    const second = bench.connecting({ clientId: 'a', cleanStart: false, sessionExpiryInterval: 60 });
    const packets = second.take();
    expect(packets.map((packet) => packet.type)).toEqual([2, 6, 3]);
    expect(packets[2]).toMatchObject({ dup: true, packetIdentifier: 1, qos: 1 });
    expect(packets[1]).toMatchObject({ packetIdentifier: 2 });
  });

  test('of a session without an expiry, nothing is left for the newcomer', () => {
    const bench = new EngineBench();
    const first = bench.subscriber('t', { clientId: 'a' }, { qos: 1 });
    const second = bench.connecting({ clientId: 'a', cleanStart: false, sessionExpiryInterval: 60 });
    expect((second.take()[0] as ConnackPacket).sessionPresent).toBe(false);
    bench.advance(FAREWELL_MS);
    expect(first.ended).toBe('end');
    expect(bench.counters()).toMatchObject({ connections: 1, sessions: 1, subscriptions: 0 });
  });

  test('a user name that changes hands is counted once', () => {
    const bench = new EngineBench({ limits: { sessionsPerUsername: 1 } });
    bench.connect({ clientId: 'a', username: 'u', sessionExpiryInterval: 60 }).lose();
    const second = bench.connect({ clientId: 'a', username: 'v', cleanStart: false, sessionExpiryInterval: 60 });
    bench.connect({ clientId: 'b', username: 'u' });
    expect(bench.connecting({ clientId: 'c', username: 'v' }).names()).toEqual(['CONNACK 0x97']);
    second.disconnect(0, { sessionExpiryInterval: 0 });
    bench.connect({ clientId: 'c', username: 'v' });
  });
});

describe('administration', () => {
  test('a stopped deployment closes its connections and keeps its sessions', () => {
    const bench = new EngineBench();
    const client = bench.subscriber('t', { clientId: 'a', sessionExpiryInterval: 60 });
    bench.input((engine, now) => engine.closeDeployment(DEPLOYMENT, 'deployment.stopped', false, now));
    expect(client.names()).toEqual(['DISCONNECT 0x98']);
    expect(bench.counters()).toMatchObject({ connections: 0, sessions: 1, subscriptions: 1 });
  });

  test('a deleted deployment leaves nothing: no session, no timer, no record of a session', () => {
    const bench = new EngineBench({ durable: true });
    const will = { topic: 'w', properties: { willDelayInterval: 50 } };
    bench.subscriber('$share/g/t', { clientId: 'a', sessionExpiryInterval: 60, will }, { qos: 1 }).lose();
    bench.subscriber('$share/g/t', { clientId: 'b', sessionExpiryInterval: 60 }, { qos: 1 });
    const publisher = bench.connect({ clientId: 'c' });
    for (let index = 1; index <= 10; index++) publisher.publish('t', 'x', { qos: 1, packetIdentifier: index });
    publisher.publish('r', 'x', { retain: true, properties: { messageExpiryInterval: 1000 } });
    bench.connect({ clientId: 'd', keepAlive: 10 });
    bench.events();
    bench.input((engine, now) => engine.closeDeployment(DEPLOYMENT, 'deployment.deleted', true, now));
    expect(bench.engine.counters(DEPLOYMENT)).toBeNull();
    expect(bench.events('session.ended').length).toBe(4);
    bench.advance(FAREWELL_MS);
    expect(bench.engine.nextTickAt).toBe(Infinity);
    expect(bench.engine.connectionCount).toBe(0);
    expect(bench.journal.records(DEPLOYMENT).filter(({ key }) => !key.startsWith('r'))).toEqual([]);
  });

  test('closing a user name or a client closes those and no other', () => {
    const bench = new EngineBench();
    const a = bench.connect({ clientId: 'a', username: 'u' });
    const b = bench.connect({ clientId: 'b', username: 'u' });
    const c = bench.connect({ clientId: 'c', username: 'v' });
    const elsewhere = bench.connect({ clientId: 'a', username: 'u' }, { serverName: 'd2.berth.test' });
    bench.input((engine, now) => engine.closeUsername(DEPLOYMENT, 'u', 'credentials.changed', now));
    expect([a, b, c, elsewhere].map((client) => client.names())).toEqual([
      ['DISCONNECT 0x87'],
      ['DISCONNECT 0x87'],
      [],
      [],
    ]);
    bench.input((engine, now) => {
      expect(engine.closeClient(DEPLOYMENT, 'c', 'connection.kicked', now)).toBe(true);
      expect(engine.closeClient(DEPLOYMENT, 'nobody', 'connection.kicked', now)).toBe(false);
    });
    expect(c.names()).toEqual(['DISCONNECT 0x98']);
  });

  test('a limit on message rates does not count what the server publishes itself', () => {
    const bench = new EngineBench({ limits: { messagesPerSecond: 5 } });
    bench.setLimits({});
    const watcher = bench.subscriber('$SYS/#', { clientId: 'a' });
    for (let index = 0; index < 100; index++)
      bench.input((engine, now) => engine.publish(DEPLOYMENT, '$SYS/n', new Uint8Array([48]), true, now));
    expect(watcher.messages().length).toBe(100);
    const publisher = bench.connect({ clientId: 'b' });
    publisher.publish('t', 'x');
    expect(publisher.paused).toBe(false);
  });
});
