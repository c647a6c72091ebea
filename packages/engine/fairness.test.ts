import { describe, expect, test } from 'bun:test';
import { EngineBench, FAREWELL_MS } from '../../testkit/engine-bench.ts';
import { publishOf } from '../../testkit/engine-client.ts';

describe('bounded work in a turn of the loop', () => {
  test('what is left over is handled in later turns, in order, none lost', () => {
    const bench = new EngineBench({ autoFlush: false });
    const client = bench.connect({ clientId: 'a', version: 4 });
    const packets = Array.from({ length: 40_000 }, (_, index) =>
      publishOf('t', '', { qos: 1, packetIdentifier: (index % 65_535) + 1 }),
    );
    let handled = 0;
    // Inside of an input the turn is not over.
    bench.input(() => {
      client.send(...packets);
      handled = client.take().length;
      expect(bench.engine.hasWork).toBe(true);
    });
    expect(handled).toBeGreaterThan(1_000);
    expect(handled).toBeLessThan(packets.length);
    const identifiers: number[] = [];
    expect(bench.engine.hasWork).toBe(false);
    for (const packet of client.take()) if (packet.type === 4) identifiers.push(packet.packetIdentifier);
    expect(identifiers).toEqual(Array.from({ length: packets.length - handled }, (_, index) => handled + index + 1));
    expect(client.paused).toBe(false);
  });

  test('a connection that closes while its packets wait leaves no work behind', () => {
    const bench = new EngineBench({ autoFlush: false });
    const client = bench.connect({ clientId: 'a', version: 4 });
    bench.input((engine, now) => {
      client.send(...Array.from({ length: 40_000 }, () => publishOf('t', '')));
      expect(engine.hasWork).toBe(true);
      engine.closed(client.id, { kind: 'lost', detail: 'reset' }, now);
      expect(engine.hasWork).toBe(false);
    });
  });
});

describe('messages that came with no packet of theirs', () => {
  test('wills of many to many: the deployment is served afterwards, however long it was quiet before', () => {
    const bench = new EngineBench();
    for (let index = 0; index < 60; index++) bench.subscriber('gone/#', { clientId: `s${index}`, version: 4 });
    const gateways = Array.from({ length: 400 }, (_, index) =>
      bench.connect({ clientId: `g${index}`, version: 4, will: { topic: `gone/${index}` } }),
    );
    const other = bench.connect({ clientId: 'other', version: 4 });
    bench.advance(60_000);
    bench.input((engine, now) => {
      for (const { id } of gateways) engine.closed(id, { kind: 'lost', detail: 'reset' }, now);
      expect(engine.hasWork).toBe(false);
      other.ping();
      // It has had more than its share of this turn.
      expect(engine.hasWork).toBe(true);
      engine.endTurn(now);
      expect(engine.hasWork).toBe(false);
    });
    expect(other.names()).toEqual(['PINGRESP']);
  });
});

describe('publishers that wait for the rate of their deployment', () => {
  test('get it in turn, none starves', () => {
    const bench = new EngineBench({ limits: { messagesPerSecond: 10 } });
    const clients = ['a', 'b', 'c'].map((clientId) => bench.connect({ clientId, version: 4 }));
    for (const client of clients)
      client.send(
        ...Array.from({ length: 60 }, (_, index) => publishOf('t', '', { qos: 1, packetIdentifier: index + 1 })),
      );
    bench.advance(6_000);
    const counts = clients.map((client) => client.take().length);
    const total = counts.reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThanOrEqual(60);
    expect(total).toBeLessThan(90);
    // The burst of the first second may have gone to one of them.
    for (const count of counts) expect(count).toBeGreaterThan(14);
  });

  test('one that leaves does not hold up the others', () => {
    const bench = new EngineBench({ limits: { messagesPerSecond: 1 } });
    const [a, b] = ['a', 'b'].map((clientId) => bench.connect({ clientId, version: 4 }));
    for (const client of [a, b]) client?.send(...Array.from({ length: 5 }, () => publishOf('t', '')));
    a?.lose();
    b?.ping();
    bench.advance(20_000);
    expect(b?.names()).toEqual(['PINGRESP']);
    b?.disconnect();
    bench.advance(2_000);
    expect(bench.engine.nextTickAt).toBe(Infinity);
  });
});

describe('CONNECT packets that do not end', () => {
  const beginning = new Uint8Array(8_000);
  beginning.set([0x10, 0xff, 0xff, 0x03]);

  test('are bounded in their sum; what goes gives its share back', () => {
    const bench = new EngineBench();
    bench.engine.setInstallationLimits({ connectSeconds: 30, unauthenticatedBytes: 20_000 });
    const open = Array.from({ length: 3 }, () => {
      const client = bench.open();
      client.bytes(beginning);
      return client;
    });
    expect(open.map(({ ended }) => ended)).toEqual([null, null, 'end']);
    expect(bench.faults()).toEqual(['connection.refused limit.unauthenticated-bytes']);
    open[0]?.lose();
    for (let round = 0; round < 10; round++) {
      const client = bench.open();
      client.bytes(beginning);
      expect(client.ended).toBeNull();
      bench.advance(round % 2 === 0 ? 30_000 : FAREWELL_MS);
      if (client.ended === null) client.lose();
    }
    expect(bench.connecting().names()).toEqual(['CONNACK']);
  });
});
