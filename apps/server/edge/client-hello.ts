/** ContentType handshake, and the type of a ClientHello (RFC 8446 section 4). */
const handshakeRecord = 0x16;
const clientHelloType = 1;
/** Extension server_name, and the name type host_name (RFC 6066 section 3). */
const serverNameExtension = 0;
const hostNameType = 0;

const latin1 = new TextDecoder('latin1');

/**
 * The server name (SNI) in the first bytes of a connection, as far as they have come.
 * @returns null where the ClientHello is whole and names none; undefined where these bytes do not tell: they are no
 * ClientHello, or it goes on, or it is in several records.
 */
export function readServerName(bytes: Uint8Array): string | null | undefined {
  const byte = (at: number): number => bytes[at] ?? 0;
  const two = (at: number): number => (byte(at) << 8) | byte(at + 1);
  if (byte(0) !== handshakeRecord || byte(5) !== clientHelloType) return undefined;
  const end = 9 + ((byte(6) << 16) | two(7));
  // In several records: their headers stand in between, so only the TLS library reads it.
  if (5 + two(3) < end) return undefined;
  // Record and handshake header, version, random; then what has a length of its own.
  let at = 9 + 2 + 32;
  at += 1 + byte(at);
  at += 2 + two(at);
  at += 1 + byte(at);
  at += 2;
  while (at + 4 <= Math.min(end, bytes.length)) {
    const length = two(at + 2);
    if (two(at) === serverNameExtension) {
      // The list has a length, and the first name a type and a length.
      const from = at + 9;
      const to = from + two(at + 7);
      if (byte(at + 6) !== hostNameType || to > at + 4 + length) return null;
      return to <= bytes.length ? latin1.decode(bytes.subarray(from, to)) : undefined;
    }
    at += 4 + length;
  }
  return end <= bytes.length ? null : undefined;
}
