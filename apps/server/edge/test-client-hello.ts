/** A ClientHello by hand (RFC 5246 section 7.4.1.2), so that tests can offer what no library offers any more. */
export function clientHello(
  options: { readonly version?: number; readonly ciphers?: readonly number[]; readonly serverName?: string } = {},
): Uint8Array {
  // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
  const { version = 0x0303, ciphers = [0xc02b], serverName } = options;
  const extensions = [
    // supported_groups: secp256r1; ec_point_formats: uncompressed; signature_algorithms: ecdsa_secp256r1_sha256
    extension(10, [0, 2, 0, 23]),
    extension(11, [1, 0]),
    extension(13, [0, 2, 4, 3]),
  ];
  if (serverName !== undefined) {
    const name = [...Buffer.from(serverName)];
    extensions.push(extension(0, [...two(name.length + 3), 0, ...two(name.length), ...name]));
  }
  const body = [
    ...two(version),
    ...Array.from({ length: 32 }, (_, index) => index),
    0,
    ...two(ciphers.length * 2),
    ...ciphers.flatMap(two),
    1,
    0,
    ...two(extensions.flat().length),
    ...extensions.flat(),
  ];
  const handshake = [1, 0, ...two(body.length), ...body];
  return Uint8Array.of(0x16, 3, 1, ...two(handshake.length), ...handshake);
}

/** A fatal alert in a record of its own, not encrypted (RFC 5246 section 7.2). */
export function alertRecord(description: number): Uint8Array {
  return Uint8Array.of(0x15, 3, 3, 0, 2, 2, description);
}

function two(value: number): number[] {
  return [value >>> 8, value & 0xff];
}

function extension(type: number, content: readonly number[]): number[] {
  return [...two(type), ...two(content.length), ...content];
}
