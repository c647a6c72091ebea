import { DecodeError, malformed, protocolError } from './errors.ts';
import { propertyByIdentifier, propertyByName, willProperties } from './property-table.ts';
import type { PropertyDefinition, PropertyOwner } from './property-table.ts';
import type { Reader } from './reader.ts';
import { hasWildcard } from './topic-names.ts';
import { PacketType, ReasonCode } from './types.ts';
import type { Properties } from './types.ts';
import { binarySize, stringSize, variableByteIntegerSize } from './writer.ts';
import type { Writer } from './writer.ts';

/**
 * User Properties that a packet may have. The standard sets no bound; but each takes far more memory and time than its five bytes on the wire, and
 * a packet of a mebibyte has room for two hundred thousand of them.
 */
const defaultUserPropertiesMax = 1_000;

type UserProperty = readonly [name: string, value: string];

/** Properties seen by the table: each value has the type that the form of its definition says. */
type PropertyValues = Record<string, unknown>;

/**
 * Reads a Property Length and the properties behind it (MQTT 5.0 section 2.2.2). None at all is null.
 *
 * @param userPropertiesMax Infinity for what was stored, and so was taken before.
 * @throws DecodeError 0x81 for an identifier that is unknown or does not belong to this packet, 0x82 for a property given twice or
 * with a value that it must not have, 0x94 for a Topic Alias of 0, 0x97 for too many User Properties
 */
export function decodeProperties(
  reader: Reader,
  owner: PropertyOwner,
  userPropertiesMax = defaultUserPropertiesMax,
): Properties | null {
  const length = reader.variableByteInteger();
  if (length === 0) return null;
  const section = reader.section(length);
  const values: PropertyValues = {};
  while (section.remaining > 0) {
    const definition = propertyByIdentifier.get(section.variableByteInteger());
    if (definition === undefined) throw malformed('unknown property');
    if ((definition.packets & (1 << owner)) === 0)
      throw malformed(`${definition.name} is not a property of this packet`);
    decodeProperty(section, definition, owner, userPropertiesMax, values);
  }
  return values;
}

function decodeProperty(
  section: Reader,
  definition: PropertyDefinition,
  owner: PropertyOwner,
  userPropertiesMax: number,
  values: PropertyValues,
): void {
  const { name, form } = definition;
  const earlier = values[name];
  if (form === 'string pair') {
    const pair: UserProperty = [section.string(), section.string()];
    if (earlier === undefined) values[name] = [pair];
    else if ((earlier as UserProperty[]).push(pair) > userPropertiesMax)
      // [MQTT-3.3.2-18]: their order is kept
      throw new DecodeError(ReasonCode.quotaExceeded, `more than ${userPropertiesMax} User Properties`);
    return;
  }
  if (form === 'subscription identifier') {
    const identifier = section.variableByteInteger();
    if (identifier === 0) throw protocolError('Subscription Identifier is 0');
    if (earlier === undefined) values[name] = [identifier];
    else if (owner === PacketType.PUBLISH) (earlier as number[]).push(identifier);
    else throw protocolError('Subscription Identifier given twice');
    return;
  }
  const value = decodeSingle(section, definition, owner);
  if (earlier !== undefined) throw protocolError(`${name} given twice`);
  values[name] = value;
}

function decodeSingle(
  section: Reader,
  { name, form }: PropertyDefinition,
  owner: PropertyOwner,
): number | string | Uint8Array {
  switch (form) {
    case 'flag': {
      const value = section.uint8();
      if (value > 1) throw protocolError(`${name} is neither 0 nor 1`);
      return value;
    }
    case 'uint16':
      return section.uint16();
    case 'uint16 not 0':
      return notZero(section.uint16(), name);
    case 'uint32':
      return section.uint32();
    case 'uint32 not 0':
      return notZero(section.uint32(), name);
    case 'topic alias': {
      const alias = section.uint16();
      // [MQTT-3.3.2-8]
      if (alias === 0) throw new DecodeError(ReasonCode.topicAliasInvalid, 'Topic Alias is 0', 'MQTT-3.3.2-8');
      return alias;
    }
    case 'string':
      return section.string();
    case 'topic name': {
      const topic = section.string();
      const statement = owner === willProperties ? null : 'MQTT-3.3.2-14';
      if (hasWildcard(topic)) throw protocolError('Response Topic contains a wildcard character', statement); // [MQTT-3.3.2-14]
      if (topic === '') throw protocolError('Response Topic is empty', 'MQTT-4.7.3-1'); // [MQTT-4.7.3-1]
      return topic;
    }
    case 'binary':
      return section.binary();
    default:
      throw new Error(`${name} may be repeated`);
  }
}

function notZero(value: number, name: string): number {
  if (value === 0) throw protocolError(`${name} is 0`);
  return value;
}

/** Bytes that properties take, without their Property Length. @throws RangeError for a value that does not fit the wire */
export function propertiesSize(properties: Properties | null): number {
  if (properties === null) return 0;
  let size = 0;
  for (const [name, value] of Object.entries(properties)) {
    const definition = propertyByName.get(name);
    if (definition !== undefined && value !== undefined) size += propertySize(definition, value);
  }
  return size;
}

function propertySize({ form }: PropertyDefinition, value: unknown): number {
  switch (form) {
    case 'flag':
      return 2;
    case 'uint16':
    case 'uint16 not 0':
    case 'topic alias':
      return 3;
    case 'uint32':
    case 'uint32 not 0':
      return 5;
    case 'subscription identifier':
      return (value as number[]).reduce((size, identifier) => size + 1 + variableByteIntegerSize(identifier), 0);
    case 'string':
    case 'topic name':
      return 1 + stringSize(value as string);
    case 'binary':
      return 1 + binarySize(value as Uint8Array);
    case 'string pair':
      return (value as UserProperty[]).reduce((size, pair) => size + 1 + stringSize(pair[0]) + stringSize(pair[1]), 0);
  }
}

/** Bytes that a Property Length of `size` and its properties take. */
export function withPropertyLength(size: number): number {
  return variableByteIntegerSize(size) + size;
}

/** Writes a Property Length and the properties; `size` is their `propertiesSize`. They keep the order of the object's fields. */
export function writeProperties(writer: Writer, properties: Properties | null, size: number): void {
  writer.variableByteInteger(size);
  if (properties === null) return;
  for (const [name, value] of Object.entries(properties)) {
    const definition = propertyByName.get(name);
    if (definition !== undefined && value !== undefined) writeProperty(writer, definition, value);
  }
}

function writeProperty(writer: Writer, { identifier, form }: PropertyDefinition, value: unknown): void {
  if (form === 'string pair') {
    for (const [name, text] of value as UserProperty[]) {
      writer.uint8(identifier);
      writer.string(name);
      writer.string(text);
    }
    return;
  }
  if (form === 'subscription identifier') {
    for (const subscription of value as number[]) {
      writer.uint8(identifier);
      writer.variableByteInteger(subscription);
    }
    return;
  }
  writer.uint8(identifier);
  switch (form) {
    case 'flag':
      return writer.uint8(value as number);
    case 'uint16':
    case 'uint16 not 0':
    case 'topic alias':
      return writer.uint16(value as number);
    case 'uint32':
    case 'uint32 not 0':
      return writer.uint32(value as number);
    case 'string':
    case 'topic name':
      return writer.string(value as string);
    case 'binary':
      return writer.binary(value as Uint8Array);
  }
}
