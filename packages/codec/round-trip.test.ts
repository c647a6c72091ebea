import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { anyPacket } from './arbitraries.ts';
import {
  decode,
  DecodeError,
  encode,
  encodeAck,
  encodeConnack,
  encodeDisconnect,
  encodedPublishSize,
  encodePublish,
  encodeSuback,
  Framer,
  publishPacketIdentifierOffset,
} from './mod.ts';
import type { Packet, ProtocolVersion } from './mod.ts';
import { decodeWire, wire } from './wire-notation.ts';

const seed = 20_240_608;
const versions: ProtocolVersion[] = [3, 4, 5];

/** Pushes the bytes in chunks of the given lengths and decodes what comes out, as a server does. */
function decodeStream(version: ProtocolVersion, bytes: Uint8Array, lengths: Iterable<number>): Packet[] {
  const framer = new Framer(bytes.length);
  const packets: Packet[] = [];
  let offset = 0;
  for (const length of lengths) {
    framer.push(bytes.slice(offset, offset + length));
    offset += length;
    while (framer.next()) packets.push(decode(version, framer.header, framer.buffer, framer.bodyStart, framer.end));
    framer.release();
  }
  expect(framer.bufferedBytes).toBe(0);
  return packets;
}

for (const version of versions) {
  describe(`level ${version}`, () => {
    test('every packet decodes to what was encoded', () => {
      const property = fc.property(anyPacket(version), (packet) => {
        expect(decodeWire(version, encode(version, packet))).toEqual(packet);
      });
      fc.assert(property, { seed, numRuns: 2000 });
    });

    test('packets arrive a byte at a time and in chunks of any length', () => {
      const packets = fc.array(anyPacket(version), { minLength: 1, maxLength: 6 });
      const property = fc.property(packets, fc.integer({ min: 2, max: 200 }), (packets, length) => {
        const bytes = Uint8Array.from(packets.flatMap((packet) => [...encode(version, packet)]));
        expect(
          decodeStream(
            version,
            bytes,
            Array.from(bytes, () => 1),
          ),
        ).toEqual(packets);
        expect(
          decodeStream(
            version,
            bytes,
            Array.from({ length: Math.ceil(bytes.length / length) }, () => length),
          ),
        ).toEqual(packets);
      });
      fc.assert(property, { seed, numRuns: 150 });
    });

    test('random bytes throw a DecodeError or nothing', () => {
      const property = fc.property(fc.nat({ max: 255 }), fc.uint8Array({ maxLength: 60 }), (header, body) => {
        expectDecodeErrorAtMost(() => decode(version, header, body, 0, body.length));
      });
      fc.assert(property, { seed, numRuns: 20_000 });
    });

    test('a packet with bytes changed, cut or added throws a DecodeError or decodes to what encodes again', () => {
      const change = fc.record({ at: fc.nat({ max: 400 }), to: fc.nat({ max: 255 }) });
      const changes = fc.array(change, { minLength: 1, maxLength: 3 });
      const property = fc.property(
        anyPacket(version),
        changes,
        fc.integer({ min: -3, max: 3 }),
        (packet, changes, more) => {
          const bytes = encode(version, packet);
          const bodyStart = bytes.findIndex((byte, i) => i > 0 && byte < 0x80) + 1;
          const mutated = new Uint8Array(Math.max(bodyStart, bytes.length + more));
          mutated.set(bytes.subarray(0, mutated.length));
          for (const { at, to } of changes) mutated[at % mutated.length] = to;
          let decoded: Packet | null = null;
          expectDecodeErrorAtMost(() => {
            decoded = decode(version, mutated[0] ?? 0, mutated, bodyStart, mutated.length);
          });
          if (decoded !== null) expect(decodeWire(version, encode(version, decoded))).toEqual(decoded);
        },
      );
      fc.assert(property, { seed, numRuns: 5000 });
    });

    test('a random stream ends in packets, a DecodeError or more to come', () => {
      const property = fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (chunks) => {
        expectDecodeErrorAtMost(() => {
          const framer = new Framer(100);
          for (const chunk of chunks) {
            framer.push(chunk);
            while (framer.next()) decode(version, framer.header, framer.buffer, framer.bodyStart, framer.end);
            framer.release();
            expect(framer.bufferedBytes).toBeLessThanOrEqual(100);
          }
        });
      });
      fc.assert(property, { seed, numRuns: 5000 });
    });
  });
}

