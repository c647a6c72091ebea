import { describe, expect, spyOn, test } from 'bun:test';
import { DEPLOYMENT, EngineBench, OTHER_DEPLOYMENT } from '../../testkit/engine-bench.ts';
import { PacketType } from '../codec/mod.ts';
import { publishOf, type ConnectOptions } from '../../testkit/engine-client.ts';
import { StorageGate } from './storage-gate.ts';

const persistent = { clientId: 'keeper', cleanStart: false, sessionExpiryInterval: 1000 } as const;

/** A journal that is flushed by hand, and a subscriber to `kept` whose session is away. */
function bench(): EngineBench {
  const made = new EngineBench({ durable: true, autoFlush: false });
  made.subscriber('kept', persistent, { qos: 2 }).lose();
  made.flush();
  made.events();
  return made;
}

const fail = (of: EngineBench, failed = true) => of.input((engine, now) => engine.setStorageFailed(failed, now));
const stall = (of: EngineBench, ...deployments: (typeof DEPLOYMENT)[]) =>
  of.input((engine, now) => engine.setStalled(new Set(deployments), now));

describe('while the journal cannot be written', () => {
  test('5.0: a message that would have to be kept is refused with 0x97 before it is applied', () => {
    const world = bench();
    const client = world.connect({ clientId: 'p' });
    fail(world);
    client.publish('kept', 'one', { qos: 1, packetIdentifier: 1 });
    client.publish('kept', 'two', { qos: 2, packetIdentifier: 2 });
    client.publish('somewhere', 'retained', { qos: 1, packetIdentifier: 3, retain: true });
    expect(client.take()).toMatchObject([
      {
        type: 4,
        packetIdentifier: 1,
        reasonCode: 0x97,
        properties: { reasonString: expect.stringContaining('error -15') },
      },
      { type: 5, packetIdentifier: 2, reasonCode: 0x97 },
      { type: 4, packetIdentifier: 3, reasonCode: 0x97 },
    ]);
    expect(world.counters()).toMatchObject({ queuedMessages: 0, retainedMessages: 0 });
    expect(world.faults()).toEqual(Array(3).fill('publish.refused server.storage'));
    // The refusal ended the QoS 2 exchange: the identifier is free, and sent again it is taken.
    fail(world, false);
    client.publish('kept', 'two', { qos: 2, packetIdentifier: 2 });
    world.flush();
    expect(client.names()).toEqual(['PUBREC 2']);
    expect(world.counters().queuedMessages).toBe(1);
  });

  test.each([3, 4] as const)(
    'version %d: it waits unread, with all that comes behind it, and goes on by itself',
    (version) => {
      const world = bench();
      const client = world.connect({ clientId: 'p', version });
      fail(world);
      client.publish('nowhere', 'first', { qos: 1, packetIdentifier: 1 });
      client.publish('kept', 'one', { qos: 1, packetIdentifier: 2 });
      client.publish('nowhere', 'last', { qos: 1, packetIdentifier: 3 });
      client.ping();
      expect(client.names()).toEqual(['PUBACK 1']);
      expect(client.paused).toBe(true);
      expect(world.counters().queuedMessages).toBe(0);
      expect(world.faults()).toEqual(['reading.paused server.storage']);
      world.advance(600_000);
      expect(client.ended).toBeNull();
      fail(world, false);
      world.flush();
      expect(client.names()).toEqual(['PINGRESP', 'PUBACK 2', 'PUBACK 3']);
      expect(client.paused).toBe(false);
      expect(world.counters()).toMatchObject({ queuedMessages: 1, publishesReceivedQoS1: 3 });
    },
  );

  test('a QoS 0 message that asks to be retained waits in 5.0 too: there is no word to refuse it with', () => {
    const world = bench();
    const client = world.connect({ clientId: 'p' });
    fail(world);
    client.publish('t', 'x', { retain: true });
    client.publish('t', '', { retain: true });
    expect(world.counters().retainedMessages).toBe(0);
    fail(world, false);
    expect(world.counters()).toMatchObject({ retainedMessages: 0, publishesReceivedQoS0: 2 });
  });

  test('what needs no durability goes on: QoS 0, sessions that end with their connection, and clearing what is not there', () => {
    const world = bench();
    fail(world);
    const client = world.connecting({ clientId: 'p', version: 4 });
    client.subscribe('t', { qos: 2 });
    client.publish('t', 'zero');
    client.publish('t', 'one', { qos: 1, packetIdentifier: 1 });
    client.publish('t', 'two', { qos: 2, packetIdentifier: 2 });
    client.publish('kept', 'zero');
    client.publish('t', '', { retain: true });
    client.pubrel(2);
    client.unsubscribe('t');
    const names = client.names();
    expect(names).toContain('PUBLISH zero');
    expect(names.filter((name) => !name.startsWith('PUBLISH'))).toEqual([
      'CONNACK',
      'SUBACK 1 0x2',
      'PUBACK 1',
      'PUBREC 2',
      'PUBCOMP 2',
      'UNSUBACK 2',
    ]);
    expect(world.journal.pending).toBe(false);
  });

  test.each([
    ['makes a session that lasts', { clientId: 'new', cleanStart: false, sessionExpiryInterval: 10 }],
    ['resumes one', persistent],
    ['discards one', { clientId: 'keeper', cleanStart: true }],
    ['has a will', { clientId: 'new', will: { topic: 'w' } }],
  ] as [string, ConnectOptions][])('a CONNECT that %s is refused, and changes nothing', (_what, options) => {
    const world = bench();
    fail(world);
    const modern = world.connecting(options);
    expect(modern.take()).toMatchObject([
      { type: 2, reasonCode: 0x88, properties: { reasonString: expect.stringContaining('error -15') } },
    ]);
    expect(modern.ended).toBe('end');
    const { sessionExpiryInterval: _, ...old } = options;
    const older = world.connecting({ ...old, version: 4 });
    expect(older.take()).toMatchObject([{ type: 2, reasonCode: 3 }]);
    expect(world.counters()).toMatchObject({ sessions: 1, connections: 0 });
    expect(world.faults()).toEqual(Array(2).fill('connection.refused server.storage'));
    fail(world, false);
    world.connect(options);
  });

  test('SUBSCRIBE of a session that lasts: refused in 5.0, waits in 3.x; UNSUBSCRIBE waits', () => {
    const world = bench();
    const modern = world.connect({ ...persistent, clientId: 'a' });
    const older = world.connect({ clientId: 'b', cleanStart: false, version: 4 });
    world.events();
    fail(world);
    modern.subscribe('t');
    modern.unsubscribe('t');
    modern.ping();
    older.subscribe('t');
    expect(modern.names()).toEqual(['SUBACK 1 0x97']);
    expect(older.names()).toEqual([]);
    expect(world.faults()).toEqual([
      'subscription.refused server.storage',
      'reading.paused server.storage',
      'reading.paused server.storage',
    ]);
    fail(world, false);
    world.flush();
    expect(modern.names()).toEqual(['UNSUBACK 2 0x11', 'PINGRESP']);
    expect(older.names()).toEqual(['SUBACK 1 0x0']);
  });

  test('what was applied before stays held and is acknowledged when the disk is back, in order', () => {
    const world = bench();
    const client = world.connect({ clientId: 'p' });
    client.publish('kept', 'one', { qos: 1, packetIdentifier: 1 });
    fail(world);
    client.publish('kept', 'two', { qos: 1, packetIdentifier: 2 });
    client.publish('nowhere', 'three', { qos: 1, packetIdentifier: 3 });
    expect(client.names()).toEqual([]);
    fail(world, false);
    world.flush();
    // [MQTT-4.6.0-2]
    expect(client.names()).toEqual(['PUBACK 1', 'PUBACK 2 0x97', 'PUBACK 3 0x10']);
  });

  test('exchanges under way go on as far as they only take away, and deliveries go out', () => {
    const world = bench();
    const keeper = world.connecting(persistent);
    world.flush();
    const publisher = world.connect({ clientId: 'p' });
    publisher.publish('kept', 'x', { qos: 1, packetIdentifier: 1 });
    world.flush();
    keeper.take();
    fail(world);
    keeper.puback(1);
    expect(world.counters().queuedMessages).toBe(0);
    keeper.lose();
    fail(world, false);
    world.flush();
    world.crash();
    const back = world.connecting(persistent);
    world.flush();
    expect(back.names()).toEqual(['CONNACK']);
  });

  test('a duplicate of a QoS 2 message that was taken is answered', () => {
    const world = bench();
    const client = world.connect({ ...persistent, clientId: 'p', version: 4 });
    client.publish('t', 'x', { qos: 2, packetIdentifier: 7 });
    world.flush();
    fail(world);
    client.publish('t', 'x', { qos: 2, packetIdentifier: 7, dup: true });
    expect(client.names()).toEqual(['PUBREC 7', 'PUBREC 7']);
  });

  test('a shared group needs the journal where a member that lasts may get the message', () => {
    const world = bench();
    world.subscriber('$share/g/s', { clientId: 'm1' }, { qos: 1 });
    const client = world.connect({ clientId: 'p' });
    fail(world);
    client.publish('s', 'x', { qos: 1, packetIdentifier: 1 });
    fail(world, false);
    world.subscriber('$share/g/s', { ...persistent, clientId: 'm2' }, { qos: 1 });
    fail(world);
    client.publish('s', 'x', { qos: 1, packetIdentifier: 2 });
    expect(client.names()).toEqual(['PUBACK 1', 'PUBACK 2 0x97']);
  });

  test('a message for a session that ends meanwhile is refused, as long as a crash could bring the session back', () => {
    const world = bench();
    const [modern, older] = [world.connect({ clientId: 'p' }), world.connect({ clientId: 'o', version: 4 })];
    fail(world);
    world.advance(1_000_000);
    expect(world.counters().sessions).toBe(2);
    modern.publish('kept', 'x', { qos: 1, packetIdentifier: 1 });
    modern.publish('other', 'x', { qos: 1, packetIdentifier: 2 });
    older.publish('kept', 'x', { qos: 1, packetIdentifier: 1 });
    expect([modern.names(), older.names()]).toEqual([['PUBACK 1 0x97', 'PUBACK 2 0x10'], []]);
    fail(world, false);
    world.flush();
    modern.publish('kept', 'x', { qos: 1, packetIdentifier: 3 });
    expect([modern.names(), older.names()]).toEqual([['PUBACK 3 0x10'], ['PUBACK 1']]);
  });

  test('a deployment that is added meanwhile is held back too', () => {
    const world = bench();
    fail(world);
    world.input((engine, now) => {
      engine.closeDeployment(OTHER_DEPLOYMENT, 'deployment.deleted', true, now);
      engine.addDeployment(OTHER_DEPLOYMENT, now);
    });
    expect(world.connecting(persistent, { serverName: 'd2.berth.test' }).take()).toMatchObject([{ reasonCode: 0x88 }]);
  });

  test('a client that waits may leave; nothing of it happens afterwards', () => {
    const world = bench();
    const client = world.connect({ clientId: 'p', version: 4 });
    fail(world);
    client.publish('kept', 'x', { qos: 1 });
    client.lose();
    fail(world, false);
    world.flush();
    expect(world.counters().queuedMessages).toBe(0);
  });

  test('where the journal keeps nothing, nothing is refused', () => {
    const world = new EngineBench();
    fail(world);
    const client = world.connect(persistent);
    client.publish('t', 'x', { qos: 2, retain: true });
    expect(client.names()).toEqual(['PUBREC 1']);
  });
});

