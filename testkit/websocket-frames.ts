import { createHash, randomBytes } from 'node:crypto';

/** The client's half of RFC 6455, by hand, so that tests may break its rules. */
export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame as it came from the server. */
export interface Frame {
  readonly opcode: number;
  readonly final: boolean;
  readonly payload: Uint8Array;
}

/** The upgrade request and the `Sec-WebSocket-Accept` that answers it. */
export function upgradeRequest(options: { host: string; path: string; protocols: string | null }): {
  text: string;
  accept: string;
} {
  const key = randomBytes(16).toString('base64');
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const lines = [
    `GET ${options.path} HTTP/1.1`,
    `Host: ${options.host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    ...(options.protocols === null ? [] : [`Sec-WebSocket-Protocol: ${options.protocols}`]),
  ];
  return { text: `${lines.join('\r\n')}\r\n\r\n`, accept };
}

/** A masked frame, as a client sends it [RFC 6455, 5.2 and 5.3]. */
export function maskedFrame(payload: Uint8Array, options: { opcode?: number; final?: boolean } = {}): Uint8Array {
  const { length } = payload;
  const header = [((options.final ?? true) ? 0x80 : 0) | (options.opcode ?? opcode.binary)];
  if (length < 126) header.push(0x80 | length);
  else if (length < 65_536) header.push(0x80 | 126, length >> 8, length & 0xff);
  else header.push(0x80 | 127, 0, 0, 0, 0, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff);
  const mask = randomBytes(4);
  const frame = new Uint8Array(header.length + 4 + length);
  frame.set(header);
  frame.set(mask, header.length);
  for (let index = 0; index < length; index += 1) {
    frame[header.length + 4 + index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0);
  }
  return frame;
}

/** Takes the first whole frame off the front of `bytes`; null where there is none yet. */
export function takeFrame(bytes: Uint8Array): { frame: Frame; rest: Uint8Array } | null {
  const [first = 0, second = 0] = bytes;
  if (bytes.length < 2) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let length = second & 0x7f;
  let start = 2;
  if (length === 126) {
    if (bytes.length < 4) return null;
    length = view.getUint16(2);
    start = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return null;
    length = Number(view.getBigUint64(2));
    start = 10;
  }
  if (bytes.length < start + length) return null;
  const payload = bytes.slice(start, start + length);
  return { frame: { opcode: first & 0x0f, final: (first & 0x80) !== 0, payload }, rest: bytes.slice(start + length) };
}
