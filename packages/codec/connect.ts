import { DecodeError, malformed, protocolError, UnsupportedVersionError } from './errors.ts';
import { checkFlags } from './flags.ts';
import { decodeProperties, propertiesSize, withPropertyLength, writeProperties } from './properties.ts';
import { willProperties } from './property-table.ts';
import { Reader } from './reader.ts';
import { decodeTopicName } from './topic-names.ts';
import { PacketType, ReasonCode } from './types.ts';
import type { ConnectPacket, ProtocolVersion, QoS, WillFields } from './types.ts';
import { binarySize, stringSize, Writer } from './writer.ts';

/** Top bit of the protocol level: set by bridges on 3.1 and 3.1.1. */
const bridgeBit = 0x80;

/** The protocol name of 3.1.1 and 5.0 as a UTF-8 Encoded String (MQTT 5.0 section 3.1.2.1). */
const mqttName = [0, 4, 0x4d, 0x51, 0x54, 0x54];

/** Connect Flags (MQTT 5.0 section 3.1.2.3). */
const cleanStartFlag = 0x02;
const willFlag = 0x04;
const willRetainFlag = 0x20;
const passwordFlag = 0x40;
const usernameFlag = 0x80;
const willBits = 0x38;

/**
 * Decodes the body of a CONNECT of any version (MQTT 5.0 section 3.1).
 *
 * @throws DecodeError; UnsupportedVersionError (0x84) for a protocol name and level that are none of the three
 */
export function decodeConnect(header: number, buffer: Uint8Array, start: number, end: number): ConnectPacket {
  const reader = new Reader(buffer, start, end);
  const name = reader.skip(mqttName) ? 'MQTT' : reader.string();
  const level = reader.uint8();
  const version = protocolVersion(name, level);
  checkFlags(version, header, 0);
  return decodeBody(version, level >= bridgeBit, reader);
}

function protocolVersion(name: string, level: number): ProtocolVersion {
  if (name === 'MQTT') {
    if (level === 5) return 5;
    if ((level & ~bridgeBit) === 4) return 4;
    throw new UnsupportedVersionError(level, `MQTT protocol level ${level}`, 'MQTT-3.1.2-2'); // [MQTT-3.1.2-2]
  }
  if (name === 'MQIsdp') {
    if ((level & ~bridgeBit) === 3) return 3;
    throw new UnsupportedVersionError(level, `MQIsdp protocol level ${level}`, 'MQTT-3.1.2-2'); // [MQTT-3.1.2-2]
  }
  throw new UnsupportedVersionError(level, 'unknown protocol name', 'MQTT-3.1.2-1'); // [MQTT-3.1.2-1]
}

function decodeBody(version: ProtocolVersion, bridge: boolean, reader: Reader): ConnectPacket {
  const flags = reader.uint8();
  checkConnectFlags(version, flags);
  const keepAlive = reader.uint16();
  const properties = version === 5 ? decodeProperties(reader, PacketType.CONNECT) : null;
  if (properties?.authenticationData !== undefined && properties.authenticationMethod === undefined) {
    throw protocolError('Authentication Data without an Authentication Method'); // section 3.1.2.11.10
  }
  const clientId = reader.string(); // [MQTT-3.1.3-3] [MQTT-3.1.3-4]
  const will = (flags & willFlag) === 0 ? null : decodeWill(version, flags, reader);
  // 3.1 lets the Remaining Length overrule the flags: the strings may be missing.
  const optional = version === 3;
  const absent = (flag: number): boolean => (flags & flag) === 0 || (optional && reader.remaining === 0);
  const username = absent(usernameFlag) ? null : reader.string(); // [MQTT-3.1.2-16] [MQTT-3.1.2-17] [MQTT-3.1.3-12]
  const password = absent(passwordFlag) ? null : reader.binary(); // [MQTT-3.1.2-18] [MQTT-3.1.2-19]
  reader.expectEnd();
  const cleanStart = (flags & cleanStartFlag) !== 0;
  return {
    type: PacketType.CONNECT,
    version,
    bridge,
    cleanStart,
    keepAlive,
    clientId,
    will,
    username,
    password,
    properties,
  };
}