describe('while the disk cannot keep up', () => {
  test('only what needs the journal waits, and only in the deployment that fills the queue', () => {
    const world = bench();
    const other = { serverName: 'd2.berth.test' };
    world.subscriber('kept', persistent, { qos: 1 }, other).lose();
    world.flush();
    const noisy = world.connect({ clientId: 'p' });
    const quiet = world.connect({ clientId: 'p' }, other);
    world.events();
    stall(world, DEPLOYMENT);
    quiet.publish('kept', 'x', { qos: 1 });
    noisy.publish('nowhere', 'x', { qos: 1, packetIdentifier: 1 });
    noisy.publish('kept', 'x', { qos: 1, packetIdentifier: 2 });
    world.flush();
    expect(quiet.names()).toEqual(['PUBACK 1']);
    expect(noisy.names()).toEqual(['PUBACK 1 0x10']);
    expect(noisy.paused).toBe(true);
    // Nothing is refused: the disk works.
    expect(world.faults()).toEqual(['reading.paused server.busy']);
    stall(world);
    world.flush();
    expect(noisy.names()).toEqual(['PUBACK 2']);
    expect(world.counters()).toMatchObject({ queuedMessages: 1, readPauses: 1 });
  });

  test('what a client leaves behind that waits for the journal is lost, and said; what needs none is handled', () => {
    const world = bench();
    world.subscriber('kept', persistent, { qos: 1 }).lose();
    const reader = world.subscriber('plain', { clientId: 'reader' });
    const client = world.connect({ clientId: 'p', version: 4, will: { topic: 'plain', payload: 'will' } });
    world.flush();
    world.events();
    stall(world, DEPLOYMENT);
    client.send(publishOf('kept', 'x', { qos: 1 }), publishOf('plain', 'before the end'), {
      type: PacketType.DISCONNECT,
      reasonCode: 0,
      properties: null,
    });
    client.lose({ kind: 'peer' });
    expect(reader.payloads()).toEqual(['before the end']);
    expect(world.events('message.dropped')).toMatchObject([{ detail: 'packets from before the client left: 1' }]);
  });

  test('publishers go on in the order in which they began to wait', () => {
    const world = bench();
    const clients = ['a', 'b', 'c'].map((clientId) => world.connect({ clientId }));
    stall(world, DEPLOYMENT);
    for (const [index, client] of clients.entries()) client.publish('kept', `${index}`, { qos: 1 });
    stall(world);
    const back = world.connecting(persistent);
    world.flush();
    expect(back.payloads()).toEqual(['0', '1', '2']);
  });

  test('a CONNECT that needs the journal waits for its turn and is answered then', () => {
    const world = bench();
    stall(world, DEPLOYMENT);
    const client = world.connecting(persistent);
    const gone = world.connecting({ ...persistent, clientId: 'gone' });
    gone.lose();
    world.flush();
    expect(client.names()).toEqual([]);
    stall(world);
    world.flush();
    expect(client.names()).toEqual(['CONNACK']);
    expect(world.counters()).toMatchObject({ sessions: 1 });
  });

  test('a client that leaves before its CONNECT is answered waits no more: nothing of it is kept', () => {
    using wait = spyOn(StorageGate.prototype, 'wait');
    using leave = spyOn(StorageGate.prototype, 'leave');
    const world = bench();
    stall(world, DEPLOYMENT);
    world.connecting(persistent).lose();
    world.flush();
    expect(wait.mock.calls.length).toBe(1);
    expect(leave.mock.calls.at(-1)?.[0]).toBe(wait.mock.calls[0]?.[0]);
  });

  test('it fails meanwhile: those who wait and can be refused are refused', () => {
    const world = bench();
    const client = world.connect({ clientId: 'p' });
    stall(world, DEPLOYMENT);
    client.publish('kept', 'x', { qos: 1 });
    fail(world);
    expect(client.names()).toEqual(['PUBACK 1 0x97']);
  });
});

