import { describe, expect, test } from 'bun:test';
import { EngineBench } from '../../../testkit/engine-bench.ts';
import { publishOf } from '../../../testkit/engine-client.ts';
import { PacketType } from '../../codec/mod.ts';

describe('rate limits are back-pressure', () => {
  test('messages of one client: reading stops, everything is handled in the end, nothing is dropped', () => {
    const bench = new EngineBench({ limits: { publishesPerSecondPerClient: 10 } });
    const receiver = bench.subscriber('t', { clientId: 'r' });
    const client = bench.connect({ clientId: 'a' });
    const packets = Array.from({ length: 50 }, (_, index) => publishOf('t', `${index}`));
    bench.events();
    client.send(...packets);
    expect(client.paused).toBe(true);
    expect(receiver.payloads().length).toBeLessThan(15);
    expect(bench.events()).toMatchObject([
      { kind: 'reading.paused', fault: 'limit.message-rate', clientId: 'a', username: 'user' },
    ]);
    let at = 0;
    for (; client.paused && at < 10_000; at += 100) bench.advance(100);
    expect(client.paused).toBe(false);
    expect(bench.counters().publishesReceivedQoS0).toBe(50);
    expect(at).toBeGreaterThan(3_000);
    expect(at).toBeLessThan(4_500);
    expect(bench.counters().readPauses).toBeGreaterThan(10);
  });

  test('an event for each connection that is slowed down, not for each pause', () => {
    const bench = new EngineBench({ limits: { publishesPerSecondPerClient: 1 } });
    for (const clientId of ['a', 'b']) {
      const client = bench.connect({ clientId });
      client.send(...Array.from({ length: 5 }, () => publishOf('t', 'x')));
    }
    bench.advance(20_000);
    expect(bench.events('reading.paused').map(({ clientId }) => clientId)).toEqual(['a', 'b']);
  });

  test('bytes of one client', () => {
    const bench = new EngineBench({ limits: { bytesPerSecondPerClient: 1024 } });
    const client = bench.connect();
    client.publish('t', 'x'.repeat(2_500));
    client.publish('t', 'y', { qos: 1 });
    expect(client.paused).toBe(true);
    expect(client.names()).toEqual([]);
    bench.advance(1_600);
    expect(client.paused).toBe(false);
    expect(client.names()).toEqual(['PUBACK 1 0x10']);
  });

  test('messages in and out of the whole deployment slow all its publishers, and no other deployment', () => {
    const bench = new EngineBench({ limits: { messagesPerSecond: 10 } });
    for (let index = 0; index < 10; index++) bench.subscriber('t', { clientId: `r${index}` });
    const loud = bench.connect({ clientId: 'loud' });
    for (let index = 0; index < 3; index++) loud.publish('t', 'x');
    const quiet = bench.connect({ clientId: 'quiet' });
    quiet.publish('u', 'x');
    expect([loud.paused, quiet.paused]).toEqual([true, true]);
    const elsewhere = bench.connect({ clientId: 'quiet' }, { serverName: 'd2.berth.test' });
    elsewhere.publish('u', 'x');
    expect(elsewhere.paused).toBe(false);
    bench.advance(5_000);
    expect([loud.paused, quiet.paused]).toEqual([false, false]);
    expect(bench.counters().publishesReceivedQoS0).toBe(4);
  });

  test('what is not PUBLISH is read at once; behind a PUBLISH it is read in the end', () => {
    const bench = new EngineBench({ limits: { publishesPerSecondPerClient: 1 } });
    const client = bench.connect();
    client.publish('t', 'x', { qos: 2, packetIdentifier: 1 });
    client.publish('t', 'x', { qos: 2, packetIdentifier: 2 });
    client.pubrel(1);
    client.ping();
    expect(client.names()).toEqual(['PUBREC 1', 'PUBREC 2', 'PUBCOMP 1', 'PINGRESP']);
    client.send(publishOf('t', 'y'), { type: PacketType.PUBREL, packetIdentifier: 2, reasonCode: 0, properties: null });
    expect(client.names()).toEqual([]);
    expect(client.paused).toBe(true);
    bench.advance(1_000);
    expect(client.names()).toEqual(['PUBCOMP 2']);
  });

  test('the keep-alive clock stands still meanwhile', () => {
    const bench = new EngineBench({ limits: { bytesPerSecondPerClient: 1024 } });
    const client = bench.connect({ keepAlive: 2 });
    client.publish('t', 'x'.repeat(100_000));
    client.publish('t', 'y', { qos: 1 });
    bench.advance(90_000);
    expect([client.paused, client.ended]).toEqual([true, null]);
    bench.advance(8_000);
    expect(client.names()).toEqual(['PUBACK 1 0x10']);
    bench.advance(5_000);
    expect(client.names()).toEqual(['DISCONNECT 0x8d']);
  });

  test('a packet of many Topic Filters: its client waits for all of them, the others a second at most', () => {
    const bench = new EngineBench({ limits: { messagesPerSecond: 100, publishesPerSecondPerClient: 10 } });
    const [greedy, other] = [bench.connect({ clientId: 'greedy' }), bench.connect({ clientId: 'other' })];
    greedy.unsubscribe(...Array.from({ length: 5_000 }, (_, index) => `t/${index}`));
    expect(greedy.names()).toHaveLength(1);
    other.publish('t', 'x', { qos: 1 });
    bench.advance(1_000);
    expect(other.names()).toEqual(['PUBACK 1 0x10']);
    greedy.unsubscribe('t');
    bench.advance(497_000);
    expect(greedy.names()).toEqual([]);
    bench.advance(3_000);
    expect(greedy.names()).toHaveLength(1);
  });

  test('a paused connection that closes leaves nothing behind, and what had come of it is handled', () => {
    for (const cause of [{ kind: 'peer' }, { kind: 'lost', detail: 'reset' }] as const) {
      const bench = new EngineBench({ limits: { publishesPerSecondPerClient: 1 } });
      const client = bench.connect();
      client.send(...Array.from({ length: 5 }, () => publishOf('t', 'x')));
      expect(bench.counters().publishesReceivedQoS0).toBe(2);
      client.lose(cause);
      expect(bench.engine.nextTickAt).toBe(Infinity);
      expect(bench.counters().publishesReceivedQoS0).toBe(5);
    }
  });

  test('limits that change hold for open connections', () => {
    const bench = new EngineBench({ limits: { publishesPerSecondPerClient: 1 } });
    const client = bench.connect();
    bench.setLimits({ publishesPerSecondPerClient: null });
    client.send(...Array.from({ length: 50 }, () => publishOf('t', 'x')));
    expect(client.paused).toBe(false);
    bench.setLimits({ publishesPerSecondPerClient: 1 });
    client.send(...Array.from({ length: 50 }, () => publishOf('t', 'x')));
    expect(client.paused).toBe(true);
  });
});
