import { describe, expect, test } from 'bun:test';
import { decode, DecodeError, encode, Framer, UnsupportedVersionError } from './mod.ts';
import type { ProtocolVersion, PublishPacket } from './mod.ts';
import { decodeWire, packetOf, wire } from './wire-notation.ts';

function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return null;
}

/** What, first byte, body in wire notation, reason code, statement where it has one. */
type Case = [what: string, header: number, body: string, reasonCode: number, statement?: string];

function refuses(version: ProtocolVersion, cases: readonly Case[]): void {
  for (const [what, header, body, reasonCode, statement] of cases) {
    test(`${statement === undefined ? '' : `[${statement}] `}${what} is 0x${reasonCode.toString(16)}`, () => {
      const error = errorOf(() => decodeWire(version, packetOf(header, body)));
      expect(error).toBeInstanceOf(DecodeError);
      const { reasonCode: actual, statement: broken } = error as DecodeError;
      expect({ reasonCode: actual, statement: broken }).toEqual({ reasonCode, statement: statement ?? broken });
    });
  }
}

const name = "0004 'MQTT'";

describe('CONNECT 3.1.1', () => {
  refuses(4, [
    ['reserved header flags', 0x11, `${name} 04 02 000a 0001'p'`, 0x81, 'MQTT-2.1.3-1'],
    ['empty body', 0x10, '', 0x81],
    ['no level', 0x10, name, 0x81],
    ['no keep alive', 0x10, `${name} 04 02`, 0x81],
    ['no client id', 0x10, `${name} 04 02 000a`, 0x81],
    ['bytes behind the end', 0x10, `${name} 04 02 000a 0001'p' 00`, 0x81],
    ['reserved connect flag', 0x10, `${name} 04 03 000a 0001'p'`, 0x81, 'MQTT-3.1.2-3'],
    ['Will QoS without a will', 0x10, `${name} 04 0a 000a 0001'p'`, 0x81, 'MQTT-3.1.2-11'],
    ['Will Retain without a will', 0x10, `${name} 04 22 000a 0001'p'`, 0x81, 'MQTT-3.1.2-11'],
    ['Will QoS 3', 0x10, `${name} 04 1e 000a 0001'p' 0001't' 0001'm'`, 0x81, 'MQTT-3.1.2-12'],
    ['will without topic and message', 0x10, `${name} 04 06 000a 0001'p'`, 0x81],
    ['will without message', 0x10, `${name} 04 06 000a 0001'p' 0001't'`, 0x81],
    ['will topic empty', 0x10, `${name} 04 06 000a 0001'p' 0000 0001'm'`, 0x90, 'MQTT-4.7.3-1'],
    ['will topic with a wildcard', 0x10, `${name} 04 06 000a 0001'p' 0003'a/#' 0001'm'`, 0x90, 'MQTT-3.3.2-2'],
    ['will topic with U+0000', 0x10, `${name} 04 06 000a 0001'p' 0002'a'00 0001'm'`, 0x81, 'MQTT-1.5.4-2'],
    ['user name missing', 0x10, `${name} 04 82 000a 0001'p'`, 0x81],
    ['user name without its flag', 0x10, `${name} 04 02 000a 0001'p' 0001'u'`, 0x81],
    ['password missing', 0x10, `${name} 04 c2 000a 0001'p' 0001'u'`, 0x81],
    ['password without a user name', 0x10, `${name} 04 42 000a 0001'p' 0001'x'`, 0x81, 'MQTT-3.1.2-22'],
    ['client id with a surrogate', 0x10, `${name} 04 02 000a 0003 eda080`, 0x81, 'MQTT-1.5.4-1'],
    ['user name with U+0000', 0x10, `${name} 04 82 000a 0001'p' 0001 00`, 0x81, 'MQTT-1.5.4-2'],
  ]);
});

