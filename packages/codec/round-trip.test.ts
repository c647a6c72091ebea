import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  decode,
  DecodeError,
  encode,
  encodeAck,
  encodeConnack,
  encodeDisconnect,
  encodedPublishSize,
  encodePublish,
  encodeSuback,
  Framer,
  PacketType,
} from './mod.ts';
import type { Packet, Properties, ProtocolVersion, QoS, SubscriptionRequest, WillFields } from './mod.ts';
import { decodeWire } from './wire-notation.ts';

type Fields<T> = { [K in keyof T]-?: fc.Arbitrary<NonNullable<T[K]>> };

const legalText = (text: string): boolean => text.isWellFormed() && !/[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(text);

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 80 }).filter(legalText),
  fc.string({ unit: 'binary', maxLength: 20 }).filter(legalText),
);
const name = fc
  .oneof(fc.constantFrom('a', 'a/b', '/', 'site/7/device/1001/state'), text)
  .map((topic) => topic.replaceAll(/[+#]/g, '-') || 't');
const filter = fc.oneof(fc.constantFrom('#', '+/a', '$share/g/a/#'), text).map((filter) => filter || 'f');
const bytes = fc.uint8Array({ maxLength: 300 });
const identifier = fc.integer({ min: 1, max: 0xffff });
const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const flag = fc.constantFrom<0 | 1>(0, 1);
const qos = fc.constantFrom<QoS>(0, 1, 2);
const subscriptionIdentifier = fc.integer({ min: 1, max: 268_435_455 });

const fields: Fields<Properties> = {
  payloadFormatIndicator: flag,
  messageExpiryInterval: uint32,
  contentType: text,
  responseTopic: name,
  correlationData: bytes,
  subscriptionIdentifiers: fc.array(subscriptionIdentifier, { minLength: 1, maxLength: 3 }),
  sessionExpiryInterval: uint32,
  assignedClientIdentifier: text,
  serverKeepAlive: uint16,
  authenticationMethod: text,
  authenticationData: bytes,
  requestProblemInformation: flag,
  willDelayInterval: uint32,
  requestResponseInformation: flag,
  responseInformation: text,
  serverReference: text,
  reasonString: text,
  receiveMaximum: identifier,
  topicAliasMaximum: uint16,
  topicAlias: identifier,
  maximumQoS: flag,
  retainAvailable: flag,
  userProperties: fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 3 }),
  maximumPacketSize: fc.integer({ min: 1, max: 0xffff_ffff }),
  wildcardSubscriptionAvailable: flag,
  subscriptionIdentifierAvailable: flag,
  sharedSubscriptionAvailable: flag,
};

/** Some of the named properties; none is null, as it is after decoding. */
function some(version: ProtocolVersion, ...names: (keyof Properties)[]): fc.Arbitrary<Properties | null> {
  if (version !== 5) return fc.constant(null);
  const model = Object.fromEntries(['userProperties' as const, ...names].map((name) => [name, fields[name]]));
  return fc
    .record(model, { requiredKeys: [] })
    .map((properties) => (Object.keys(properties).length === 0 ? null : { ...properties }));
}

function connect(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const message = [
    'payloadFormatIndicator',
    'messageExpiryInterval',
    'contentType',
    'responseTopic',
    'correlationData',
  ] as const;
  const will: fc.Arbitrary<WillFields> = fc.record({
    topic: name,
    payload: bytes,
    qos,
    retain: fc.boolean(),
    properties: some(version, 'willDelayInterval', ...message),
  });
  return fc
    .record({
      type: fc.constant(PacketType.CONNECT),
      version: fc.constant(version),
      bridge: version === 5 ? fc.constant(false) : fc.boolean(),
      cleanStart: fc.boolean(),
      keepAlive: uint16,
      clientId: text,
      will: fc.option(will),
      username: fc.option(text),
      password: fc.option(bytes),
      properties: some(
        version,
        'sessionExpiryInterval',
        'receiveMaximum',
        'maximumPacketSize',
        'topicAliasMaximum',
        'requestResponseInformation',
        'requestProblemInformation',
        'authenticationMethod',
      ),
    })
    .map((packet) => (version !== 5 && packet.username === null ? { ...packet, password: null } : packet));
}

function publish(version: ProtocolVersion): fc.Arbitrary<Packet> {
  return fc
    .record({
      type: fc.constant(PacketType.PUBLISH),
      dup: fc.boolean(),
      qos,
      retain: fc.boolean(),
      topic: name,
      packetIdentifier: identifier,
      payload: bytes,
      properties: some(
        version,
        'payloadFormatIndicator',
        'messageExpiryInterval',
        'topicAlias',
        'responseTopic',
        'correlationData',
        'subscriptionIdentifiers',
        'contentType',
      ),
    })
    .map((packet) => (packet.qos === 0 ? { ...packet, dup: false, packetIdentifier: 0 } : packet));
}

function subscribe(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const only5 = version === 5 ? fc.boolean() : fc.constant(false);
  const request: fc.Arbitrary<SubscriptionRequest> = fc
    .record({
      topicFilter: filter,
      qos,
      noLocal: only5,
      retainAsPublished: only5,
      retainHandling: version === 5 ? fc.constantFrom<0 | 1 | 2>(0, 1, 2) : fc.constant<0>(0),
    })
    .map((request) => (request.topicFilter.startsWith('$share/') ? { ...request, noLocal: false } : request));
  return fc.record({
    type: fc.constant(PacketType.SUBSCRIBE),
    packetIdentifier: identifier,
    subscriptions: fc.array(request, { minLength: 1, maxLength: 5 }),
    properties:
      version === 5
        ? fc.option<Properties>(fc.record({ subscriptionIdentifiers: subscriptionIdentifier.map((one) => [one]) }))
        : fc.constant(null),
  });
}

function reasons(version: ProtocolVersion, of3: number[], of5: number[]): fc.Arbitrary<number> {
  return fc.constantFrom(...(version === 5 ? of5 : of3));
}

/** Any packet that a peer of this version may send, of either direction. */
function anyPacket(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const reasonString = some(version, 'reasonString');
  const packets: fc.Arbitrary<Packet>[] = [
    connect(version),
    publish(version),
    subscribe(version),
    fc.record({
      type: fc.constant(PacketType.CONNACK),
      sessionPresent: version === 3 ? fc.constant(false) : fc.boolean(),
      reasonCode: fc.constant(0),
      properties: some(version, 'assignedClientIdentifier', 'serverKeepAlive', 'maximumQoS', 'responseInformation'),
    }),
    fc.record({
      type: fc.constantFrom(PacketType.PUBACK, PacketType.PUBREC),
      packetIdentifier: identifier,
      reasonCode: reasons(version, [0], [0, 0x10, 0x80, 0x87, 0x97]),
      properties: reasonString,
    }),
    fc.record({
      type: fc.constantFrom(PacketType.PUBREL, PacketType.PUBCOMP),
      packetIdentifier: identifier,
      reasonCode: reasons(version, [0], [0, 0x92]),
      properties: reasonString,
    }),
    fc.record({
      type: fc.constant(PacketType.SUBACK),
      packetIdentifier: identifier,
      reasonCodes: fc.array(reasons(version, [0, 1, 2, 0x80], [0, 1, 2, 0x87, 0xa2]), { minLength: 1, maxLength: 5 }),
      properties: reasonString,
    }),
    fc.record({
      type: fc.constant(PacketType.UNSUBACK),
      packetIdentifier: identifier,
      reasonCodes: fc.array(fc.constantFrom(0, 0x11, 0x87), version === 5 ? { minLength: 1 } : { maxLength: 0 }),
      properties: reasonString,
    }),
    fc.record({
      type: fc.constant(PacketType.UNSUBSCRIBE),
      packetIdentifier: identifier,
      topicFilters: fc.array(filter, { minLength: 1, maxLength: 5 }),
      properties: some(version),
    }),
    fc.record({ type: fc.constantFrom(PacketType.PINGREQ, PacketType.PINGRESP) }),
    fc.record({
      type: fc.constant(PacketType.DISCONNECT),
      reasonCode: reasons(version, [0], [0, 4, 0x8e, 0xa2]),
      properties: some(version, 'sessionExpiryInterval', 'reasonString', 'serverReference'),
    }),
  ];
  if (version === 5) {
    const properties = fc.record({ authenticationMethod: text, authenticationData: bytes });
    packets.push(
      fc.record({ type: fc.constant(PacketType.AUTH), reasonCode: fc.constantFrom(0, 0x18, 0x19), properties }),
    );
  }
  return fc.oneof(...packets);
}

const seed = 20_240_608;
const versions: ProtocolVersion[] = [3, 4, 5];

/** Pushes the bytes in chunks of the given lengths and decodes what comes out, as a server does. */
function decodeStream(version: ProtocolVersion, bytes: Uint8Array, lengths: Iterable<number>): Packet[] {
  const framer = new Framer(bytes.length);
  const packets: Packet[] = [];
  let offset = 0;
  for (const length of lengths) {
    framer.push(bytes.slice(offset, offset + length));
    offset += length;
    while (framer.next()) packets.push(decode(version, framer.header, framer.buffer, framer.bodyStart, framer.end));
    framer.release();
  }
  expect(framer.bufferedBytes).toBe(0);
  return packets;
}

for (const version of versions) {
  describe(`level ${version}`, () => {
    test('every packet decodes to what was encoded', () => {
      const property = fc.property(anyPacket(version), (packet) => {
        expect(decodeWire(version, encode(version, packet))).toEqual(packet);
      });
      fc.assert(property, { seed, numRuns: 2000 });
    });

    test('packets arrive a byte at a time and in chunks of any length', () => {
      const packets = fc.array(anyPacket(version), { minLength: 1, maxLength: 6 });
      const property = fc.property(packets, fc.integer({ min: 2, max: 200 }), (packets, length) => {
        const bytes = Uint8Array.from(packets.flatMap((packet) => [...encode(version, packet)]));
        expect(
          decodeStream(
            version,
            bytes,
            Array.from(bytes, () => 1),
          ),
        ).toEqual(packets);
        expect(
          decodeStream(
            version,
            bytes,
            Array.from({ length: Math.ceil(bytes.length / length) }, () => length),
          ),
        ).toEqual(packets);
      });
      fc.assert(property, { seed, numRuns: 150 });
    });

    test('random bytes throw a DecodeError or nothing', () => {
      const property = fc.property(fc.nat({ max: 255 }), fc.uint8Array({ maxLength: 60 }), (header, body) => {
        expectDecodeErrorAtMost(() => decode(version, header, body, 0, body.length));
      });
      fc.assert(property, { seed, numRuns: 20_000 });
    });

    test('a packet with bytes changed, cut or added throws a DecodeError or decodes to what encodes again', () => {
      const change = fc.record({ at: fc.nat({ max: 400 }), to: fc.nat({ max: 255 }) });
      const changes = fc.array(change, { minLength: 1, maxLength: 3 });
      const property = fc.property(
        anyPacket(version),
        changes,
        fc.integer({ min: -3, max: 3 }),
        (packet, changes, more) => {
          const bytes = encode(version, packet);
          const bodyStart = bytes.findIndex((byte, i) => i > 0 && byte < 0x80) + 1;
          const mutated = new Uint8Array(Math.max(bodyStart, bytes.length + more));
          mutated.set(bytes.subarray(0, mutated.length));
          for (const { at, to } of changes) mutated[at % mutated.length] = to;
          let decoded: Packet | null = null;
          expectDecodeErrorAtMost(() => {
            decoded = decode(version, mutated[0] ?? 0, mutated, bodyStart, mutated.length);
          });
          if (decoded !== null) expect(decodeWire(version, encode(version, decoded))).toEqual(decoded);
        },
      );
      fc.assert(property, { seed, numRuns: 5000 });
    });

    test('a random stream ends in packets, a DecodeError or more to come', () => {
      const property = fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (chunks) => {
        expectDecodeErrorAtMost(() => {
          const framer = new Framer(100);
          for (const chunk of chunks) {
            framer.push(chunk);
            while (framer.next()) decode(version, framer.header, framer.buffer, framer.bodyStart, framer.end);
            framer.release();
            expect(framer.bufferedBytes).toBeLessThanOrEqual(100);
          }
        });
      });
      fc.assert(property, { seed, numRuns: 5000 });
    });
  });
}

