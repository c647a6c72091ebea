import { describe, expect, test } from 'bun:test';
import { EngineBench } from '../../../testkit/engine-bench.ts';
import type { EngineClient } from '../../../testkit/engine-client.ts';
import { PacketType, type SubscribePacket } from '../../codec/mod.ts';

const persistent = { clientId: 'a', cleanStart: false, sessionExpiryInterval: 1000 } as const;

function subscribeAll(client: EngineClient, ...topicFilters: string[]): void {
  const packet: SubscribePacket = {
    type: PacketType.SUBSCRIBE,
    packetIdentifier: 1,
    subscriptions: topicFilters.map((topicFilter) => ({
      topicFilter,
      qos: 1,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
    })),
    properties: null,
  };
  client.send(packet);
}

describe('SUBSCRIBE and UNSUBSCRIBE', () => {
  test('one answer with a code for each filter', () => {
    const bench = new EngineBench({ limits: { subscriptionsPerClient: 2, topicLevels: 3 } });
    const client = bench.connect();
    bench.events();
    subscribeAll(client, 'a', 'a/b/c/d', 'b', 'c');
    expect(client.names()).toEqual(['SUBACK 1 0x1 0x8f 0x1 0x97']);
    const events = bench.events();
    expect(events.map(({ kind, fault }) => `${kind} ${fault}`)).toEqual([
      'subscription.refused limit.topic',
      'subscription.refused limit.subscriptions',
      'subscription.added null',
      'subscription.added null',
    ]);
    client.unsubscribe('a', 'nothing');
    expect(client.names()).toEqual(['UNSUBACK 2 0x0 0x11']);
    expect(bench.counters().subscriptions).toBe(1);
  });

  test('the limit counts filters that are new only', () => {
    const bench = new EngineBench({ limits: { subscriptionsPerClient: 2 } });
    const client = bench.subscriber('a', { version: 4 });
    subscribeAll(client, 'a', 'b', 'b', 'a');
    expect(client.names()).toEqual(['SUBACK 1 0x1 0x1 0x1 0x1']);
    subscribeAll(client, 'c', 'a');
    expect(client.names()).toEqual(['SUBACK 1 0x80 0x1']);
  });

  test('3.1 has no code for a refusal: the connection closes', () => {
    const bench = new EngineBench({ limits: { topicLevels: 1 } });
    const client = bench.connect({ version: 3 });
    bench.events();
    client.subscribe('a/b');
    expect(client.ended).toBe('end');
    expect(bench.faults()).toEqual(['subscription.refused limit.topic', 'connection.closed limit.topic']);
  });

  test('a ShareName is held to the bytes of topics as well', () => {
    const bench = new EngineBench({ limits: { topicBytes: 20, topicLevels: 2 } });
    const client = bench.connect();
    client.subscribe(`$share/${'n'.repeat(12)}/${'t'.repeat(20)}`);
    expect(client.names()).toEqual(['SUBACK 1 0x0']);
    client.subscribe(`$share/${'n'.repeat(60)}/t`);
    expect(client.names()).toEqual(['SUBACK 1 0x8f']);
    expect(bench.counters().subscriptions).toBe(1);
  });

  test('UNSUBSCRIBE with a filter that is none closes the connection, and removes nothing', () => {
    for (const wrong of ['b#', '$share/+/x', '$share/g']) {
      const bench = new EngineBench();
      const client = bench.subscriber('a', { ...persistent, clientId: 'a' });
      client.unsubscribe('a', wrong);
      expect(client.names(), wrong).toEqual(['DISCONNECT 0x8f']);
      expect(bench.counters().subscriptions).toBe(1);
    }
  });

  test('filters that are none close the connection', () => {
    for (const [filter, code] of [
      ['a/#/b', '0x8f'],
      ['a+', '0x8f'],
      ['$share/g', '0x8f'],
      ['$share//t', '0x8f'],
    ] as const) {
      const bench = new EngineBench();
      const client = bench.connect();
      client.subscribe(filter);
      expect(client.names(), filter).toEqual([`DISCONNECT ${code}`]);
    }
  });

  test('denied by the rules: 0x87 in 5.0, 0x80 in 3.1.1, with the rule in the event', () => {
    const bench = new EngineBench();
    bench.policy.rules = () => ({
      publish: () => ({ allowed: true, rule: null }),
      subscribe: (filter) => ({ allowed: filter !== 'secret', rule: 'r7' }),
      deliveryFilter: () => null,
    });
    const five = bench.connect({ clientId: 'five' });
    five.subscribe('secret');
    expect(five.names()).toEqual(['SUBACK 1 0x87']);
    const four = bench.connect({ clientId: 'four', version: 4 });
    four.subscribe('secret');
    expect(four.names()).toEqual(['SUBACK 1 0x80']);
    expect(bench.events('subscription.refused')).toMatchObject([
      { fault: 'access.subscribe-denied', clientId: 'five', detail: 'secret (r7)' },
      { fault: 'access.subscribe-denied', clientId: 'four', detail: 'secret (r7)' },
    ]);
    expect(bench.counters().subscribesDenied).toBe(2);
  });

  test('rules that change revoke subscriptions, and cut those that are allowed in part', () => {
    const bench = new EngineBench();
    const client = bench.subscriber('#', { clientId: 'a' });
    client.subscribe('b');
    client.take();
    bench.events();
    bench.policy.rules = ({ clientId }) =>
      clientId !== 'a'
        ? null
        : {
            publish: () => ({ allowed: true, rule: null }),
            subscribe: (filter) => ({ allowed: filter !== 'b', rule: 'r' }),
            deliveryFilter: () => (topic) => topic === 'open',
          };
    bench.setLimits({});
    expect(bench.events()).toMatchObject([
      { kind: 'subscription.removed', fault: 'access.subscription-revoked', clientId: 'a', detail: 'b (r)' },
    ]);
    const publisher = bench.connect({ clientId: 'p' });
    for (const topic of ['open', 'b', 'closed']) publisher.publish(topic, topic);
    expect(client.payloads()).toEqual(['open']);
    bench.policy.rules = () => null;
    bench.setLimits({});
    publisher.publish('closed', 'closed');
    expect(client.payloads()).toEqual(['closed']);
  });

  test('overlapping subscriptions: one copy, the highest QoS, all identifiers [MQTT-3.3.4-2..5]', () => {
    const bench = new EngineBench();
    const client = bench.connect();
    client.subscribe('a/#', { qos: 1, subscriptionIdentifier: 10 });
    client.subscribe('a/+', { qos: 2, subscriptionIdentifier: 20 });
    client.subscribe('a/b', { qos: 0 });
    client.take();
    bench.connect({ clientId: 'p' }).publish('a/b', 'x', { qos: 2 });
    const [message, ...rest] = client.messages();
    expect(rest).toEqual([]);
    expect(message?.qos).toBe(2);
    expect(message?.properties?.subscriptionIdentifiers?.toSorted((a, b) => a - b)).toEqual([10, 20]);
  });

  test('a subscription that is made again has the new options and identifier [MQTT-3.8.4-3]', () => {
    const bench = new EngineBench();
    const client = bench.connect();
    client.subscribe('t', { qos: 1, subscriptionIdentifier: 1 });
    client.subscribe('t', { qos: 0, subscriptionIdentifier: 2 });
    client.take();
    bench.connect({ clientId: 'p' }).publish('t', 'x', { qos: 1 });
    expect(client.messages()).toMatchObject([{ qos: 0, properties: { subscriptionIdentifiers: [2] } }]);
    expect(bench.counters().subscriptions).toBe(1);
  });

  test('No Local: not to the client that published it, also after it returned [MQTT-3.8.3-3]', () => {
    const bench = new EngineBench();
    const client = bench.subscriber('t', persistent, { noLocal: true, qos: 1 });
    const other = bench.subscriber('t', { clientId: 'other' }, { qos: 1 });
    client.publish('t', 'mine', { qos: 1 });
    expect(client.names()).toEqual(['PUBACK 1']);
    other.publish('t', 'theirs');
    expect(client.payloads()).toEqual(['theirs']);
    expect(other.payloads()).toEqual(['mine', 'theirs']);
    client.lose();
    const back = bench.connect(persistent);
    back.publish('t', 'mine again');
    expect(back.payloads()).toEqual([]);
  });

  test('No Local: nor its own retained messages, also after a restart [MQTT-3.8.3-3]', () => {
    const bench = new EngineBench({ durable: true });
    const publish = (clientId: string): void => {
      const client = bench.connect({ clientId });
      client.publish(`t/${clientId}`, clientId, { qos: 1, retain: true });
      bench.flush();
      client.disconnect();
    };
    for (const clientId of ['a', 'b']) publish(clientId);
    const retained = (): string[] => {
      const client = bench.connect({ clientId: 'a' });
      client.subscribe('t/#', { noLocal: true, qos: 1 });
      bench.flush();
      return client.payloads();
    };
    expect(retained()).toEqual(['b']);
    bench.crash();
    expect(retained()).toEqual(['b']);
    publish('c');
    expect(retained()).toEqual(['b', 'c']);
  });

  test('No Local on a shared subscription is a Protocol Error [MQTT-3.8.3-4]', () => {
    const bench = new EngineBench();
    const client = bench.connect();
    client.subscribe('$share/g/t', { noLocal: true });
    expect(client.names()).toEqual(['DISCONNECT 0x82']);
  });

  test('topics of the server are read, not written', () => {
    const bench = new EngineBench();
    const client = bench.subscriber('$SYS/#', {}, { qos: 1 });
    client.publish('$SYS/x', 'x', { qos: 1 });
    expect(client.names()).toEqual(['PUBACK 1 0x87']);
    bench.input((engine, now) => engine.publish('d1' as never, '$SYS/x', new Uint8Array([0x79]), true, now));
    expect(client.payloads()).toEqual(['y']);
  });
});