describe('User Properties', () => {
  const publishWith = (count: number): Uint8Array =>
    encode(5, {
      ...{ type: 3, dup: false, qos: 0, retain: false, topic: 't', packetIdentifier: 0, payload: new Uint8Array(0) },
      properties: { userProperties: Array.from({ length: count }, (_, index) => [String(index), ''] as const) },
    });

  test('of a packet are 1,000 at most, in their order', () => {
    const packet = decodeWire(5, publishWith(1_000)) as PublishPacket;
    expect(packet.properties?.userProperties?.map(([name]) => Number(name))).toEqual([...Array(1_000).keys()]);
    expect(errorOf(() => decodeWire(5, publishWith(1_001)))).toMatchObject({ reasonCode: 0x97 });
  });
});

describe('CONNECT 5.0', () => {
  const connect = `${name} 05 02 000a`;
  refuses(5, [
    ['reserved header flags', 0x12, `${connect} 00 0001'p'`, 0x81, 'MQTT-2.1.3-1'],
    ['no Property Length', 0x10, connect, 0x81],
    ['Property Length past the end', 0x10, `${connect} 05 11 0000`, 0x81],
    ['property past the Property Length', 0x10, `${connect} 04 11 00000000 0001'p'`, 0x81],
    ['Property Length of five bytes', 0x10, `${connect} 8080808001 0001'p'`, 0x81],
    ['Property Length not in its shortest form', 0x10, `${connect} 8000 0001'p'`, 0x81, 'MQTT-1.5.5-1'],
    ['property identifier not in its shortest form', 0x10, `${connect} 06 9100 00000000 0001'p'`, 0x81, 'MQTT-1.5.5-1'],
    ['Session Expiry Interval twice', 0x10, `${connect} 0a 11 00000001 11 00000001 0001'p'`, 0x82],
    ['Receive Maximum 0', 0x10, `${connect} 03 21 0000 0001'p'`, 0x82],
    ['Receive Maximum twice', 0x10, `${connect} 06 21 0001 21 0001 0001'p'`, 0x82],
    ['Maximum Packet Size 0', 0x10, `${connect} 05 27 00000000 0001'p'`, 0x82],
    ['Topic Alias Maximum twice', 0x10, `${connect} 06 22 0000 22 0000 0001'p'`, 0x82],
    ['Request Response Information 2', 0x10, `${connect} 02 19 02 0001'p'`, 0x82],
    ['Request Problem Information 2', 0x10, `${connect} 02 17 02 0001'p'`, 0x82],
    ['Authentication Method twice', 0x10, `${connect} 06 15 0000 15 0000 0001'p'`, 0x82],
    ['Authentication Data without a method', 0x10, `${connect} 04 16 0001 00 0001'p'`, 0x82],
    ['User Property without a value', 0x10, `${connect} 04 26 0001'a' 0001'p'`, 0x81],
    ['User Property with a control character', 0x10, `${connect} 06 26 0000 0001 0a 0001'p'`, 0x81],
    ['unknown property', 0x10, `${connect} 02 04 00 0001'p'`, 0x81],
    ['property of another packet', 0x10, `${connect} 02 24 00 0001'p'`, 0x81],
    ['will property among those of CONNECT', 0x10, `${connect} 05 18 00000000 0001'p'`, 0x81],
    ['CONNECT property among those of the will', 0x10, `${name} 05 06 000a 00 0001'p' 03 21 0001 0001't' 0000`, 0x81],
    ['Payload Format Indicator 2 of the will', 0x10, `${name} 05 06 000a 00 0001'p' 02 01 02 0001't' 0000`, 0x82],
    ['Will QoS 3', 0x10, `${name} 05 1e 000a 00 0001'p' 00 0001't' 0000`, 0x81, 'MQTT-3.1.2-12'],
    ['reserved connect flag', 0x10, `${name} 05 01 000a 00 0001'p'`, 0x81, 'MQTT-3.1.2-3'],
    ['password missing', 0x10, `${name} 05 c2 000a 00 0001'p' 0001'u'`, 0x81],
  ]);
});