function expectDecodeErrorAtMost(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    expect(error.reasonCode).toBeGreaterThanOrEqual(0x81);
  }
}

describe('encoders of single packets', () => {
  test('agree with encode, and the announced size with the bytes', () => {
    for (const version of versions) {
      const property = fc.property(anyPacket(version), (packet) => {
        const bytes = encode(version, packet);
        if (packet.type === 3) {
          const { topic, payload, qos, retain, dup, packetIdentifier, properties } = packet;
          expect(encodePublish(version, topic, payload, qos, retain, dup, packetIdentifier, properties)).toEqual(bytes);
          expect(encodedPublishSize(version, topic, payload.length, qos, properties)).toBe(bytes.length);
        } else if (packet.type >= 4 && packet.type <= 7 && 'reasonCode' in packet && 'packetIdentifier' in packet) {
          const { type, packetIdentifier, reasonCode, properties } = packet;
          expect(encodeAck(version, type, packetIdentifier, reasonCode, properties)).toEqual(bytes);
        } else if (packet.type === 2) expect(encodeConnack(version, packet)).toEqual(bytes);
        else if (packet.type === 9 || packet.type === 11) expect(encodeSuback(version, packet)).toEqual(bytes);
        else if (packet.type === 14) {
          expect(encodeDisconnect(version, packet.reasonCode, packet.properties)).toEqual(bytes);
        }
      });
      fc.assert(property, { seed, numRuns: 500 });
    }
  });
});
