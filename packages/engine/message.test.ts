import { describe, expect, test } from 'bun:test';
import { EngineBench } from '../../testkit/engine-bench.ts';
import { keep, letGo, payloadOf, type Message } from './message.ts';

function messageOf(payload: Uint8Array): Message {
  return {
    topic: 't',
    payload,
    payloadBytes: payload.byteLength,
    qos: 1,
    retain: false,
    properties: null,
    propertyBytes: 0,
    expiresAt: Infinity,
    kept: false,
    holders: 0,
    content: null,
    retainedFrom: null,
    packet: null,
    encoded: null,
  };
}

describe('the memory of a payload', () => {
  test('goes back with the last holder, and the message says so when it is used again', () => {
    const message = keep(messageOf(new Uint8Array(10_000).fill(7)));
    const payload = payloadOf(message);
    message.holders = 2;
    letGo(message);
    expect(payloadOf(message)).toBe(payload);
    letGo(message);
    expect(payload.byteLength).toBe(0);
    expect(() => payloadOf(message)).toThrow('nobody holds');
  });

  test('is not touched while it is the receive buffer, or somebody else has it for good', () => {
    const received = new Uint8Array(10_000).fill(7);
    const passing = messageOf(received);
    passing.holders = 1;
    letGo(passing);
    const shared = { ...messageOf(received), kept: true, holders: Infinity };
    letGo(shared);
    expect([received.byteLength, payloadOf(shared).byteLength]).toEqual([10_000, 10_000]);
  });
});

describe('a large message that several have', () => {
  const large = (text: string) => text.repeat(5_000);
  const persistent = (clientId: string) => ({ clientId, cleanStart: false, sessionExpiryInterval: 1_000 }) as const;

  test('stays whole for the one whose turn comes last', () => {
    const bench = new EngineBench({ limits: { queuedMessages: 2 } });
    for (const name of ['one', 'two']) bench.subscriber('t', persistent(name), { qos: 1 }).lose();
    bench.subscriber('own', persistent('three'), { qos: 1 }).lose();
    const publisher = bench.connect({ clientId: 'publisher' });
    publisher.publish('t', large('a'), { qos: 1, packetIdentifier: 1, retain: true });
    // Full: the queue of each gives up its oldest, which is retained still.
    for (const id of [2, 3]) publisher.publish('t', large('b'), { qos: 1, packetIdentifier: id });
    const reader = bench.connect({ clientId: 'reader' });
    reader.subscribe('t', { qos: 1 });
    expect(reader.payloads()).toEqual([large('a')]);
    const one = bench.connecting(persistent('one'));
    expect(one.payloads()).toEqual([large('b'), large('b')]);
    one.puback(1);
    one.puback(2);
    expect(bench.connecting(persistent('two')).payloads()).toEqual([large('b'), large('b')]);
  });

  test('is sent again whole after it was retained, replaced and not acknowledged', () => {
    const bench = new EngineBench();
    const publisher = bench.connect({ clientId: 'publisher' });
    publisher.publish('t', large('a'), { qos: 1, packetIdentifier: 1, retain: true });
    const reader = bench.subscriber('t', persistent('reader'), { qos: 1 });
    publisher.publish('t', large('b'), { qos: 1, packetIdentifier: 2, retain: true });
    reader.lose();
    publisher.publish('t', '', { qos: 1, packetIdentifier: 3, retain: true });
    expect(bench.connecting(persistent('reader')).payloads()).toEqual([large('a'), large('b'), '']);
  });
});
