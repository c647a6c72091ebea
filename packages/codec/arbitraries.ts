/** For tests: any legal packet, for fast-check. */
import fc from 'fast-check';
import { PacketType } from './types.ts';
import type { Packet, Properties, ProtocolVersion, QoS, SubscriptionRequest, WillFields } from './types.ts';

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
export function anyPacket(version: ProtocolVersion): fc.Arbitrary<Packet> {
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
