import { describe, expect, test } from 'bun:test';
import { encode } from './mod.ts';
import type { ConnectPacket, Packet, ProtocolVersion } from './mod.ts';
import { decodeWire, wire } from './wire-notation.ts';

const connect: ConnectPacket = {
  type: 1,
  version: 4,
  bridge: false,
  cleanStart: true,
  keepAlive: 10,
  clientId: 'p',
  will: null,
  username: null,
  password: null,
  properties: null,
};

/** Each packet and its only shortest form, written out by hand from the tables of the standards. */
const vectors: [what: string, ProtocolVersion, bytes: string, Packet][] = [
  ['CONNECT 3.1', 3, "10 0f 0006 'MQIsdp' 03 02 000a 0001 'p'", { ...connect, version: 3 }],
  ['CONNECT 3.1.1', 4, "10 0d 0004 'MQTT' 04 02 000a 0001 'p'", connect],
  ['CONNECT 3.1.1 of a bridge', 4, "10 0d 0004 'MQTT' 84 02 000a 0001 'p'", { ...connect, bridge: true }],
  ['CONNECT 3.1 of a bridge', 3, "10 0f 0006 'MQIsdp' 83 02 000a 0001 'p'", { ...connect, version: 3, bridge: true }],
  [
    // The variable header is that of figure 3-6 of MQTT 5.0.
    'CONNECT 5.0 with the flags of figure 3-6',
    5,
    "10 20 0004 'MQTT' 05 ce 000a 05 11 0000000a 0000 00 0001 't' 0001 'm' 0001 'u' 0002 'pw'",
    {
      ...connect,
      version: 5,
      clientId: '',
      properties: { sessionExpiryInterval: 10 },
      will: { topic: 't', payload: wire("'m'"), qos: 1, retain: false, properties: null },
      username: 'u',
      password: wire("'pw'"),
    },
  ],
  [
    'CONNECT 5.0 with all its properties',
    5,
    `10 38 0004'MQTT' 05 00 0000
     2a 11 ffffffff 21 ffff 27 00000100 22 000a 19 01 17 00 26 0001'a'0001'b' 26 0001'a'0001'c' 15 0001'm' 16 0001 00
     0001 'p'`,
    {
      ...connect,
      version: 5,
      cleanStart: false,
      keepAlive: 0,
      properties: {
        sessionExpiryInterval: 0xffffffff,
        receiveMaximum: 0xffff,
        maximumPacketSize: 256,
        topicAliasMaximum: 10,
        requestResponseInformation: 1,
        requestProblemInformation: 0,
        userProperties: [
          ['a', 'b'],
          ['a', 'c'],
        ],
        authenticationMethod: 'm',
        authenticationData: wire('00'),
      },
    },
  ],
  [
    'CONNECT 5.0 with all will properties',
    5,
    `10 35 0004'MQTT' 05 34 003c 00 0001'p'
     1f 18 00000005 01 01 02 0000000a 03 0001'j' 08 0001'r' 09 0001 ff 26 0001'a'0001'b'
     0003'w/t' 0000`,
    {
      ...connect,
      version: 5,
      cleanStart: false,
      keepAlive: 60,
      will: {
        topic: 'w/t',
        payload: new Uint8Array(0),
        qos: 2,
        retain: true,
        properties: {
          willDelayInterval: 5,
          payloadFormatIndicator: 1,
          messageExpiryInterval: 10,
          contentType: 'j',
          responseTopic: 'r',
          correlationData: wire('ff'),
          userProperties: [['a', 'b']],
        },
      },
    },
  ],
  [
    'CONNECT 5.0 with a password and no user name',
    5,
    "10 11 0004 'MQTT' 05 42 000a 00 0001 'p' 0001 'x'",
    { ...connect, version: 5, password: wire("'x'") },
  ],
  ['CONNACK 3.1.1', 4, '20 02 01 00', { type: 2, sessionPresent: true, reasonCode: 0, properties: null }],
  ['CONNACK 3.1.1 refused', 4, '20 02 00 05', { type: 2, sessionPresent: false, reasonCode: 5, properties: null }],
  ['CONNACK 5.0', 5, '20 03 00 87 00', { type: 2, sessionPresent: false, reasonCode: 0x87, properties: null }],
  [
    'CONNACK 5.0 with all its properties',
    5,
    `20 3f 01 00 3c
     11 00000001 21 0014 24 01 25 00 27 001e8480 12 0001'x' 22 000a 1f 0001'r' 26 0001'a'0001'b' 28 00 29 00 2a 00
     13 003c 1a 0001'i' 1c 0001's' 15 0001'm' 16 0001 00`,
    {
      type: 2,
      sessionPresent: true,
      reasonCode: 0,
      properties: {
        sessionExpiryInterval: 1,
        receiveMaximum: 20,
        maximumQoS: 1,
        retainAvailable: 0,
        maximumPacketSize: 2_000_000,
        assignedClientIdentifier: 'x',
        topicAliasMaximum: 10,
        reasonString: 'r',
        userProperties: [['a', 'b']],
        wildcardSubscriptionAvailable: 0,
        subscriptionIdentifierAvailable: 0,
        sharedSubscriptionAvailable: 0,
        serverKeepAlive: 60,
        responseInformation: 'i',
        serverReference: 's',
        authenticationMethod: 'm',
        authenticationData: wire('00'),
      },
    },
  ],
  [
    'PUBLISH 3.1.1 QoS 0',
    4,
    "31 0e 0005 'topic' 'payload'",
    publish({ retain: true, topic: 'topic', payload: wire("'payload'") }),
  ],
  [
    // Figure 3-9 of MQTT 3.1.1: topic a/b, identifier 10.
    'PUBLISH 3.1.1 QoS 1 of figure 3-9',
    4,
    "32 07 0003 'a/b' 000a",
    publish({ qos: 1, topic: 'a/b', packetIdentifier: 10 }),
  ],
  [
    'PUBLISH 5.0 QoS 2 again',
    5,
    "3c 09 0003 'a/b' ffff 00 'm'",
    publish({ qos: 2, dup: true, topic: 'a/b', packetIdentifier: 0xffff, payload: wire("'m'") }),
  ],
  [
    'PUBLISH 5.0 with all its properties',
    5,
    "30 27 0001 't' 22 01 00 02 00000000 23 ffff 08 0001'r' 09 0000 26 0001'a'0000 0b 01 0b ffffff7f 03 0001'j' 'm'",
    publish({
      topic: 't',
      payload: wire("'m'"),
      properties: {
        payloadFormatIndicator: 0,
        messageExpiryInterval: 0,
        topicAlias: 0xffff,
        responseTopic: 'r',
        correlationData: new Uint8Array(0),
        userProperties: [['a', '']],
        subscriptionIdentifiers: [1, 268_435_455],
        contentType: 'j',
      },
    }),
  ],
  [
    'PUBLISH 5.0 with an alias alone',
    5,
    '30 06 0000 03 23 0001',
    publish({ topic: '', properties: { topicAlias: 1 } }),
  ],
  [
    // Section 1.5.4.1 of MQTT 5.0: A and U+2A6D4.
    'PUBLISH with the string of figure 1.1',
    4,
    '30 07 0005 41 f0aa9b94',
    publish({ topic: 'A\u{2A6D4}' }),
  ],
  ['PUBACK 3.1.1', 4, '40 02 04d2', ack(4, 1234)],
  ['PUBREC 3.1', 3, '50 02 04d2', ack(5, 1234)],
  ['PUBREL 3.1.1', 4, '62 02 04d2', ack(6, 1234)],
  ['PUBCOMP 3.1.1', 4, '70 02 04d2', ack(7, 1234)],
  ['PUBACK 5.0 in its shortest form', 5, '40 02 0001', ack(4, 1)],
  ['PUBREC 5.0 with a reason', 5, '50 03 0001 10', ack(5, 1, 0x10)],
  ['PUBREL 5.0 with a reason', 5, '62 03 0001 92', ack(6, 1, 0x92)],
  [
    'PUBCOMP 5.0 with properties',
    5,
    "70 0f 0001 00 0b 1f 0001'r' 26 0001'a'0001'b'",
    { ...ack(7, 1), properties: { reasonString: 'r', userProperties: [['a', 'b']] } },
  ],
  [
    // Figure 3-24 of MQTT 3.1.1, with identifier 10.
    'SUBSCRIBE 3.1.1 of figure 3-24',
    4,
    "82 0e 000a 0003 'a/b' 01 0003 'c/d' 02",
    { type: 8, packetIdentifier: 10, properties: null, subscriptions: [request('a/b', 1), request('c/d', 2)] },
  ],
  [
    'SUBSCRIBE 5.0 with all options',
    5,
    "82 11 04d2 02 0b 7f 0003 'a/#' 1d 0003 '+/b' 22",
    {
      type: 8,
      packetIdentifier: 1234,
      properties: { subscriptionIdentifiers: [127] },
      subscriptions: [
        { topicFilter: 'a/#', qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 1 },
        { topicFilter: '+/b', qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 2 },
      ],
    },
  ],
  [
    'SUBACK 3.1.1',
    4,
    '90 06 000a 00 01 02 80',
    { type: 9, packetIdentifier: 10, reasonCodes: [0, 1, 2, 0x80], properties: null },
  ],
  [
    'SUBACK 5.0',
    5,
    "90 09 000a 04 1f 0001'r' a1 00",
    { type: 9, packetIdentifier: 10, reasonCodes: [0xa1, 0], properties: { reasonString: 'r' } },
  ],
  [
    'UNSUBSCRIBE 3.1.1',
    4,
    "a2 0c 000a 0003 'a/b' 0003 'c/d'",
    { type: 10, packetIdentifier: 10, topicFilters: ['a/b', 'c/d'], properties: null },
  ],
  [
    'UNSUBSCRIBE 5.0',
    5,
    "a2 0b 000a 05 26 0000 0000 0001 'a'",
    { type: 10, packetIdentifier: 10, topicFilters: ['a'], properties: { userProperties: [['', '']] } },
  ],
  ['UNSUBACK 3.1.1', 4, 'b0 02 000a', { type: 11, packetIdentifier: 10, reasonCodes: [], properties: null }],
  [
    'UNSUBACK 5.0',
    5,
    'b0 05 000a 00 00 11',
    { type: 11, packetIdentifier: 10, reasonCodes: [0, 0x11], properties: null },
  ],
  ['PINGREQ', 4, 'c0 00', { type: 12 }],
  ['PINGRESP', 5, 'd0 00', { type: 13 }],
  ['DISCONNECT 3.1.1', 4, 'e0 00', { type: 14, reasonCode: 0, properties: null }],
  ['DISCONNECT 5.0 in its shortest form', 5, 'e0 00', { type: 14, reasonCode: 0, properties: null }],
  ['DISCONNECT 5.0 with a reason', 5, 'e0 01 8e', { type: 14, reasonCode: 0x8e, properties: null }],
  [
    'DISCONNECT 5.0 with all its properties',
    5,
    "e0 16 04 14 11 00000000 1f 0001'r' 26 0001'a'0000 1c 0002's2'",
    {
      type: 14,
      reasonCode: 4,
      properties: { sessionExpiryInterval: 0, reasonString: 'r', userProperties: [['a', '']], serverReference: 's2' },
    },
  ],
  ['AUTH in its shortest form', 5, 'f0 00', { type: 15, reasonCode: 0, properties: null }],
  [
    'AUTH',
    5,
    "f0 0a 18 08 15 0001'm' 16 0001 00",
    { type: 15, reasonCode: 0x18, properties: { authenticationMethod: 'm', authenticationData: wire('00') } },
  ],
];

