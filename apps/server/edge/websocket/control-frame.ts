/** Opcodes of control frames (RFC 6455 section 11.8). */
export type ControlOpcode = 0x8 | 0x9 | 0xa;

/** An unmasked control frame; the payload has at most 125 bytes (RFC 6455 section 5.5). */
export function controlFrame(opcode: ControlOpcode, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(2 + payload.length);
  frame[0] = 0x80 | opcode;
  frame[1] = payload.length;
  frame.set(payload, 2);
  return frame;
}

/** A close frame with a status code and no reason (RFC 6455 section 5.5.1). */
export function closeFrame(code: number): Uint8Array {
  return controlFrame(0x8, Uint8Array.of(code >>> 8, code & 0xff));
}
