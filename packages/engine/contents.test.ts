import { describe, expect, test } from 'bun:test';
import { DEPLOYMENT, EngineBench } from '../../testkit/engine-bench.ts';
import type { ConnectOptions, EngineClient } from '../../testkit/engine-client.ts';
import { recordKindOf } from './record-kinds.ts';

const large = 'x'.repeat(100_000);

function persistent(clientId: string): ConnectOptions {
  return { clientId, cleanStart: false, sessionExpiryInterval: 100_000 };
}

/** How many records of messages and of contents the journal has. */
function stored(bench: EngineBench): { messages: number; contents: number; bytes: number } {
  const records = bench.journal.records(DEPLOYMENT);
  const count = (kind: string): number => records.filter(({ key }) => recordKindOf(key) === kind).length;
  const bytes = records.reduce((sum, { value }) => sum + value.byteLength, 0);
  return { messages: count('messages'), contents: count('contents'), bytes };
}

/** Sessions that last, whose clients are away, and a client that publishes to them. */
function away(count: number, options: ConstructorParameters<typeof EngineBench>[0] = {}, filter = 't') {
  const bench = new EngineBench({ durable: true, ...options });
  for (let index = 0; index < count; index++) bench.subscriber(filter, persistent(`s${index}`), { qos: 2 }).lose();
  return { bench, publisher: bench.connect({ clientId: 'p' }) };
}

function back(bench: EngineBench, index: number): EngineClient {
  const client = bench.connecting(persistent(`s${index}`));
  bench.flush();
  return client;
}

describe('a large message for many sessions that last', () => {
  test('is stored once, comes to each of them after a crash, and goes with the last', () => {
    const { bench, publisher } = away(50);
    publisher.publish('t', large, { qos: 1 });
    bench.flush();
    expect(publisher.names()).toEqual(['PUBACK 1']);
    expect(stored(bench)).toMatchObject({ messages: 50, contents: 1 });
    expect(stored(bench).bytes).toBeLessThan(large.length + 50 * 1_000);
    bench.crash();
    expect(bench.counters()).toMatchObject({ queuedMessages: 50 });
    for (let index = 0; index < 50; index++) {
      const client = back(bench, index);
      expect(client.payloads()).toEqual([large]);
      expect(stored(bench).contents).toBe(1);
      client.puback(1);
      bench.flush();
    }
    expect(stored(bench)).toMatchObject({ messages: 0, contents: 0 });
  });

  test('each has its own QoS, flags and identifiers, and properties are those of the message', () => {
    const { bench, publisher } = away(1);
    bench.subscriber('#', persistent('other'), { qos: 1, retainAsPublished: true, subscriptionIdentifier: 7 }).lose();
    const properties = { contentType: 'text', messageExpiryInterval: 100, correlationData: Uint8Array.of(1, 2) };
    publisher.publish('t', large, { qos: 2, retain: true, properties });
    bench.flush();
    bench.crash(0, 40_000);
    const [first] = back(bench, 0).messages();
    expect(first).toMatchObject({ qos: 2, retain: false, properties: { ...properties, messageExpiryInterval: 60 } });
    const other = bench.connecting(persistent('other'));
    bench.flush();
    expect(other.messages()).toMatchObject([
      { qos: 1, retain: true, properties: { contentType: 'text', subscriptionIdentifiers: [7] } },
    ]);
  });

  test('is not stored where the crash came before it was durable, and leaves nothing behind', () => {
    const { bench, publisher } = away(3, { autoFlush: false });
    bench.flush();
    publisher.publish('t', large, { qos: 1 });
    bench.crash();
    bench.flush();
    expect(stored(bench)).toMatchObject({ messages: 0, contents: 0 });
  });

  test('goes with what ends its sessions: a full queue, a clean start, the end of a session', () => {
    const { bench, publisher } = away(3, { limits: { queuedMessages: 1 } });
    publisher.publish('t', large, { qos: 1, packetIdentifier: 1 });
    publisher.publish('t', `${large}2`, { qos: 1, packetIdentifier: 2 });
    bench.flush();
    expect(stored(bench)).toMatchObject({ messages: 3, contents: 1 });
    bench.connecting({ clientId: 's0' });
    bench.flush();
    expect(stored(bench)).toMatchObject({ messages: 2, contents: 1 });
    bench.advance(200_000_000);
    bench.flush();
    expect(stored(bench)).toMatchObject({ messages: 0, contents: 0 });
  });

  test('moves to another member of its group, and is stored for that', () => {
    const { bench, publisher } = away(2, {}, '$share/g/t');
    publisher.publish('t', large, { qos: 1 });
    bench.flush();
    expect(stored(bench)).toMatchObject({ messages: 1, contents: 1 });
    for (const index of [0, 1]) {
      // Whoever has it begins anew.
      bench.connecting({ clientId: `s${index}` }).lose();
      bench.flush();
      if (index === 0) expect(stored(bench)).toMatchObject({ messages: 1, contents: 1 });
    }
    expect(stored(bench)).toMatchObject({ messages: 0, contents: 0 });
  });

  test('numbers go on after a restart: a new message does not take the place of an old one', () => {
    const { bench, publisher } = away(2);
    publisher.publish('t', `old${large}`, { qos: 1 });
    bench.flush();
    bench.crash();
    const again = bench.connect({ clientId: 'p' });
    again.publish('t', `new${large}`, { qos: 1 });
    bench.flush();
    bench.crash();
    expect(stored(bench)).toMatchObject({ messages: 4, contents: 2 });
    expect(
      back(bench, 1)
        .payloads()
        .map((payload) => payload.slice(0, 3)),
    ).toEqual(['old', 'new']);
  });
});

test('small messages have records of their own', () => {
  const { bench, publisher } = away(2);
  publisher.publish('t', 'small', { qos: 1 });
  bench.flush();
  expect(stored(bench)).toMatchObject({ messages: 2, contents: 0 });
});
