import { describe, expect, test } from 'bun:test';
import { DEPLOYMENT, EngineBench, FAREWELL_MS, OTHER_DEPLOYMENT } from '../../testkit/engine-bench.ts';
import type { EngineClient } from '../../testkit/engine-client.ts';
import { Random } from '../../testkit/random.ts';
import { Broker } from './broker.ts';
import type { ConnectionId } from './ids.ts';
import { leaveSession, openSession } from './lifecycle.ts';
import type { DeploymentCounters } from './ports.ts';
import { Timers } from './timers.ts';
import type { Work } from './work.ts';

const elsewhere = { serverName: 'd2.berth.test' };
const persistent = { clientId: 'a', cleanStart: false, sessionExpiryInterval: 1000 } as const;

/** What has to be 0 when nobody is there. */
const gauges = [
  'connections',
  'sessions',
  'subscriptions',
  'queuedMessages',
  'queuedBytes',
  'retainedMessages',
  'retainedBytes',
] as const satisfies readonly (keyof DeploymentCounters)[];

describe('two deployments with the same client ids, users and topics', () => {
  test('never see each other: messages, retained ones, shared groups, wills, sessions', () => {
    const bench = new EngineBench({ durable: true });
    const here = bench.subscriber('#', persistent, { qos: 2 });
    const there = bench.subscriber('#', persistent, { qos: 2 }, elsewhere);
    here.subscribe('$share/g/t', { qos: 1 });
    there.subscribe('$share/g/t', { qos: 1 });
    for (const client of [here, there]) client.take();
    const publisher = bench.connect({ clientId: 'p', will: { topic: 'w' } });
    publisher.publish('t', 'x', { qos: 2, retain: true });
    publisher.lose();
    // Its own two subscriptions: the ordinary and the shared one.
    expect(here.payloads()).toEqual(['x', 'x', 'gone']);
    expect(there.take()).toEqual([]);
    expect(bench.subscriber('#', { clientId: 'late' }, {}, elsewhere).take()).toEqual([]);
    expect(bench.counters(OTHER_DEPLOYMENT)).toMatchObject({ retainedMessages: 0, publishesReceivedQoS2: 0 });
    expect(there.ended).toBeNull();
  });

  test('nobody takes over across them, and neither does a limit', () => {
    const bench = new EngineBench({ limits: { sessions: 1 } });
    const here = bench.connect(persistent);
    const there = bench.connect(persistent, elsewhere);
    expect([here.ended, there.ended]).toEqual([null, null]);
    bench.input((engine, now) => engine.closeClient(DEPLOYMENT, 'a', 'connection.kicked', now));
    expect(there.take()).toEqual([]);
  });

  test('after a restart each has its own', () => {
    const bench = new EngineBench({ durable: true });
    bench.subscriber('t', persistent, { qos: 1 }).lose();
    bench.subscriber('t', persistent, { qos: 1 }, elsewhere).lose();
    bench.connect({ clientId: 'p' }).publish('t', 'here', { qos: 1, retain: true });
    bench.crash();
    expect(bench.connecting(persistent).payloads()).toEqual(['here']);
    expect(bench.connecting(persistent, elsewhere).payloads()).toEqual([]);
    expect(bench.counters(OTHER_DEPLOYMENT).retainedMessages).toBe(0);
  });

  test('events say whose they are', () => {
    const bench = new EngineBench({ limits: { queuedMessages: 1 } });
    const there = bench.subscriber('t', persistent, { qos: 1 }, elsewhere);
    bench.subscriber('t', persistent, { qos: 1 });
    there.lose();
    const publisher = bench.connect({ clientId: 'p' }, elsewhere);
    bench.events();
    for (const id of [1, 2, 3]) publisher.publish('t', 'x', { qos: 1, packetIdentifier: id });
    expect(bench.events().map(({ deployment }) => deployment)).toEqual([OTHER_DEPLOYMENT]);
  });
});

