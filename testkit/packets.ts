/** Packets as bytes, made without the codec that they test. */

/** A CONNECT packet with a user name and a password; Clean Session or Clean Start is set unless `clean` is false. */
export function connectPacket(options: {
  readonly version: 3 | 4 | 5;
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  readonly keepAlive?: number;
  readonly clean?: boolean;
  /** Session Expiry Interval; 5.0 only. */
  readonly sessionExpirySeconds?: number;
}): Uint8Array {
  const name = options.version === 3 ? 'MQIsdp' : 'MQTT';
  const flags =
    ((options.clean ?? true) ? 0x02 : 0) |
    (options.username === undefined ? 0 : 0x80) |
    (options.password === undefined ? 0 : 0x40);
  const keepAlive = options.keepAlive ?? 60;
  const body = Buffer.concat([
    lengthPrefixed(name),
    Uint8Array.of(options.version, flags, keepAlive >> 8, keepAlive & 0xff),
    options.version === 5 ? connectProperties(options.sessionExpirySeconds) : Uint8Array.of(),
    lengthPrefixed(options.clientId),
    ...[options.username, options.password].filter((text) => text !== undefined).map(lengthPrefixed),
  ]);
  return Buffer.concat([Uint8Array.of(0x10), remainingLength(body.length), body]);
}

function connectProperties(sessionExpirySeconds: number | undefined): Uint8Array {
  if (sessionExpirySeconds === undefined) return Uint8Array.of(0);
  const properties = Buffer.alloc(6);
  properties[0] = 5;
  properties[1] = 0x11;
  properties.writeUInt32BE(sessionExpirySeconds, 2);
  return properties;
}

/** Text as MQTT writes it: two bytes of length, then UTF-8. */
export function lengthPrefixed(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  return Buffer.concat([Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

/** A Variable Byte Integer. */
export function remainingLength(length: number): Uint8Array {
  const bytes: number[] = [];
  let left = length;
  do {
    const byte = left % 128;
    left = Math.floor(left / 128);
    bytes.push(left > 0 ? byte | 0x80 : byte);
  } while (left > 0);
  return Uint8Array.from(bytes);
}

/** SUBSCRIBE with one filter. */
export function subscribePacket(version: 3 | 4 | 5, packetIdentifier: number, filter: string, qos: number): Uint8Array {
  const properties = version === 5 ? [0] : [];
  return packet(
    0x82,
    Uint8Array.of(packetIdentifier >> 8, packetIdentifier & 0xff, ...properties),
    lengthPrefixed(filter),
    Uint8Array.of(qos),
  );
}

/** PUBLISH; the packet identifier is left out with QoS 0. */
export function publishPacket(
  version: 3 | 4 | 5,
  message: {
    readonly topic: string;
    readonly payload: string;
    readonly qos?: number;
    readonly retain?: boolean;
    readonly dup?: boolean;
    readonly packetIdentifier?: number;
  },
): Uint8Array {
  const qos = message.qos ?? 0;
  const identifier = message.packetIdentifier ?? 1;
  return packet(
    0x30 | (message.dup ? 8 : 0) | (qos << 1) | (message.retain ? 1 : 0),
    lengthPrefixed(message.topic),
    qos === 0 ? Uint8Array.of() : Uint8Array.of(identifier >> 8, identifier & 0xff),
    version === 5 ? Uint8Array.of(0) : Uint8Array.of(),
    Buffer.from(message.payload),
  );
}

/** PINGREQ and DISCONNECT (normal, both versions). */
export const pingRequest = Uint8Array.of(0xc0, 0);
export const disconnectPacket = Uint8Array.of(0xe0, 0);

/** A packet of its first byte and the parts of its body. */
export function packet(firstByte: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(firstByte), remainingLength(body.length), body]);
}