function checkConnectFlags(version: ProtocolVersion, flags: number): void {
  // 3.1 says nothing of the reserved bit, and disregards the will's bits without a will.
  if (version !== 3) {
    if ((flags & 1) !== 0) throw malformed('reserved Connect Flag', 'MQTT-3.1.2-3'); // [MQTT-3.1.2-3]
    if ((flags & willFlag) === 0 && (flags & willBits) !== 0) {
      throw malformed('Will QoS or Will Retain without a will', 'MQTT-3.1.2-11'); // [MQTT-3.1.2-11] [MQTT-3.1.2-13]
    }
  }
  if ((flags & willFlag) !== 0 && ((flags >> 3) & 3) === 3) throw malformed('Will QoS 3', 'MQTT-3.1.2-12'); // [MQTT-3.1.2-12]
  // [MQTT-3.1.2-22] of 3.1.1; 5.0 allows it.
  if (version !== 5 && (flags & passwordFlag) !== 0 && (flags & usernameFlag) === 0) {
    throw malformed('password without a user name', 'MQTT-3.1.2-22');
  }
}

function decodeWill(version: ProtocolVersion, flags: number, reader: Reader): WillFields {
  const properties = version === 5 ? decodeProperties(reader, willProperties) : null;
  const topic = reader.stringWith(decodeTopicName); // [MQTT-3.1.3-11]
  if (topic === '') {
    throw new DecodeError(ReasonCode.topicNameInvalid, 'will topic is empty', 'MQTT-4.7.3-1'); // [MQTT-4.7.3-1]
  }
  const payload = reader.binary();
  return { topic, payload, qos: ((flags >> 3) & 3) as QoS, retain: (flags & willRetainFlag) !== 0, properties };
}

/** Encodes a CONNECT of the version that it names. @throws RangeError for a field that does not fit the wire */
export function encodeConnect(packet: ConnectPacket): Uint8Array {
  const { version, will, username, password } = packet;
  const isVersion5 = version === 5;
  const name = version === 3 ? 'MQIsdp' : 'MQTT';
  const propertySize = isVersion5 ? propertiesSize(packet.properties) : 0;
  const willPropertySize = isVersion5 && will !== null ? propertiesSize(will.properties) : 0;
  let size = stringSize(name) + 4 + (isVersion5 ? withPropertyLength(propertySize) : 0) + stringSize(packet.clientId);
  if (will !== null) {
    size += (isVersion5 ? withPropertyLength(willPropertySize) : 0) + stringSize(will.topic) + binarySize(will.payload);
  }
  if (username !== null) size += stringSize(username);
  if (password !== null) size += binarySize(password);

  const writer = new Writer(PacketType.CONNECT << 4, size);
  writer.string(name);
  writer.uint8(version | (packet.bridge ? bridgeBit : 0));
  writer.uint8(connectFlags(packet));
  writer.uint16(packet.keepAlive);
  if (isVersion5) writeProperties(writer, packet.properties, propertySize);
  writer.string(packet.clientId);
  if (will !== null) {
    if (isVersion5) writeProperties(writer, will.properties, willPropertySize);
    writer.string(will.topic);
    writer.binary(will.payload);
  }
  if (username !== null) writer.string(username);
  if (password !== null) writer.binary(password);
  return writer.bytes;
}

function connectFlags({ cleanStart, will, username, password }: ConnectPacket): number {
  let flags = cleanStart ? cleanStartFlag : 0;
  if (will !== null) flags |= willFlag | (will.qos << 3) | (will.retain ? willRetainFlag : 0);
  if (username !== null) flags |= usernameFlag;
  if (password !== null) flags |= passwordFlag;
  return flags;
}
