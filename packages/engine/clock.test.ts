import { describe, expect, test } from 'bun:test';
import { EngineBench } from '../../testkit/engine-bench.ts';
import { publishOf } from '../../testkit/engine-client.ts';

const HOURS_MS = 8 * 3_600_000;

/** What the time service does on a machine whose clock ran in local time, or that has none. */
function set(bench: EngineBench, milliseconds: number): void {
  bench.now += milliseconds;
  bench.input((engine) => engine.clockMoved(milliseconds));
}

describe.each([-HOURS_MS, HOURS_MS])('a clock that is set by %p ms', (milliseconds) => {
  test('keep-alive still ends a connection that is silent', () => {
    const bench = new EngineBench();
    const client = bench.connect({ clientId: 'a', version: 4, keepAlive: 10 });
    bench.advance(10_000);
    set(bench, milliseconds);
    bench.advance(4_999);
    expect(client.ended).toBeNull();
    bench.advance(1);
    expect(client.ended).toBe('end');
    expect(bench.faults()).toEqual(['connection.closed connection.keep-alive']);
  });

  test('publishers that wait for a rate go on', () => {
    const bench = new EngineBench({ limits: { messagesPerSecond: 10, publishesPerSecondPerClient: 5 } });
    const client = bench.connect({ clientId: 'a', version: 4 });
    client.send(
      ...Array.from({ length: 20 }, (_, index) => publishOf('t', '', { qos: 1, packetIdentifier: index + 1 })),
    );
    set(bench, milliseconds);
    bench.advance(5_000);
    expect(client.take()).toHaveLength(20);
  });

  test('a CONNECT that does not come is waited for no longer than before', () => {
    const bench = new EngineBench();
    const client = bench.open();
    set(bench, milliseconds);
    bench.advance(30_000);
    expect(client.ended).toBe('end');
  });

  test('sessions and messages last as long as before', () => {
    const bench = new EngineBench();
    const persistent = { clientId: 'a', cleanStart: false, sessionExpiryInterval: 100 } as const;
    bench.subscriber('t', persistent, { qos: 1 }).lose();
    const publisher = bench.connect({ clientId: 'p' });
    for (const messageExpiryInterval of [20, 60])
      publisher.publish('t', String(messageExpiryInterval), { qos: 1, properties: { messageExpiryInterval } });
    publisher.publish('r', 'retained', { retain: true, properties: { messageExpiryInterval: 60 } });
    bench.advance(10_000);
    set(bench, milliseconds);
    bench.advance(20_000);
    const back = bench.connecting(persistent);
    expect(back.messages()).toMatchObject([{ payload: '60', properties: { messageExpiryInterval: 30 } }]);
    back.subscribe('r');
    expect(back.messages()).toMatchObject([{ properties: { messageExpiryInterval: 30 } }]);
    back.lose();
    set(bench, milliseconds);
    bench.advance(99_999);
    const { sessions } = bench.counters();
    bench.advance(1);
    expect(bench.counters().sessions).toBe(sessions - 1);
  });
});