describe('protocol names and levels', () => {
  const asked: [what: string, body: string, level: number][] = [
    ['MQTT 3', `${name} 03 02 000a 0001'p'`, 3],
    ['MQTT 6', `${name} 06 02 000a 00 0001'p'`, 6],
    ['MQTT 5 with the bit of a bridge', `${name} 85 02 000a 00 0001'p'`, 0x85],
    ['MQIsdp 2', "0006 'MQIsdp' 02 02 000a 0001'p'", 2],
    ['MQIsdp 4', "0006 'MQIsdp' 04 02 000a 0001'p'", 4],
    ['MQTU 4', "0004 'MQTU' 04 02 000a 0001'p'", 4],
    ['an empty name', '0000 04 02 000a 0001', 4],
    ['MQTT 9 with a body we cannot know', `${name} 09`, 9],
  ];
  for (const [what, body, level] of asked) {
    test(`${what} is refused with 0x84 and tells level ${level}`, () => {
      const error = errorOf(() => decodeWire(4, packetOf(0x10, body)));
      expect(error).toBeInstanceOf(UnsupportedVersionError);
      expect(error).toMatchObject({ reasonCode: 0x84, level });
    });
  }
});

describe('PUBLISH 3.1.1', () => {
  refuses(4, [
    ['QoS 3', 0x36, "0001't' 0001", 0x81, 'MQTT-3.3.1-4'],
    ['DUP with QoS 0', 0x38, "0001't'", 0x81, 'MQTT-3.3.1-2'],
    ['empty body', 0x30, '', 0x81],
    ['half a topic length', 0x30, '00', 0x81],
    ['topic past the end', 0x30, "0002't'", 0x81],
    ['no packet identifier', 0x32, "0001't'", 0x81],
    ['half a packet identifier', 0x32, "0001't' 00", 0x81],
    ['packet identifier 0 with QoS 1', 0x32, "0001't' 0000", 0x82, 'MQTT-2.2.1-3'],
    ['packet identifier 0 with QoS 2', 0x34, "0001't' 0000", 0x82, 'MQTT-2.2.1-3'],
    ['empty topic', 0x30, "0000 'm'", 0x82, 'MQTT-4.7.3-1'],
    ['topic with +', 0x30, "0003'a/+'", 0x90, 'MQTT-3.3.2-2'],
    ['topic with #', 0x30, "0001'#'", 0x90, 'MQTT-3.3.2-2'],
    ['long topic with #', 0x30, `0046 ${"'0123456789'".repeat(6)} '012345678#'`, 0x90, 'MQTT-3.3.2-2'],
    ['topic with U+0000', 0x30, "0002'a'00", 0x81, 'MQTT-1.5.4-2'],
    ['topic with a surrogate', 0x30, '0003 eda080', 0x81, 'MQTT-1.5.4-1'],
  ]);
});

describe('PUBLISH 5.0', () => {
  refuses(5, [
    ['no Property Length', 0x30, "0001't'", 0x81],
    ['empty topic without an alias', 0x30, '0000 00', 0x82, 'MQTT-4.7.3-1'],
    ['empty topic with another property', 0x30, '0000 02 01 00', 0x82],
    ['Topic Alias 0', 0x30, "0001't' 03 23 0000", 0x94, 'MQTT-3.3.2-8'],
    ['Topic Alias twice', 0x30, "0001't' 06 23 0001 23 0002", 0x82],
    ['Payload Format Indicator 2', 0x30, "0001't' 02 01 02", 0x82],
    ['Payload Format Indicator twice', 0x30, "0001't' 04 01 01 01 01", 0x82],
    ['Message Expiry Interval cut', 0x30, "0001't' 03 02 0000", 0x81],
    ['Response Topic with a wildcard', 0x30, "0001't' 04 08 0001'#'", 0x82, 'MQTT-3.3.2-14'],
    ['Response Topic empty', 0x30, "0001't' 03 08 0000", 0x82, 'MQTT-4.7.3-1'],
    ['Correlation Data twice', 0x30, "0001't' 06 09 0000 09 0000", 0x82],
    ['Content Type twice', 0x30, "0001't' 06 03 0000 03 0000", 0x82],
    ['Subscription Identifier 0', 0x30, "0001't' 02 0b 00", 0x82],
    ['Subscription Identifier of five bytes', 0x30, "0001't' 06 0b 8080808001", 0x81],
    ['property of another packet', 0x30, "0001't' 05 11 00000000", 0x81],
    ['packet identifier 0', 0x34, "0001't' 0000 00", 0x82, 'MQTT-2.2.1-3'],
  ]);
});

