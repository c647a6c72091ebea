import type { FaultName } from '../../../../packages/faults/mod.ts';
import { unmask } from './unmask.ts';
import { isUtf8 } from './utf8.ts';

const opcode = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** Status codes of close frames (RFC 6455 section 7.4.1). */
export const closeCode = {
  normal: 1000,
  protocolError: 1002,
  unsupportedData: 1003,
  noStatus: 1005,
  invalidPayload: 1007,
  messageTooBig: 1009,
} as const;

/** What a decoder finds. Payloads are valid during the call only. */
export interface FrameSink {
  /** Payload of a binary message, as it comes; the ends of frames and messages mean nothing to MQTT [MQTT-6.0.0-2]. */
  payload(bytes: Uint8Array): void;
  ping(payload: Uint8Array): void;
  /** A proper close frame; `code` is 1005 where it had none. Nothing is decoded behind it. */
  close(code: number): void;
  /** The peer broke the protocol: `code` goes into the close frame. Nothing is decoded behind it. */
  violation(code: number, fault: FaultName, detail: string): void;
}

/** Header of a client's longest frame: two bytes, eight of length, four of mask. */
const headerBytesMax = 14;
const controlPayloadBytesMax = 125;

/** Reads the frames of a client (RFC 6455 section 5), however they are cut into pieces. */
export class FrameDecoder {
  readonly #sink: FrameSink;
  readonly #messageBytesMax: number;
  readonly #header = new Uint8Array(headerBytesMax);
  #headerLength = 0;
  /** Bytes of the payload that are still to come; -1 while the header is read. */
  #remaining = -1;
  #payloadOffset = 0;
  #opcode = 0;
  #final = false;
  #mask = 0;
  /** A message has begun and its last fragment has not. */
  #inMessage = false;
  #messageLength = 0;
  /** Payload of a control frame that comes in pieces. */
  #control: Uint8Array | null = null;
  #done = false;

  constructor(sink: FrameSink, messageBytesMax: number) {
    this.#sink = sink;
    this.#messageBytesMax = messageBytesMax;
  }

  /** Takes the next bytes; changes them in place. */
  feed(bytes: Uint8Array): void {
    let position = 0;
    while (!this.#done && position < bytes.length) {
      position = this.#remaining < 0 ? this.#readHeader(bytes, position) : this.#readPayload(bytes, position);
    }
  }