describe('nothing is left', () => {
  /** Does something that leaves traces: all kinds of packets, at any moment. */
  function doSomething(bench: EngineBench, client: EngineClient, random: Random): void {
    const topic = `t/${random.between(0, 5)}`;
    const qos = random.between(0, 3) as 0 | 1 | 2;
    const packetIdentifier = random.between(1, 20);
    switch (random.between(0, 9)) {
      case 0:
        client.subscribe(random.next() < 0.5 ? topic : `$share/g/${topic}`, { qos });
        break;
      case 1:
        client.unsubscribe(topic);
        break;
      case 2:
      case 3:
      case 4:
        client.publish(topic, 'x', { qos, packetIdentifier, retain: random.next() < 0.3 });
        break;
      case 5:
        client.publish(topic, '', { retain: true });
        break;
      case 6:
        client.pubrel(packetIdentifier);
        break;
      case 7: {
        const [message] = client.messages();
        if (message?.qos === 1) client.puback(message.packetIdentifier);
        if (message?.qos === 2) client.pubrec(message.packetIdentifier);
        break;
      }
      case 8:
        if (random.next() < 0.5) client.lose();
        else client.disconnect();
        break;
    }
    bench.advance(random.between(0, 200));
  }

  test('when all clients and sessions are gone: no gauge, no timer, no record, no connection', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed);
      const bench = new EngineBench({ durable: seed % 2 === 0, limits: { queuedMessages: 5 } });
      let clients: EngineClient[] = [];
      for (let step = 0; step < 400; step++) {
        clients = clients.filter((client) => client.ended === null);
        if (clients.length < 6) {
          const options = {
            clientId: `c${random.between(0, 8)}`,
            cleanStart: random.next() < 0.3,
            keepAlive: random.between(0, 3),
            will: { topic: 't/0', qos: 1, properties: { willDelayInterval: random.between(0, 50) } },
          } as const;
          const client = bench.connecting(
            random.next() < 0.5 ? options : { ...options, sessionExpiryInterval: random.between(0, 200) },
          );
          clients.push(client);
        }
        const client = clients[random.between(0, clients.length)];
        if (client !== undefined) doSomething(bench, client, random);
      }
      for (const client of clients) if (client.ended === null) client.lose();
      bench.advance(300_000 + FAREWELL_MS);
      const cleaner = bench.connect({ clientId: 'cleaner' });
      for (let index = 0; index < 5; index++) cleaner.publish(`t/${index}`, '', { retain: true });
      cleaner.disconnect();
      bench.advance(100_000);
      const left = Object.fromEntries(gauges.map((name) => [name, bench.counters()[name]]));
      expect(left, `seed ${seed}`).toEqual(Object.fromEntries(gauges.map((name) => [name, 0])));
      expect(bench.engine.nextTickAt, `seed ${seed}`).toBe(Infinity);
      expect(bench.engine.connectionCount, `seed ${seed}`).toBe(0);
      expect(bench.journal.records(DEPLOYMENT), `seed ${seed}`).toEqual([]);
    }
  });

  test('in the structures of a deployment, when its sessions end one way or another', () => {
    const bench = new EngineBench();
    const timers = new Timers();
    const ports = {
      policy: bench.policy,
      events: { emit() {} },
      journal: bench.journal,
      durableBatch: () => 0,
      timers,
      busy: new Set<Work>(),
      contentBytesMin: undefined,
    };
    const broker = new Broker(DEPLOYMENT, ports, 'ready', bench.now);
    const link = {
      connection: 1 as ConnectionId,
      version: 5,
      receiveMaximum: 10,
      maximumPacketSize: Infinity,
      aliases: null,
      congested: false,
      isGone: false,
      write() {},
      writePart() {},
      writeDurable() {},
      close() {},
    } as const;
    const ask = { username: 'u', version: 5, cleanStart: true, expiryInterval: 60, will: null } as const;
    const options = { noLocal: false, retainAsPublished: false, retainHandling: 0, deliveryFilter: null } as const;
    const sizes = (): number[] => [
      broker.sessions.size,
      broker.sessionsOfUser.size,
      broker.routes.nodeCount,
      broker.routes.cachedTopics,
      timers.size,
    ];
    for (const clientId of ['expires', 'leaves', 'replaced']) {
      const expiryInterval = clientId === 'leaves' ? 0 : 60;
      const { session } = openSession(broker, { ...ask, clientId, expiryInterval }, link, bench.now);
      broker.subscribe(session, `a/${clientId}/#`, { ...options, qos: 1, subscriptionIdentifier: 0 });
      broker.subscribe(session, '$share/g/b', { ...options, qos: 1, subscriptionIdentifier: 0 });
      broker.routes.match(`a/${clientId}/x`);
      leaveSession(broker, session, true, bench.now);
    }
    expect(sizes().every((size) => size > 0)).toBe(true);
    const { session } = openSession(broker, { ...ask, clientId: 'replaced', expiryInterval: 0 }, link, bench.now);
    leaveSession(broker, session, true, bench.now);
    timers.advance(bench.now + 60_000);
    expect(sizes()).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('every end is one event', () => {
  test('with the fault, the identity and the address', () => {
    const bench = new EngineBench();
    const ends: [string, (client: EngineClient) => void][] = [
      ['closed.by-client', (client) => client.disconnect()],
      ['closed.with-will', (client) => client.disconnect(4)],
      ['connection.lost', (client) => client.lose()],
      ['connection.lost', (client) => client.lose({ kind: 'peer' })],
      [
        'websocket.protocol-error',
        (client) => client.lose({ kind: 'fault', fault: 'websocket.protocol-error', detail: 'mask' }),
      ],
      ['protocol.second-connect', (client) => client.connect()],
      ['session.taken-over', () => void bench.connect({ clientId: 'end' })],
    ];
    for (const [fault, end] of ends) {
      const client = bench.connect({ clientId: 'end', username: 'u' });
      bench.events();
      end(client);
      bench.advance(FAREWELL_MS);
      const closed = bench.events('connection.closed', 'connection.refused');
      expect(closed.length).toBe(1);
      expect(closed[0]).toMatchObject({
        kind: 'connection.closed',
        fault,
        deployment: DEPLOYMENT,
        clientId: 'end',
        username: 'u',
        protocolVersion: 5,
        connection: client.id,
      });
      expect(closed[0]?.facts?.remoteAddress).toBe('192.0.2.1');
      bench.input((engine, now) => engine.closeClient(DEPLOYMENT, 'end', 'connection.kicked', now));
    }
  });
});