describe('acknowledgements 3.1.1', () => {
  refuses(4, [
    ['PUBACK with header flags', 0x41, '0001', 0x81, 'MQTT-2.1.3-1'],
    ['PUBREL without its header flags', 0x60, '0001', 0x81, 'MQTT-2.1.3-1'],
    ['PUBREL with DUP', 0x6a, '0001', 0x81, 'MQTT-2.1.3-1'],
    ['PUBACK without a packet identifier', 0x40, '', 0x81],
    ['PUBREC with half a packet identifier', 0x50, '00', 0x81],
    ['PUBCOMP with a reason code', 0x70, '0001 00', 0x81],
    ['PUBREC with packet identifier 0', 0x50, '0000', 0x82, 'MQTT-2.2.1-5'],
  ]);
});

describe('acknowledgements 5.0', () => {
  refuses(5, [
    ['PUBACK with half a packet identifier', 0x40, '00', 0x81],
    ['PUBACK with an unknown reason code', 0x40, '0001 ff 00', 0x82],
    ['PUBREL with a reason code of PUBACK', 0x62, '0001 80', 0x82],
    ['PUBCOMP with a reason code of PUBACK', 0x70, '0001 10', 0x82],
    ['PUBACK with a reason code of PUBREL', 0x40, '0001 92', 0x82],
    ['PUBACK with properties cut', 0x40, '0001 00 01', 0x81],
    ['PUBACK with bytes behind its properties', 0x40, '0001 00 00 00', 0x81],
    ['PUBREC with Reason String twice', 0x50, '0001 00 06 1f 0000 1f 0000', 0x82],
    ['PUBREC with a property of PUBLISH', 0x50, '0001 00 02 01 00', 0x81],
    ['PUBCOMP with packet identifier 0', 0x70, '0000', 0x82, 'MQTT-2.2.1-5'],
  ]);
});

describe('SUBSCRIBE and UNSUBSCRIBE 3.1.1', () => {
  refuses(4, [
    ['SUBSCRIBE without its header flags', 0x80, "0001 0001'a' 00", 0x81, 'MQTT-2.1.3-1'],
    ['SUBSCRIBE with DUP', 0x8a, "0001 0001'a' 00", 0x81, 'MQTT-2.1.3-1'],
    ['SUBSCRIBE with an empty body', 0x82, '', 0x81],
    ['SUBSCRIBE without a filter', 0x82, '0001', 0x82, 'MQTT-3.8.3-2'],
    ['SUBSCRIBE without a QoS', 0x82, "0001 0001'a'", 0x81],
    ['SUBSCRIBE with packet identifier 0', 0x82, "0000 0001'a' 00", 0x82, 'MQTT-2.2.1-3'],
    ['SUBSCRIBE with an empty filter', 0x82, '0001 0000 00', 0x8f, 'MQTT-4.7.3-1'],
    ['SUBSCRIBE with an empty second filter', 0x82, "0001 0001'a' 00 0000 00", 0x8f, 'MQTT-4.7.3-1'],
    ['SUBSCRIBE with QoS 3', 0x82, "0001 0001'a' 03", 0x81, 'MQTT-3.8.3-5'],
    ['SUBSCRIBE with an option of 5.0', 0x82, "0001 0001'a' 04", 0x81, 'MQTT-3.8.3-5'],
    ['SUBSCRIBE with U+0000', 0x82, "0001 0002'a'00 00", 0x81, 'MQTT-1.5.4-2'],
    ['UNSUBSCRIBE without its header flags', 0xa0, "0001 0001'a'", 0x81, 'MQTT-2.1.3-1'],
    ['UNSUBSCRIBE without a filter', 0xa2, '0001', 0x82, 'MQTT-3.10.3-2'],
    ['UNSUBSCRIBE with an empty filter', 0xa2, "0001 0001'a' 0000", 0x8f, 'MQTT-4.7.3-1'],
    ['UNSUBSCRIBE with packet identifier 0', 0xa2, "0000 0001'a'", 0x82, 'MQTT-2.2.1-3'],
    ['UNSUBSCRIBE with a filter cut', 0xa2, "0001 0002'a'", 0x81],
  ]);
});