describe('shared subscriptions', () => {
  function members(bench: EngineBench, count: number, options: { qos: 0 | 1 | 2 }): EngineClient[] {
    return Array.from({ length: count }, (_, index) =>
      bench.subscriber('$share/g/t', { clientId: `m${index}`, cleanStart: false, sessionExpiryInterval: 100 }, options),
    );
  }

  test('each message goes to one member, in turn [MQTT-4.8.2-4]', () => {
    const bench = new EngineBench();
    const group = members(bench, 3, { qos: 1 });
    const publisher = bench.connect({ clientId: 'p' });
    for (let id = 1; id <= 9; id++) publisher.publish('t', `${id}`, { qos: 1, packetIdentifier: id });
    expect(group.map((client) => client.payloads())).toEqual([
      ['1', '4', '7'],
      ['2', '5', '8'],
      ['3', '6', '9'],
    ]);
  });

  test('two groups and an ordinary subscription each get a copy', () => {
    const bench = new EngineBench();
    const [one] = members(bench, 1, { qos: 0 });
    const two = bench.subscriber('$share/h/t', { clientId: 'two' });
    const plain = bench.subscriber('t', { clientId: 'plain' });
    bench.connect({ clientId: 'p' }).publish('t', 'x');
    expect([one, two, plain].map((client) => client?.payloads())).toEqual([['x'], ['x'], ['x']]);
  });

  test('a member that is away or full is passed over while another can take it', () => {
    const bench = new EngineBench({ limits: { inFlightOut: 2 } });
    const [first, second, third] = members(bench, 3, { qos: 1 });
    first?.lose();
    const publisher = bench.connect({ clientId: 'p' });
    for (let id = 1; id <= 4; id++) publisher.publish('t', `${id}`, { qos: 1, packetIdentifier: id });
    expect([...(second?.payloads() ?? []), ...(third?.payloads() ?? [])].toSorted()).toEqual(['1', '2', '3', '4']);
    // Nobody is ready now: a member that is there keeps it.
    publisher.publish('t', '5', { qos: 1, packetIdentifier: 5 });
    expect(bench.counters().queuedMessages).toBe(1);
    second?.lose();
    third?.lose();
    publisher.publish('t', '6', { qos: 1, packetIdentifier: 6 });
    expect(bench.counters().queuedMessages).toBe(2);
  });

  test('when a session ends, its QoS 1 messages go to another member; QoS 2 that were sent stay', () => {
    const bench = new EngineBench({ limits: { inFlightOut: 2 } });
    const first = bench.subscriber('$share/g/t', { clientId: 'first' }, { qos: 2 });
    const publisher = bench.connect({ clientId: 'p', version: 4 });
    publisher.publish('t', 'sent 1', { qos: 1, packetIdentifier: 1 });
    publisher.publish('t', 'sent 2', { qos: 2, packetIdentifier: 2 });
    publisher.publish('t', 'queued 1', { qos: 1, packetIdentifier: 3 });
    publisher.publish('t', 'queued 2', { qos: 2, packetIdentifier: 4 });
    publisher.publish('t', 'old', { qos: 1, packetIdentifier: 5 });
    expect(first.payloads()).toEqual(['sent 1', 'sent 2']);
    const second = bench.subscriber('$share/g/t', { clientId: 'second', properties: {} }, { qos: 2 });
    first.lose();
    const third = second.messages();
    second.puback(third[0]?.packetIdentifier ?? 0);
    expect([...third, ...second.messages()].map(({ payload, dup }) => [payload, dup])).toEqual([
      ['sent 1', false],
      ['queued 1', false],
      ['queued 2', false],
    ]);
    expect(bench.counters()).toMatchObject({ queuedMessages: 1, sessions: 2 });
  });

  test('a session that expires passes its messages on, unless they have expired themselves', () => {
    const bench = new EngineBench();
    const [first] = members(bench, 1, { qos: 1 });
    first?.lose();
    const publisher = bench.connect({ clientId: 'p' });
    publisher.publish('t', 'stays', { qos: 1, packetIdentifier: 1 });
    publisher.publish('t', 'old', { qos: 1, packetIdentifier: 2, properties: { messageExpiryInterval: 10 } });
    const second = bench.subscriber('$share/g/t', { clientId: 'second' }, { qos: 1 });
    expect(second.payloads()).toEqual([]);
    bench.advance(100_000);
    expect(second.payloads()).toEqual(['stays']);
    expect(bench.counters().queuedMessages).toBe(0);
  });

  test('retained messages do not go to shared subscriptions', () => {
    const bench = new EngineBench();
    bench.connect({ clientId: 'p' }).publish('t', 'x', { retain: true });
    const client = bench.connect();
    client.subscribe('$share/g/t');
    expect(client.names()).toEqual(['SUBACK 1 0x0']);
  });
});

