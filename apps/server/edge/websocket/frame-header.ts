/** Header of the longest frame that a server sends: no mask [RFC 6455 section 5.1]. */
export const frameHeaderBytesMax = 10;

const final = 0x80;
const binary = 0x02;

/**
 * Writes the header of an unmasked final binary frame so that it ends at `payloadStart` (RFC 6455 section 5.2).
 * @returns where the frame begins.
 */
export function writeFrameHeader(memory: Uint8Array, payloadStart: number, payloadLength: number): number {
  if (payloadLength < 126) {
    memory[payloadStart - 2] = final | binary;
    memory[payloadStart - 1] = payloadLength;
    return payloadStart - 2;
  }
  if (payloadLength < 65_536) {
    memory[payloadStart - 4] = final | binary;
    memory[payloadStart - 3] = 126;
    memory[payloadStart - 2] = payloadLength >>> 8;
    memory[payloadStart - 1] = payloadLength & 0xff;
    return payloadStart - 4;
  }
  const view = new DataView(memory.buffer, memory.byteOffset + payloadStart - 10, 10);
  view.setUint8(0, final | binary);
  view.setUint8(1, 127);
  view.setBigUint64(2, BigInt(payloadLength));
  return payloadStart - 10;
}