describe('SUBSCRIBE and UNSUBSCRIBE 5.0', () => {
  refuses(5, [
    ['SUBSCRIBE without a Property Length', 0x82, '0001', 0x81],
    ['SUBSCRIBE without a filter', 0x82, '0001 00', 0x82, 'MQTT-3.8.3-2'],
    ['SUBSCRIBE without options', 0x82, "0001 00 0001'a'", 0x81],
    ['SUBSCRIBE with QoS 3', 0x82, "0001 00 0001'a' 03", 0x82],
    ['SUBSCRIBE with Retain Handling 3', 0x82, "0001 00 0001'a' 30", 0x82],
    ['SUBSCRIBE with reserved option 0x40', 0x82, "0001 00 0001'a' 40", 0x81, 'MQTT-3.8.3-5'],
    ['SUBSCRIBE with reserved option 0x80', 0x82, "0001 00 0001'a' 80", 0x81, 'MQTT-3.8.3-5'],
    ['shared SUBSCRIBE with No Local', 0x82, "0001 00 000a'$share/p/p' 04", 0x82, 'MQTT-3.8.3-4'],
    ['SUBSCRIBE with Subscription Identifier 0', 0x82, "0001 02 0b 00 0001'a' 00", 0x82],
    ['SUBSCRIBE with Subscription Identifier twice', 0x82, "0001 04 0b 01 0b 01 0001'a' 00", 0x82],
    ['SUBSCRIBE with a padded Subscription Identifier', 0x82, "0001 03 0b 8000 0001'a' 00", 0x81, 'MQTT-1.5.5-1'],
    ['SUBSCRIBE with a Reason String', 0x82, "0001 03 1f 0000 0001'a' 00", 0x81],
    ['UNSUBSCRIBE with a Subscription Identifier', 0xa2, "0001 02 0b 01 0001'a'", 0x81],
    ['UNSUBSCRIBE without a filter', 0xa2, '0001 00', 0x82, 'MQTT-3.10.3-2'],
  ]);
});

describe('packets of the server, 3.1.1', () => {
  refuses(4, [
    ['CONNACK with header flags', 0x21, '00 00', 0x81, 'MQTT-2.1.3-1'],
    ['CONNACK with reserved flags', 0x20, '02 00', 0x81, 'MQTT-3.2.2-1'],
    ['CONNACK with return code 6', 0x20, '00 06', 0x81],
    ['CONNACK that refuses with Session Present', 0x20, '01 05', 0x82, 'MQTT-3.2.2-6'],
    ['CONNACK too long', 0x20, '00 00 00', 0x81],
    ['SUBACK with a reserved return code', 0x90, '0001 03', 0x81],
    ['SUBACK without a return code', 0x90, '0001', 0x82],
    ['SUBACK with packet identifier 0', 0x90, '0000 00', 0x82, 'MQTT-2.2.1-6'],
    ['UNSUBACK with a reason code', 0xb0, '0001 00', 0x81],
    ['UNSUBACK with header flags', 0xb2, '0001', 0x81, 'MQTT-2.1.3-1'],
  ]);
});