function expectDecodeErrorAtMost(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    expect(error.reasonCode).toBeGreaterThanOrEqual(0x81);
  }
}

describe('encoders of single packets', () => {
  test('agree with encode, and the announced size with the bytes', () => {
    for (const version of versions) {
      const property = fc.property(anyPacket(version), (packet) => {
        const bytes = encode(version, packet);
        if (packet.type === 3) {
          const { topic, payload, qos, retain, dup, packetIdentifier, properties } = packet;
          expect(encodePublish(version, topic, payload, qos, retain, dup, packetIdentifier, properties)).toEqual(bytes);
          expect(encodedPublishSize(version, topic, payload.length, qos, properties)).toBe(bytes.length);
        } else if (packet.type >= 4 && packet.type <= 7 && 'reasonCode' in packet && 'packetIdentifier' in packet) {
          const { type, packetIdentifier, reasonCode, properties } = packet;
          expect(encodeAck(version, type, packetIdentifier, reasonCode, properties)).toEqual(bytes);
        } else if (packet.type === 2) expect(encodeConnack(version, packet)).toEqual(bytes);
        else if (packet.type === 9 || packet.type === 11) expect(encodeSuback(version, packet)).toEqual(bytes);
        else if (packet.type === 14) {
          expect(encodeDisconnect(version, packet.reasonCode, packet.properties)).toEqual(bytes);
        }
      });
      fc.assert(property, { seed, numRuns: 500 });
    }
  });

  test('the identifier of an encoded PUBLISH can be patched, whatever its length', () => {
    for (const size of [0, 200, 20_000, 2_100_000]) {
      const bytes = encodePublish(5, 'a/ü', new Uint8Array(size), 1, false, false, 1, { contentType: 'x' });
      const offset = publishPacketIdentifierOffset(bytes);
      bytes[offset] = 0xab;
      bytes[offset + 1] = 0xcd;
      expect(decodeWire(5, bytes)).toMatchObject({ topic: 'a/ü', packetIdentifier: 0xabcd });
    }
    expect(publishPacketIdentifierOffset(wire("30 03 0001 't'"))).toBe(-1);
  });

  test('fields of later versions are left out for earlier ones', () => {
    const properties = { reasonString: 'no' };
    expect(encodeAck(4, 4, 1, 0x87, properties)).toEqual(wire('40 02 0001'));
    expect(encodeDisconnect(3, 0x8e, properties)).toEqual(wire('e0 00'));
    expect(encodeConnack(3, { type: 2, sessionPresent: true, reasonCode: 0, properties })).toEqual(wire('20 02 00 00'));
    expect(encodeSuback(4, { type: 11, packetIdentifier: 1, reasonCodes: [0], properties })).toEqual(
      wire('b0 02 0001'),
    );
    expect(encodePublish(4, 't', new Uint8Array(0), 0, false, false, 0, { contentType: 'x' })).toEqual(
      wire("30 03 0001't'"),
    );
  });

  test('a lone surrogate becomes the replacement character, counted as such', () => {
    const bytes = encodePublish(4, 'a\ud800b', new Uint8Array(0), 0, false, false, 0, null);
    expect(bytes).toEqual(wire("30 07 0005 'a' efbfbd 'b'"));
  });

  test('a property that is there but undefined is not written', () => {
    const properties = { contentType: undefined } as unknown as null;
    expect(encodePublish(5, 't', new Uint8Array(0), 0, false, false, 0, properties)).toEqual(wire("30 04 0001't' 00"));
  });
});

describe('topic names', () => {
  test('names that share a place in the table of interned names stay apart', () => {
    const topics = Array.from({ length: 40_000 }, (_, i) => `t/${i}`);
    for (let round = 0; round < 2; round++) {
      for (const topic of topics) {
        const bytes = encodePublish(4, topic, new Uint8Array(0), 0, false, false, 0, null);
        const packet = decodeWire(4, bytes);
        if (packet.type !== 3 || packet.topic !== topic) throw new Error(`${topic} came back wrong`);
      }
    }
  });

  test('names of every length come back', () => {
    for (let length = 1; length < 200; length++) {
      const topic = 'x'.repeat(length);
      expect(decodeWire(4, encodePublish(4, topic, new Uint8Array(0), 0, false, false, 0, null))).toMatchObject({
        topic,
      });
    }
  });
});
