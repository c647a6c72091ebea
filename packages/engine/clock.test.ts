import { describe, expect, test } from 'bun:test';
import { EngineBench } from '../../testkit/engine-bench.ts';
import { publishOf, type EngineClient } from '../../testkit/engine-client.ts';

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

  test('a will waits for its delay, and after a restart for the grace, as long as before', () => {
    const bench = new EngineBench({ durable: true });
    const will = { topic: 'w', payload: 'gone', properties: { willDelayInterval: 30 } };
    const persistent = { cleanStart: false, sessionExpiryInterval: 1_000_000 } as const;
    const watch = (): EngineClient => bench.subscriber('w', { clientId: 'watcher' });
    bench.connect({ ...persistent, clientId: 'a', will }).lose();
    let watcher = watch();
    for (const clientId of ['b', 'c']) bench.connect({ ...persistent, clientId, will });
    bench.connect({ clientId: 'ends', will });
    for (const expected of [1, 3]) {
      bench.advance(2_000);
      set(bench, milliseconds);
      bench.advance(27_999);
      expect(watcher.payloads()).toEqual([]);
      bench.advance(1);
      expect(watcher.payloads()).toHaveLength(expected);
      bench.crash(30_000);
      watcher = watch();
    }
  });
});
