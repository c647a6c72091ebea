import { describe, expect, test } from 'bun:test';
import { publishOf } from '../../../testkit/engine-client.ts';
import { EngineBench } from '../../../testkit/engine-bench.ts';
import { encode } from '../../codec/mod.ts';

const versions = [3, 4, 5] as const;
const qualities = [0, 1, 2] as const;
const pairs = versions.flatMap((from) => versions.map((to) => [from, to] as const));

describe('a packet that goes on as it came', () => {
  test.each(pairs)('from version %p to version %p, at each QoS, with flags and identifier of its own', (from, to) => {
    const bench = new EngineBench();
    const receivers = qualities.map((qos) =>
      bench.subscriber('a/b', { clientId: `receiver ${qos}`, version: to }, { qos, retainAsPublished: true }),
    );
    const client = bench.connect({ version: from });
    for (const receiver of receivers) receiver.take();
    for (const [index, qos] of qualities.entries()) {
      const options = { qos, retain: true, dup: qos > 0, packetIdentifier: qos === 0 ? 0 : 700 + qos };
      client.publish('a/b', `payload ${index}`, options);
    }
    for (const [limit, receiver] of receivers.entries()) {
      const qosOf = (qos: number): number => Math.min(qos, limit);
      expect(receiver.messages()).toMatchObject(
        qualities.map((qos, index) => ({
          topic: 'a/b',
          payload: `payload ${index}`,
          qos: qosOf(qos),
          // Only 5.0 can ask for the flag as it was published.
          retain: to === 5,
          dup: false,
          packetIdentifier: qosOf(qos) === 0 ? 0 : qualities.filter((other) => other <= qos && qosOf(other) > 0).length,
        })),
      );
    }
  });

  test.each(versions)('version %p: the bytes that came in are unchanged, so that others can have them', (version) => {
    const bench = new EngineBench();
    for (const qos of qualities) bench.subscriber('t', { clientId: `receiver ${qos}`, version }, { qos });
    const client = bench.connect({ version });
    for (const qos of qualities) {
      const bytes = encode(version, publishOf('t', 'x', { qos, packetIdentifier: 0x1234, retain: true }));
      const before = bytes.slice();
      client.bytes(bytes);
      expect(bytes).toEqual(before);
    }
  });

  test('a Remaining Length of more bytes than it needs does not go on', () => {
    const bench = new EngineBench();
    const receiver = bench.subscriber('t', { clientId: 'receiver', version: 4 }, { qos: 1 });
    const client = bench.connect({ version: 4 });
    client.take();
    const plain = encode(4, publishOf('t', 'x', { qos: 1, packetIdentifier: 5 }));
    client.bytes(Uint8Array.of(plain[0] ?? 0, (plain[1] ?? 0) | 0x80, 0x00, ...plain.subarray(2)));
    expect(receiver.take()).toMatchObject([{ payload: new TextEncoder().encode('x'), packetIdentifier: 1 }]);
    expect(client.names()).toEqual(['PUBACK 5']);
  });

  test('what is not acknowledged is sent again from a copy: the receive buffer is another one by then', () => {
    const bench = new EngineBench();
    const persistent = { clientId: 'receiver', version: 4, cleanStart: false } as const;
    const receiver = bench.subscriber('t', persistent, { qos: 1 });
    const client = bench.connect({ version: 4 });
    client.publish('t', 'first', { qos: 1, packetIdentifier: 9 });
    client.publish('t', 'other', { qos: 1, packetIdentifier: 9 });
    receiver.lose();
    const back = bench.connecting(persistent);
    expect(back.messages()).toMatchObject([
      { payload: 'first', packetIdentifier: 1, dup: true },
      { payload: 'other', packetIdentifier: 2, dup: true },
    ]);
  });

  test('the publisher that has subscribed itself gets its PUBACK first, then the message', () => {
    const bench = new EngineBench();
    const client = bench.subscriber('t', { version: 4 }, { qos: 1 });
    client.take();
    client.publish('t', 'x', { qos: 1, packetIdentifier: 77 });
    expect(client.names()).toEqual(['PUBACK 77', 'PUBLISH 1 x']);
  });

  test('a client with a Maximum Packet Size below the packet does not get it [MQTT-3.1.2-24]', () => {
    const bench = new EngineBench();
    const receiver = bench.subscriber('t', { clientId: 'r', properties: { maximumPacketSize: 30 } }, { qos: 1 });
    const client = bench.connect();
    client.publish('t', 'x'.repeat(40), { qos: 1, packetIdentifier: 1 });
    client.publish('t', 'y'.repeat(40));
    client.publish('t', 'short', { qos: 1, packetIdentifier: 1 });
    expect(receiver.payloads()).toEqual(['short']);
  });
});