describe('packets of the server, 5.0', () => {
  refuses(5, [
    ['CONNACK without a Property Length', 0x20, '00 00', 0x81],
    ['CONNACK with an unknown reason code', 0x20, '00 01 00', 0x82],
    ['CONNACK with Maximum QoS 2', 0x20, '00 00 02 24 02', 0x82],
    ['CONNACK with Retain Available 2', 0x20, '00 00 02 25 02', 0x82],
    ['CONNACK with Receive Maximum 0', 0x20, '00 00 03 21 0000', 0x82],
    ['CONNACK with a will property', 0x20, '00 00 05 18 00000000', 0x81],
    ['SUBACK with a reason code of UNSUBACK', 0x90, '0001 00 11', 0x82],
    ['UNSUBACK with a reason code of SUBACK', 0xb0, '0001 00 01', 0x82],
    ['UNSUBACK without a reason code', 0xb0, '0001 00', 0x82],
  ]);
});

describe('PINGREQ, DISCONNECT, AUTH and type 0', () => {
  refuses(4, [
    ['PINGREQ with header flags', 0xc1, '', 0x81, 'MQTT-2.1.3-1'],
    ['PINGREQ with a body', 0xc0, '00', 0x81],
    ['DISCONNECT 3.1.1 with header flags', 0xe8, '', 0x81, 'MQTT-2.1.3-1'],
    ['DISCONNECT 3.1.1 with a body', 0xe0, '00', 0x81],
    ['AUTH in 3.1.1', 0xf0, '', 0x82],
    ['type 0', 0x00, '', 0x81],
    ['type 0 with flags', 0x0f, '00', 0x81],
  ]);
  refuses(5, [
    ['PINGRESP with a body', 0xd0, '00', 0x81],
    ['DISCONNECT with header flags', 0xe1, '', 0x81, 'MQTT-2.1.3-1'],
    ['DISCONNECT with a reason code of SUBACK', 0xe0, '01', 0x82],
    ['DISCONNECT with properties cut', 0xe0, '00 05 11 0000', 0x81],
    ['DISCONNECT with bytes behind its properties', 0xe0, '00 00 00', 0x81],
    ['DISCONNECT with Session Expiry Interval twice', 0xe0, '00 0a 11 00000000 11 00000000', 0x82],
    ['DISCONNECT with a property of CONNECT', 0xe0, '00 03 22 0001', 0x81],
    ['AUTH with header flags', 0xf2, '', 0x81, 'MQTT-2.1.3-1'],
    ['AUTH with a reason code alone', 0xf0, '18', 0x81],
    ['AUTH without an Authentication Method', 0xf0, '18 00', 0x82],
    ['AUTH with a reason code of DISCONNECT', 0xf0, '04 00', 0x82],
  ]);
});

describe('[MQTT-1.5.4-1] strings', () => {
  const refused: [what: string, bytes: string][] = [
    ['U+0000', '00'],
    ['U+0000 in an overlong form', 'c080'],
    ['/ in an overlong form', 'c0af'],
    ['an overlong form of three bytes', 'e08080'],
    ['high surrogate U+D800', 'eda080'],
    ['low surrogate U+DFFF', 'edbfbf'],
    ['a pair of surrogates', 'eda080edb080'],
    ['a code point above U+10FFFF', 'f4908080'],
    ['a sequence cut', 'e282'],
    ['a continuation byte alone', '80'],
    ['0xff', 'ff'],
    ['U+0001', '01'],
    ['U+001F', '1f'],
    ['U+007F', '7f'],
    ['U+0080', 'c280'],
    ['U+009F', 'c29f'],
    ['U+FDD0', 'efb790'],
    ['U+FDEF', 'efb7af'],
    ['U+FFFE', 'efbfbe'],
    ['U+FFFF', 'efbfbf'],
    ['U+1FFFE', 'f09fbfbe'],
    ['U+10FFFF', 'f48fbfbf'],
  ];
  for (const [what, bytes] of refused) {
    // As a topic name, which has a way of its own, and as any other string.
    refuses(4, [
      [`${what} in a topic name`, 0x30, `${length(`'a'${bytes}`)} 'a' ${bytes}`, 0x81],
      [`${what} in a topic filter`, 0xa2, `0001 ${length(`'a'${bytes}`)} 'a' ${bytes}`, 0x81],
    ]);
  }

  const accepted: [what: string, bytes: string, text: string][] = [
    ['space', '20', ' '],
    ['~', '7e', '~'],
    ['U+00A0', 'c2a0', '\u00a0'],
    ['U+D7FF', 'ed9fbf', '\ud7ff'],
    ['U+E000', 'ee8080', '\ue000'],
    ['U+FDCF', 'efb78f', '\ufdcf'],
    ['U+FDF0', 'efb7b0', '\ufdf0'],
    ['U+FFFD', 'efbfbd', '\ufffd'],
    ['U+1FFFD', 'f09fbfbd', '\u{1fffd}'],
    ['U+10FFFD', 'f48fbfbd', '\u{10fffd}'],
    ['[MQTT-1.5.4-3] a byte order mark', 'efbbbf', '\ufeff'],
  ];
  for (const [what, bytes, text] of accepted) {
    test(`${what} is kept`, () => {
      const expected = { topicFilters: [text] };
      expect(decodeWire(4, packetOf(0xa2, `0001 ${length(bytes)} ${bytes}`))).toMatchObject(expected);
      expect(decodeWire(4, packetOf(0x30, `${length(bytes)} ${bytes}`))).toMatchObject({ topic: text });
    });
  }

  function length(notation: string): string {
    return wire(notation).length.toString(16).padStart(4, '0');
  }
});

