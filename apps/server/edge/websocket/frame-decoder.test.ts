import { describe, expect, test } from 'bun:test';
import { maskedFrame } from '../../../../testkit/websocket-frames.ts';
import { patternBytes } from '../test-client.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { frameHeaderBytesMax, writeFrameHeader } from './frame-header.ts';
import { unmask } from './unmask.ts';

/** Decodes the pieces and writes down what the decoder finds; payload pieces are joined. */
function decode(pieces: readonly Uint8Array[], messageBytesMax = 100_000) {
  const events: string[] = [];
  const payload: Uint8Array[] = [];
  const decoder = new FrameDecoder(
    {
      payload: (bytes) => void payload.push(bytes.slice()),
      ping: (bytes) => void events.push(`ping ${Buffer.from(bytes).toString('latin1')}`),
      close: (code) => void events.push(`close ${code}`),
      violation: (code, fault) => void events.push(`${code} ${fault}`),
    },
    messageBytesMax,
  );
  for (const piece of pieces) decoder.feed(piece.slice());
  return { events, payload: Buffer.concat(payload) };
}

const byteByByte = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (byte) => Uint8Array.of(byte));
const text = (value: string): Uint8Array => Buffer.from(value, 'latin1');
/** Bytes of a frame as they are, with a mask of zeros. */
const frame = (first: number, second: number, ...rest: number[]): Uint8Array =>
  Uint8Array.of(first, second, 0, 0, 0, 0, ...rest);
const close = (...payload: number[]): Uint8Array => maskedFrame(Uint8Array.from(payload), { opcode: 8 });

describe('binary frames', () => {
  for (const length of [0, 1, 124, 125, 126, 127, 128, 65_535, 65_536, 65_537]) {
    test(`with ${length} bytes of payload, in one piece, in two, and byte by byte`, () => {
      const payload = patternBytes(length);
      const bytes = maskedFrame(payload);
      const cut = Math.floor(bytes.length / 3);
      for (const pieces of [[bytes], [bytes.subarray(0, cut), bytes.subarray(cut)], byteByByte(bytes)]) {
        const decoded = decode(pieces);
        expect(decoded.events).toEqual([]);
        expect(Buffer.compare(decoded.payload, payload)).toBe(0);
      }
    });
  }

  test('many in one piece, and an MQTT packet over several, are one stream', () => {
    const frames = [text('abc'), text(''), text('d'), text('efgh')].map((payload) => maskedFrame(payload));
    expect(decode([Buffer.concat(frames)]).payload.toString()).toBe('abcdefgh');
  });

  test('fragments, with control frames between them', () => {
    const frames = [
      maskedFrame(text('one '), { final: false }),
      maskedFrame(text('!'), { opcode: 9 }),
      maskedFrame(text('two '), { opcode: 0, final: false }),
      maskedFrame(text('?'), { opcode: 10 }),
      maskedFrame(text(''), { opcode: 0, final: false }),
      maskedFrame(text('three'), { opcode: 0 }),
      maskedFrame(text(', four')),
    ];
    for (const pieces of [frames, byteByByte(Buffer.concat(frames))]) {
      expect(decode(pieces)).toEqual({ events: ['ping !'], payload: Buffer.from('one two three, four') });
    }
  });

  test('a message may be as large as the limit and no larger, in one frame or in fragments', () => {
    const part = maskedFrame(new Uint8Array(60), { final: false });
    const rest = (length: number): Uint8Array => maskedFrame(new Uint8Array(length), { opcode: 0 });
    expect(decode([maskedFrame(new Uint8Array(100)), maskedFrame(new Uint8Array(100))], 100).events).toEqual([]);
    expect(decode([part, rest(40), part, rest(40)], 100).events).toEqual([]);
    expect(decode([maskedFrame(new Uint8Array(101))], 100).events).toEqual(['1009 limit.packet-size']);
    expect(decode([part, rest(41)], 100).events).toEqual(['1009 limit.packet-size']);
  });
});

describe('control frames', () => {
  for (const length of [0, 1, 125]) {
    test(`ping with ${length} bytes, whole and byte by byte`, () => {
      const payload = patternBytes(length);
      const bytes = maskedFrame(payload, { opcode: 9 });
      for (const pieces of [[bytes], byteByByte(bytes)]) {
        expect(decode(pieces).events).toEqual([`ping ${Buffer.from(payload).toString('latin1')}`]);
      }
    });
  }

  test('pongs are taken and mean nothing', () => {
    expect(decode([maskedFrame(text('x'), { opcode: 10 })]).events).toEqual([]);
  });

  const closes: readonly (readonly [string, Uint8Array, string])[] = [
    ['without a code', close(), 'close 1005'],
    ['with half a code', close(3), '1002 websocket.protocol-error'],
    ['with a code and a reason', close(0x03, 0xe8, ...text('bye')), 'close 1000'],
    ['with a reason in UTF-8', close(0x03, 0xe8, ...Buffer.from('再见')), 'close 1000'],
    ['with a reason that is not UTF-8', close(0x03, 0xe8, 0xce, 0xba, 0xff), '1007 websocket.protocol-error'],
    ['with a reason that is cut', close(0x03, 0xe8, 0xe5, 0x86), '1007 websocket.protocol-error'],
  ];
  for (const [name, bytes, event] of closes) {
    test(`close ${name}`, () => {
      expect(decode([bytes]).events).toEqual([event]);
      expect(decode(byteByByte(bytes)).events).toEqual([event]);
    });
  }

  test('close codes that may be sent', () => {
    const good = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
    const bad = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
    for (const code of good) expect(decode([close(code >> 8, code & 0xff)]).events).toEqual([`close ${code}`]);
    for (const code of bad) {
      expect(decode([close(code >> 8, code & 0xff)]).events).toEqual(['1002 websocket.protocol-error']);
    }
  });

  test('nothing is decoded behind a close frame', () => {
    const bytes = Buffer.concat([close(3, 0xe8), maskedFrame(text('late')), maskedFrame(text('late'), { opcode: 9 })]);
    expect(decode([bytes])).toEqual({ events: ['close 1000'], payload: Buffer.alloc(0) });
  });
});