function publish(fields: Partial<Packet & { type: 3 }>): Packet {
  const payload = new Uint8Array(0);
  return {
    type: 3,
    dup: false,
    qos: 0,
    retain: false,
    topic: '',
    packetIdentifier: 0,
    payload,
    properties: null,
    ...fields,
  };
}

function ack<T extends 4 | 5 | 6 | 7>(type: T, packetIdentifier: number, reasonCode = 0) {
  return { type, packetIdentifier, reasonCode, properties: null };
}

function request(topicFilter: string, qos: 0 | 1 | 2) {
  return { topicFilter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0 as const };
}

describe('packets of the standard', () => {
  for (const [what, version, bytes, packet] of vectors) {
    test(`${what}: decode`, () => expect(decodeWire(version, wire(bytes))).toEqual(packet));
    test(`${what}: encode`, () => expect(encode(version, packet)).toEqual(wire(bytes)));
  }
});

describe('forms that decode though they are not written', () => {
  const forms: [what: string, ProtocolVersion, bytes: string, Packet][] = [
    ['PUBACK 5.0 with reason code 0', 5, '40 03 0001 00', ack(4, 1)],
    ['PUBACK 5.0 with an empty Property Length', 5, '40 04 0001 00 00', ack(4, 1)],
    [
      'DISCONNECT 5.0 with an empty Property Length',
      5,
      'e0 02 82 00',
      { type: 14, reasonCode: 0x82, properties: null },
    ],
    [
      'CONNACK 3.1 with its unused byte set',
      3,
      '20 02 ff 00',
      { type: 2, sessionPresent: false, reasonCode: 0, properties: null },
    ],
    ['CONNECT 3.1 with unused header flags', 3, "1e 0f 0006 'MQIsdp' 03 02 000a 0001 'p'", { ...connect, version: 3 }],
    ['CONNECT 3.1 with its reserved bit', 3, "10 0f 0006 'MQIsdp' 03 03 000a 0001 'p'", { ...connect, version: 3 }],
    ['CONNECT 3.1 with Will QoS and no will', 3, "10 0f 0006 'MQIsdp' 03 3a 000a 0001 'p'", { ...connect, version: 3 }],
    [
      'CONNECT 3.1 with the strings of its flags left out',
      3,
      "10 0f 0006 'MQIsdp' 03 c2 000a 0001 'p'",
      { ...connect, version: 3 },
    ],
    ['PUBREL 3.1 with DUP', 3, '6a 02 0001', ack(6, 1)],
    [
      'SUBSCRIBE 3.1 with DUP and reserved bits',
      3,
      "8a 06 0001 0001 'a' fd",
      { type: 8, packetIdentifier: 1, properties: null, subscriptions: [request('a', 1)] },
    ],
    ['a padded Remaining Length', 4, 'c0 80 80 00', { type: 12 }],
  ];
  for (const [what, version, bytes, packet] of forms) {
    test(what, () => expect(decodeWire(version, wire(bytes))).toEqual(packet));
  }
});