describe('topic aliases', () => {
  test('from the client: this connection only, up to the maximum [MQTT-3.3.2-7] [MQTT-3.3.2-8]', () => {
    const bench = new EngineBench({ limits: { topicAliases: 2 } });
    const receiver = bench.subscriber('#', { clientId: 'r' });
    const client = bench.connect(persistent);
    client.publish('one', 'a', { properties: { topicAlias: 1 } });
    client.publish('', 'b', { properties: { topicAlias: 1 } });
    client.publish('two', 'c', { properties: { topicAlias: 1 } });
    client.publish('', 'd', { properties: { topicAlias: 1 } });
    expect(receiver.messages().map(({ topic, payload }) => `${topic} ${payload}`)).toEqual([
      'one a',
      'one b',
      'two c',
      'two d',
    ]);
    bench.events();
    client.publish('three', 'e', { properties: { topicAlias: 3 } });
    expect(client.names()).toEqual(['DISCONNECT 0x94']);
    const back = bench.connect(persistent);
    back.publish('', 'f', { properties: { topicAlias: 1 } });
    expect(back.names()).toEqual(['DISCONNECT 0x82']);
    expect(bench.faults()).toEqual([
      'connection.closed protocol.topic-alias',
      'connection.closed protocol.topic-alias',
    ]);
    expect(receiver.messages()).toEqual([]);
  });

  test('of a topic over the limit of bytes: what is published to it is refused as well', () => {
    const bench = new EngineBench({ limits: { topicBytes: 10 } });
    const client = bench.connect();
    const publish = (topic: string, packetIdentifier: number): void =>
      client.publish(topic, '', { qos: 1, packetIdentifier, properties: { topicAlias: 1 } });
    publish('a topic of more than ten', 1);
    publish('', 2);
    publish('short', 3);
    publish('', 4);
    expect(client.names()).toEqual(['PUBACK 1 0x90', 'PUBACK 2 0x90', 'PUBACK 3 0x10', 'PUBACK 4 0x10']);
  });

  test('to the client: within its Topic Alias Maximum [MQTT-3.3.2-9]', () => {
    const bench = new EngineBench();
    const client = bench.connect({ properties: { topicAliasMaximum: 1 } });
    client.subscribe('#', { qos: 2 });
    client.take();
    const publisher = bench.connect({ clientId: 'p' });
    publisher.publish('one', 'a');
    publisher.publish('one', 'b', { qos: 1 });
    publisher.publish('two', 'c');
    publisher.publish('one', 'd', { qos: 2, packetIdentifier: 2 });
    const seen = client.messages().map(({ topic, properties }) => [topic, properties?.topicAlias]);
    expect(seen).toEqual([
      ['one', 1],
      ['', 1],
      ['two', undefined],
      ['', 1],
    ]);
  });

  test('none to a client that asked for none, and aliases of one publisher do not reach others', () => {
    const bench = new EngineBench();
    const client = bench.subscriber('#', {}, { qos: 1 });
    bench.connect({ clientId: 'p' }).publish('one', 'a', { properties: { topicAlias: 5 } });
    expect(client.messages()).toMatchObject([{ topic: 'one', properties: null }]);
  });

  test('what waits for the journal and what does not cannot mix up an alias', () => {
    const bench = new EngineBench({ durable: true, autoFlush: false });
    const client = bench.connect({ ...persistent, properties: { topicAliasMaximum: 9 } });
    client.subscribe('#', { qos: 2 });
    bench.flush();
    client.take();
    const publisher = bench.connect({ clientId: 'p' });
    publisher.publish('t', 'durable', { qos: 2 });
    publisher.publish('t', 'now');
    bench.flush();
    expect(client.messages().map(({ topic, payload }) => `${topic} ${payload}`)).toEqual(['t now', 't durable']);
  });
});