describe('wills of sessions that end with their connection', () => {
  const will = { topic: 'w', payload: 'gone', properties: { willDelayInterval: 1000 } } as const;

  test('CONNACK waits until the will is durable; leaving takes the record with it', () => {
    const world = bench();
    const client = world.connecting({ clientId: 'p', will });
    expect(client.names()).toEqual([]);
    world.flush();
    expect(client.names()).toEqual(['CONNACK']);
    client.disconnect();
    world.flush();
    world.crash();
    world.advance(100_000);
    expect(world.events('will.published')).toEqual([]);
  });

  test('the service is killed: the will is published after the grace time, once', () => {
    const world = bench();
    world.connect({ clientId: 'p', username: 'anna', will });
    world.crash(30_000, 5_000);
    expect(world.counters().sessions).toBe(1);
    const watcher = world.subscriber('w', { clientId: 'watcher' });
    world.advance(29_999);
    expect(watcher.payloads()).toEqual([]);
    world.advance(1);
    expect(watcher.payloads()).toEqual(['gone']);
    expect(world.events('will.published')).toMatchObject([{ clientId: 'p', username: 'anna' }]);
    world.flush();
    world.crash();
    world.advance(100_000);
    expect(world.events('will.published')).toEqual([]);
  });

  test('the client is back in time: it is not published, and the next crash knows the new will only', () => {
    const world = bench();
    world.connect({ clientId: 'p', will });
    world.crash();
    const back = world.connecting({ clientId: 'p', will: { topic: 'w', payload: 'second' } });
    world.flush();
    expect(back.take()).toMatchObject([{ type: 2, sessionPresent: false }]);
    world.advance(100_000);
    expect(world.events('will.published')).toEqual([]);
    world.crash();
    const watcher = world.subscriber('w', { clientId: 'watcher' });
    world.advance(100_000);
    expect(watcher.payloads()).toEqual(['second']);
  });

  test('the deployment is deleted within the grace time: nothing is published', () => {
    const world = bench();
    world.connect({ clientId: 'p', will });
    world.crash();
    world.input((engine, now) => engine.closeDeployment(DEPLOYMENT, 'deployment.deleted', true, now));
    world.advance(100_000);
    expect(world.events('will.published')).toEqual([]);
    expect(world.engine.nextTickAt).toBe(Infinity);
  });
});
