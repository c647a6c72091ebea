import { randomBytes } from 'node:crypto';

/** Opcodes of WebSocket frames (RFC 6455 section 5.2). */
export const Opcode = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** One whole frame from a client: always masked (RFC 6455 section 5.3). */
export function encodeFrame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 0x1_0000 ? 2 : 8;
  const frame = Buffer.allocUnsafe(2 + extended + 4 + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(length, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  const mask = randomBytes(4);
  const start = 2 + extended + 4;
  mask.copy(frame, start - 4);
  for (let index = 0; index < length; index++) {
    frame[start + index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0);
  }
  return frame;
}

/** Cuts a byte stream from a server into frames. MQTT does not care for message borders, so fragments are handed on as they are. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void;
  #buffered: Buffer = Buffer.alloc(0);

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** @returns false when the bytes break the protocol: a mask, or reserved bits. */
  read(chunk: Buffer): boolean {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    for (;;) {
      const head = this.#readHead();
      if (head === 'more') return true;
      if (head === 'wrong') return false;
      const end = head.start + head.length;
      if (this.#buffered.length < end) return true;
      const payload = this.#buffered.subarray(head.start, end);
      this.#buffered = this.#buffered.subarray(end);
      this.#onFrame({ opcode: head.opcode, payload });
    }
  }

  #readHead(): { opcode: number; start: number; length: number } | 'more' | 'wrong' {
    const buffer = this.#buffered;
    if (buffer.length < 2) return 'more';
    const [first = 0, second = 0] = buffer;
    if ((first & 0x70) !== 0 || (second & 0x80) !== 0) return 'wrong';
    const opcode = first & 0x0f;
    const short = second & 0x7f;
    if (short < 126) return { opcode, start: 2, length: short };
    if (short === 126) return buffer.length < 4 ? 'more' : { opcode, start: 4, length: buffer.readUInt16BE(2) };
    if (buffer.length < 10) return 'more';
    const length = buffer.readBigUInt64BE(2);
    return length > 0x7fff_ffffn ? 'wrong' : { opcode, start: 10, length: Number(length) };
  }
}