test('messages tell nothing of the content', () => {
  const secret = 'hunter2';
  const bytes = packetOf(0x10, `${name} 04 c2 000a 0001'p' 0001'u' 0009 '${secret}'`);
  const error = errorOf(() => decodeWire(4, bytes)) as DecodeError;
  expect(error.message).not.toContain(secret);
  expect(error.message).toBe('packet ends inside a field');
});

describe('Framer', () => {
  const limited: [what: string, bytes: string, reasonCode: number][] = [
    ['packet type 0', '0f', 0x81],
    ['a Remaining Length of five bytes', '30 8080808001', 0x81],
    ['its fourth continuation byte alone', '30 ffffffff', 0x81],
    ['a packet one byte above the maximum', '30 31', 0x95],
    ['a packet above the maximum, announced in four bytes', '30 ffffff7f', 0x95],
  ];
  for (const [what, bytes, reasonCode] of limited) {
    test(`refuses ${what} with 0x${reasonCode.toString(16)}, before the packet is there`, () => {
      const framer = new Framer(50);
      framer.push(wire(bytes));
      expect(errorOf(() => framer.next())).toMatchObject({ reasonCode });
      expect(errorOf(() => framer.next())).toMatchObject({ reasonCode });
    });
  }

  test('[MQTT-1.5.5-1] refuses a padded Remaining Length once it is told to', () => {
    const framer = new Framer(50);
    framer.push(wire('c0 8000 c0 8000'));
    expect(framer.next()).toBe(true);
    framer.shortestLengths = true;
    expect(errorOf(() => framer.next())).toMatchObject({ reasonCode: 0x81, statement: 'MQTT-1.5.5-1' });
  });
});

test('decode itself refuses packet type 0', () => {
  expect(errorOf(() => decode(5, 0x00, new Uint8Array(0), 0, 0))).toMatchObject({ reasonCode: 0x81 });
});

test('decode does not read behind the end of the packet', () => {
  const noPropertyLength = wire("0001't' 00");
  expect(errorOf(() => decode(5, 0x30, noPropertyLength, 0, 3))).toMatchObject({ reasonCode: 0x81 });
});

test('decode takes the body where it lies in a larger buffer', () => {
  const buffer = wire("ff ff 0001 0001'a' ff");
  expect(decode(4, 0xa2, buffer, 2, 7)).toMatchObject({ packetIdentifier: 1, topicFilters: ['a'] });
  expect(errorOf(() => decode(4, 0xa2, buffer, 2, 6))).toMatchObject({ reasonCode: 0x81 });
});
