import { expect, test } from 'bun:test';
import { encodeFrame, FrameReader, Opcode, type Frame } from './websocket-frame.ts';

/** A frame as a server sends it: not masked. */
function serverFrame(opcode: number, payload: Uint8Array, first = 0x80): Buffer {
  const { length } = payload;
  const head =
    length < 126
      ? [length]
      : length < 65_536
        ? [126, length >> 8, length & 0xff]
        : [127, 0, 0, 0, 0, ...bigEndian(length)];
  return Buffer.concat([Buffer.from([first | opcode, ...head]), payload]);
}

function bigEndian(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

function unmask(frame: Buffer): Buffer {
  const short = (frame[1] ?? 0) & 0x7f;
  const at = short === 127 ? 10 : short === 126 ? 4 : 2;
  return Buffer.from(frame.subarray(at + 4).map((byte, index) => byte ^ (frame[at + (index & 3)] ?? 0)));
}

for (const length of [0, 1, 125, 126, 65_535, 65_536, 200_000]) {
  const payload = Buffer.alloc(length, 'abc');

  test(`a client's frame of ${length} bytes is whole and masked`, () => {
    const frame = encodeFrame(Opcode.binary, payload);
    expect(frame[0]).toBe(0x82);
    expect((frame[1] ?? 0) & 0x80).toBe(0x80);
    expect(unmask(frame).equals(payload)).toBe(true);
  });

  test(`a server's frame of ${length} bytes is read, in one piece and cut anywhere in its head`, () => {
    const bytes = serverFrame(Opcode.binary, payload);
    for (const cut of [0, 1, 2, 3, 4, 9, 10, 11]) {
      const frames: Frame[] = [];
      const reader = new FrameReader((frame) => frames.push(frame));
      expect(reader.read(bytes.subarray(0, cut))).toBe(true);
      expect(reader.read(bytes.subarray(cut))).toBe(true);
      expect(frames).toHaveLength(1);
      expect(frames[0]?.payload.equals(payload)).toBe(true);
    }
  });
}

test('several frames in one piece, fragments and control frames between them', () => {
  const frames: number[] = [];
  const reader = new FrameReader((frame) => frames.push(frame.opcode));
  const bytes = [
    serverFrame(Opcode.binary, Buffer.from('a'), 0x00),
    serverFrame(Opcode.ping, Buffer.from('p')),
    serverFrame(Opcode.continuation, Buffer.from('b')),
  ];
  expect(reader.read(Buffer.concat(bytes))).toBe(true);
  expect(frames).toEqual([Opcode.binary, Opcode.ping, Opcode.continuation]);
});

test('a masked frame from the server, and reserved bits, break the protocol', () => {
  const reader = (): FrameReader => new FrameReader(() => {});
  expect(reader().read(encodeFrame(Opcode.binary, Buffer.from('x')))).toBe(false);
  expect(reader().read(serverFrame(Opcode.binary, Buffer.from('x'), 0xc0))).toBe(false);
});