  #readHeader(bytes: Uint8Array, start: number): number {
    const header = this.#header;
    let position = start;
    let needed = this.#headerBytesNeeded();
    while (this.#headerLength < needed && position < bytes.length) {
      header[this.#headerLength++] = bytes[position++] ?? 0;
      needed = this.#headerBytesNeeded();
    }
    if (this.#headerLength >= 2 && !this.#checkFirstBytes()) return position;
    if (this.#headerLength < needed) return position;

    const view = new DataView(header.buffer);
    const length = this.#payloadLength(view);
    if (length === null) return position;
    this.#mask = view.getUint32(needed - 4);
    this.#headerLength = 0;
    this.#payloadOffset = 0;
    this.#remaining = length;
    if (length === 0) this.#endFrame(new Uint8Array());
    return position;
  }

  #headerBytesNeeded(): number {
    if (this.#headerLength < 2) return 2;
    const length = (this.#header[1] ?? 0) & 0x7f;
    return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + 4;
  }

  /** Judges what the first two bytes say, before more is read. */
  #checkFirstBytes(): boolean {
    const first = this.#header[0] ?? 0;
    const second = this.#header[1] ?? 0;
    this.#final = (first & 0x80) !== 0;
    this.#opcode = first & 0x0f;
    if ((first & 0x70) !== 0) return this.#broken('a reserved bit is set');
    if ((second & 0x80) === 0) return this.#broken('a frame without a mask');
    switch (this.#opcode) {
      case opcode.continuation:
        return this.#inMessage || this.#broken('a continuation of nothing');
      case opcode.binary:
      case opcode.text:
        if (this.#inMessage) return this.#broken('a new message inside of another');
        // [MQTT-6.0.0-1]
        if (this.#opcode === opcode.text) {
          return this.#violation(closeCode.unsupportedData, 'websocket.text-frame', 'a text frame');
        }
        return true;
      case opcode.close:
      case opcode.ping:
      case opcode.pong:
        if (!this.#final) return this.#broken('a control frame in fragments');
        return (second & 0x7f) <= controlPayloadBytesMax || this.#broken('a control frame over 125 bytes');
      default:
        return this.#broken(`opcode ${this.#opcode} is reserved`);
    }
  }

  /** Null where it is not allowed. */
  #payloadLength(view: DataView): number | null {
    const short = view.getUint8(1) & 0x7f;
    let length: number = short;
    if (short === 126) {
      length = view.getUint16(2);
      if (length < 126) return this.#brokenLength();
    } else if (short === 127) {
      length = view.getUint32(2) * 2 ** 32 + view.getUint32(6);
      if (length < 65_536 || view.getUint8(2) >= 0x80) return this.#brokenLength();
    }
    if (this.#opcode >= opcode.close) return length;
    if (this.#opcode !== opcode.continuation) this.#messageLength = 0;
    this.#messageLength += length;
    if (this.#messageLength <= this.#messageBytesMax) return length;
    this.#violation(closeCode.messageTooBig, 'limit.packet-size', `a message over ${this.#messageBytesMax} bytes`);
    return null;
  }

  #brokenLength(): null {
    this.#broken('a payload length in more bytes than it needs');
    return null;
  }

  #readPayload(bytes: Uint8Array, start: number): number {
    const end = Math.min(bytes.length, start + this.#remaining);
    const piece = bytes.subarray(start, end);
    unmask(piece, this.#mask, this.#payloadOffset);
    this.#remaining -= piece.length;
    if (this.#opcode < opcode.close) {
      this.#sink.payload(piece);
      if (this.#remaining === 0) this.#endFrame(piece);
    } else if (this.#payloadOffset === 0 && this.#remaining === 0) {
      this.#endFrame(piece);
    } else {
      this.#control ??= new Uint8Array(piece.length + this.#remaining);
      this.#control.set(piece, this.#payloadOffset);
      if (this.#remaining === 0) this.#endFrame(this.#control);
    }
    this.#payloadOffset += piece.length;
    return end;
  }

  /** The last byte of a frame is there. `payload` counts for control frames only. */
  #endFrame(payload: Uint8Array): void {
    this.#remaining = -1;
    this.#control = null;
    if (this.#opcode < opcode.close) this.#inMessage = !this.#final;
    else if (this.#opcode === opcode.ping) this.#sink.ping(payload);
    else if (this.#opcode === opcode.close) this.#endOfStream(payload);
  }

  #endOfStream(payload: Uint8Array): void {
    if (payload.length === 0) {
      this.#done = true;
      this.#sink.close(closeCode.noStatus);
      return;
    }
    if (payload.length === 1) {
      this.#broken('a close frame with half a status code');
      return;
    }
    const code = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
    if (!mayBeSent(code)) {
      this.#broken(`close code ${code} must not be sent`);
    } else if (isUtf8(payload.subarray(2))) {
      this.#done = true;
      this.#sink.close(code);
    } else {
      this.#violation(closeCode.invalidPayload, 'websocket.protocol-error', 'the reason of a close frame is not UTF-8');
    }
  }

  #broken(detail: string): false {
    return this.#violation(closeCode.protocolError, 'websocket.protocol-error', detail);
  }

  #violation(code: number, fault: FaultName, detail: string): false {
    if (this.#done) return false;
    this.#done = true;
    this.#sink.violation(code, fault, detail);
    return false;
  }
}

/** Whether a status code may stand in a close frame (RFC 6455 section 7.4, and the registry of IANA up to 1014). */
function mayBeSent(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}
