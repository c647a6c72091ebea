import { describe, expect, test } from 'bun:test';
import {
  encodeAck,
  encodeConnack,
  encodeDisconnect,
  encodePublish,
  encodeSuback,
  publishPacketIdentifierOffset,
} from './mod.ts';
import { decodeWire, wire } from './wire-notation.ts';

describe('encoders of single packets', () => {
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