test('[MQTT-1.5.5-1] Remaining Length takes the bytes of table 1-1 at its borders', () => {
  const borders: [remainingLength: number, header: string][] = [
    [5, '30 05'],
    [127, '30 7f'],
    [128, '30 80 01'],
    [16_383, '30 ff 7f'],
    [16_384, '30 80 80 01'],
    [2_097_151, '30 ff ff 7f'],
    [2_097_152, '30 80 80 80 01'],
  ];
  for (const [remainingLength, header] of borders) {
    const payload = new Uint8Array(remainingLength - 3);
    const bytes = encode(4, publish({ topic: 't', payload }));
    const expected = wire(header);
    expect(bytes.subarray(0, expected.length)).toEqual(expected);
    expect(bytes.length).toBe(expected.length + remainingLength);
    expect((decodeWire(4, bytes) as Packet & { type: 3 }).payload.length).toBe(payload.length);
  }
});

test('what does not fit the wire is a RangeError', () => {
  const tooLong = 'x'.repeat(65_536);
  expect(() => encode(4, publish({ topic: tooLong }))).toThrow(RangeError);
  expect(() => encode(4, { ...connect, password: new Uint8Array(65_536) })).toThrow(RangeError);
  expect(() => encode(5, publish({ topic: 't', properties: { contentType: tooLong } }))).toThrow(RangeError);
  expect(() => encode(5, publish({ topic: 't', properties: { subscriptionIdentifiers: [268_435_456] } }))).toThrow(
    RangeError,
  );
});
