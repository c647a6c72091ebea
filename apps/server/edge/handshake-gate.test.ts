import { describe, expect, test } from 'bun:test';
import { type GateVisitor, HandshakeGate } from './handshake-gate.ts';
import { firstCertificate } from './test-certificates.ts';
import { TestClient } from './test-client.ts';
import { clientHello } from './test-client-hello.ts';
import { LoneConnection } from './test-lone-connection.ts';
import { TestEdge } from './test-edge.ts';

/** A gate on a clock and a loop that the test moves. */
class Bench {
  now = 1_000_000;
  readonly started: string[] = [];
  /** Started in the call that entered. */
  atOnce = 0;
  turnIsRequested = false;
  readonly gate: HandshakeGate;
  #timers: (() => void)[] = [];

  constructor(perAddressMax = 100) {
    this.gate = new HandshakeGate(
      perAddressMax,
      () => (this.turnIsRequested = true),
      () => this.now,
      (_, run) => void this.#timers.push(run),
    );
  }

  enter(name: string, pace: GateVisitor['pace'] = null): GateVisitor {
    const visitor = {
      ...{ remoteAddress: '192.0.2.1', pace, isAbandoned: false },
      startHandshake: () => void this.started.push(name),
      abandon: () => undefined,
    };
    if (this.gate.enter(visitor)) {
      this.started.push(name);
      this.atOnce += 1;
    }
    return visitor;
  }

  /** The end of a turn, if one was asked for. */
  turn(): void {
    if (!this.turnIsRequested) return;
    this.turnIsRequested = false;
    this.gate.turnEnded(this.now);
  }

  /** Somebody is served in a turn of its own. */
  serve(): void {
    this.gate.served();
    this.gate.turnEnded(this.now);
  }

  /** How many of ten that come in one turn start in it. */
  startsOfTen(): number {
    const before = this.atOnce;
    for (let index = 0; index < 10; index++) this.enter(`v${index}`);
    return this.atOnce - before;
  }

  fireTimers(): void {
    const timers = this.#timers;
    this.#timers = [];
    for (const run of timers) run();
  }
}

describe('handshakes that come at once', () => {
  test('all start at once where nobody is served', () => {
    const bench = new Bench();
    expect(bench.startsOfTen()).toBe(10);
    bench.turn();
    expect(bench.turnIsRequested).toBe(false);
  });

  test('start one in each turn, in their order, while somebody is served', () => {
    const bench = new Bench();
    bench.serve();
    expect(bench.startsOfTen()).toBe(1);
    for (let turn = 1; turn <= 9; turn++) {
      expect(bench.started).toHaveLength(turn);
      bench.turn();
    }
    expect(bench.started).toEqual(Array.from({ length: 10 }, (_, index) => `v${index}`));
    bench.turn();
    expect(bench.turnIsRequested).toBe(false);
  });

  test('are held back by what is served in the same turn', () => {
    const bench = new Bench();
    bench.gate.served();
    expect(bench.startsOfTen()).toBe(1);
  });

  test('are held back until a second has passed since the last thing that came', () => {
    const bench = new Bench();
    bench.serve();
    bench.now += 999;
    expect(bench.startsOfTen()).toBe(1);
    bench.turn();
    expect(bench.started).toHaveLength(2);
    bench.now += 1;
    // Those that wait need not wait any longer either.
    bench.turn();
    expect(bench.started).toHaveLength(10);
    bench.turn();
    expect(bench.startsOfTen()).toBe(10);
  });

  test('are not held back by a clock that was set back', () => {
    const bench = new Bench();
    bench.serve();
    bench.now -= 3_600_000;
    expect(bench.startsOfTen()).toBe(10);
    bench.turn();
    bench.serve();
    expect(bench.startsOfTen()).toBe(1);
  });

  test('that have started go on when somebody begins to be served', () => {
    const bench = new Bench();
    expect(bench.startsOfTen()).toBe(10);
    bench.serve();
    expect(bench.gate.inFlight).toBe(10);
    expect(bench.startsOfTen()).toBe(1);
  });

  for (const isServing of [true, false]) {
    test(`keep to the limit of their address and to their pace, ${isServing ? 'served' : 'nobody served'}`, () => {
      const bench = new Bench(7);
      if (isServing) bench.serve();
      const slow = { key: 'slow', perSecond: 10 };
      const first = bench.enter('slow 0', slow);
      for (let index = 1; index < 6; index++) bench.enter(`slow ${index}`, slow);
      expect(bench.gate.paced).toBe(1);
      for (const name of ['a', 'b', 'c']) bench.enter(name);
      expect(bench.gate.delayed).toBe(1);
      for (let turn = 0; turn < 9; turn++) bench.turn();
      const started = ['slow 0', 'slow 1', 'slow 2', 'slow 3', 'slow 4', 'a', 'b'];
      expect(bench.started).toEqual(started);
      bench.gate.leave(first);
      expect(bench.started).toEqual([...started, 'c']);
      bench.gate.leave(first);
      bench.now += 100;
      bench.fireTimers();
      expect(bench.started).toEqual([...started, 'c', 'slow 5']);
    });
  }
});

describe('a connection', () => {
  test('is served by what comes behind the first', () => {
    const bench = new LoneConnection('mqtts');
    bench.connection.startTls(0x16);
    bench.connection.handshaken(true, null);
    bench.connection.received(Uint8Array.of(0x10));
    expect(bench.served).toBe(0);
    bench.connection.received(Uint8Array.of(0xc0, 0));
    bench.connection.received(Uint8Array.of(0xc0, 0));
    expect(bench.served).toBe(2);
  });

  test('that need not wait is not looked at again', () => {
    const bench = new LoneConnection('mqtts');
    bench.connection.startTls('S'.charCodeAt(0));
    expect([bench.descriptorReads, bench.pauses]).toEqual([0, 0]);
    bench.connection.handshaken(false, new Error('OPENSSL_internal:WRONG_VERSION_NUMBER'));
    expect(bench.refusals.map(({ fault }) => fault)).toEqual(['port.not-tls']);
  });

  test('that had to wait is looked at when its turn has come', () => {
    const bench = new LoneConnection('mqtts', { entersAtOnce: false });
    bench.connection.startTls(null);
    expect([bench.descriptorReads, bench.pauses]).toEqual([0, 1]);
    bench.connection.startHandshake();
    expect(bench.descriptorReads).toBeGreaterThan(0);
  });
});

test('a storm takes a turn for each handshake only within a second of what somebody sent', async () => {
  using core = new TestEdge();
  const { port } = core.edge.listenTls('mqtts', '127.0.0.1', 0, firstCertificate);
  /** Turns until all of twenty clients have an answer to their ClientHello. */
  const storm = async (): Promise<number> => {
    const before = core.turns;
    const clients = await Promise.all(Array.from({ length: 20 }, () => TestClient.tcp(port)));
    for (const client of clients) client.write(clientHello());
    await Promise.all(clients.map((client) => client.receive(1)));
    const turns = core.turns - before;
    for (const client of clients) client.socket.destroy();
    await core.until(() => core.edge.handshakeCount === 0);
    return turns;
  };
  using client = await TestClient.tls(port);
  client.write('CONNECT');
  const connection = await core.opened();
  await core.until(() => connection.receivedLength === 7);
  expect(await storm()).toBeLessThan(15);
  client.write('PINGREQ');
  await core.until(() => connection.receivedLength === 14);
  expect(await storm()).toBeGreaterThan(18);
  core.now += 1000;
  expect(await storm()).toBeLessThan(15);
});