describe('what breaks the protocol', () => {
  const continued = maskedFrame(text('a'), { final: false });
  const cases: readonly (readonly [string, readonly Uint8Array[], string])[] = [
    ['a text frame [MQTT-6.0.0-1]', [maskedFrame(text('a'), { opcode: 1 })], '1003 websocket.text-frame'],
    ['an empty text frame', [maskedFrame(text(''), { opcode: 1 })], '1003 websocket.text-frame'],
    ['no mask', [Uint8Array.of(0x82, 1, 97)], '1002 websocket.protocol-error'],
    ['no mask and no payload', [Uint8Array.of(0x82, 0)], '1002 websocket.protocol-error'],
    ['RSV1', [frame(0xc2, 0x80)], '1002 websocket.protocol-error'],
    ['RSV2', [frame(0xa2, 0x80)], '1002 websocket.protocol-error'],
    ['RSV3', [frame(0x92, 0x80)], '1002 websocket.protocol-error'],
    ['RSV1 on a ping', [frame(0xc9, 0x80)], '1002 websocket.protocol-error'],
    ['a continuation of nothing', [maskedFrame(text('a'), { opcode: 0 })], '1002 websocket.protocol-error'],
    [
      'a continuation of an ended message',
      [continued, frame(0x80, 0x80), frame(0x80, 0x80)],
      '1002 websocket.protocol-error',
    ],
    ['a message inside of a message', [continued, maskedFrame(text('b'))], '1002 websocket.protocol-error'],
    ['a ping of 126 bytes', [maskedFrame(new Uint8Array(126), { opcode: 9 })], '1002 websocket.protocol-error'],
    ['a close of 126 bytes', [maskedFrame(new Uint8Array(126), { opcode: 8 })], '1002 websocket.protocol-error'],
    ['a ping in fragments', [frame(0x09, 0x80)], '1002 websocket.protocol-error'],
    ['a length of 125 in two bytes', [Uint8Array.of(0x82, 0xfe, 0, 125, 0, 0, 0, 0)], '1002 websocket.protocol-error'],
    [
      'a length of 65535 in eight bytes',
      [Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0)],
      '1002 websocket.protocol-error',
    ],
    [
      'a length with the highest bit',
      [Uint8Array.of(0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)],
      '1002 websocket.protocol-error',
    ],
    [
      'a length beyond all limits',
      [Uint8Array.of(0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)],
      '1009 limit.packet-size',
    ],
  ];
  for (const [name, frames, event] of cases) {
    test(`${name}: once, and nothing behind it`, () => {
      const bytes = [...frames, maskedFrame(text('behind')), maskedFrame(text('behind'), { opcode: 9 })];
      for (const pieces of [bytes, byteByByte(Buffer.concat(bytes))]) {
        const decoded = decode(pieces);
        expect(decoded.events).toEqual([event]);
        expect(decoded.payload.toString()).not.toContain('behind');
      }
    });
  }

  for (const reserved of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    test(`opcode ${reserved}`, () => {
      expect(decode([maskedFrame(text('a'), { opcode: reserved })]).events).toEqual(['1002 websocket.protocol-error']);
    });
  }
});

test('unmask is right for every length, alignment and offset', () => {
  const mask = 0x1234_5678;
  const maskBytes = [0x12, 0x34, 0x56, 0x78];
  const plain = patternBytes(300);
  for (let start = 0; start < 8; start++) {
    for (let offset = 0; offset < 5; offset++) {
      for (const length of [0, 1, 3, 4, 63, 64, 65, 66, 67, 68, 200]) {
        const memory = plain.slice();
        const bytes = memory.subarray(start, start + length);
        const expected = Array.from(bytes, (byte, index) => byte ^ (maskBytes[(offset + index) & 3] ?? 0));
        unmask(bytes, mask, offset);
        expect([...bytes]).toEqual(expected);
        expect([...memory.subarray(start + length)]).toEqual([...plain.subarray(start + length)]);
      }
    }
  }
});

test('frame headers of a server: shortest length, no mask, final, binary', () => {
  const header = (length: number): number[] => {
    const memory = new Uint8Array(frameHeaderBytesMax);
    return [...memory.subarray(writeFrameHeader(memory, frameHeaderBytesMax, length))];
  };
  expect(header(0)).toEqual([0x82, 0]);
  expect(header(125)).toEqual([0x82, 125]);
  expect(header(126)).toEqual([0x82, 126, 0, 126]);
  expect(header(65_535)).toEqual([0x82, 126, 0xff, 0xff]);
  expect(header(65_536)).toEqual([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
});
