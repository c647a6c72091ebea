/**
 * Takes the mask off in place (RFC 6455 section 5.3).
 * @param mask the four bytes of the masking key, the first one highest.
 * @param offset how many bytes of the payload came before these.
 */
export function unmask(bytes: Uint8Array, mask: number, offset: number): void {
  if (mask === 0) return;
  const length = bytes.length;
  let position = 0;
  const maskByte = (): number => (mask >>> (24 - 8 * ((offset + position) & 3))) & 0xff;
  const misaligned = (bytes.byteOffset & 3) === 0 ? 0 : 4 - (bytes.byteOffset & 3);
  if (length >= 64) {
    for (; position < misaligned; position++) bytes[position] = (bytes[position] ?? 0) ^ maskByte();
    // Four bytes at a time, on this machine's byte order: the order of the mask bytes in memory is what counts.
    const turn = (offset + position) & 3;
    const turned = new Uint8Array(4);
    for (let index = 0; index < 4; index++) turned[index] = (mask >>> (24 - 8 * ((turn + index) & 3))) & 0xff;
    const wordMask = new Int32Array(turned.buffer)[0] ?? 0;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + position, (length - position) >>> 2);
    for (let index = 0; index < words.length; index++) words[index] = (words[index] ?? 0) ^ wordMask;
    position += words.length * 4;
  }
  for (; position < length; position++) bytes[position] = (bytes[position] ?? 0) ^ maskByte();
}
