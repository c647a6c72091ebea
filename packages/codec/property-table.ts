import { PacketType } from './types.ts';
import type { Properties } from './types.ts';

/** How a property's value stands on the wire, with the range it must keep (MQTT 5.0 section 2.2.2.2 and each property's own). */
export type PropertyForm =
  /** A byte, 0 or 1. */
  | 'flag'
  | 'uint16'
  | 'uint16 not 0'
  | 'uint32'
  | 'uint32 not 0'
  /** Two Byte Integer, 0 is a Topic Alias that is not valid. */
  | 'topic alias'
  /** Variable Byte Integer, not 0; may be repeated in PUBLISH. */
  | 'subscription identifier'
  | 'string'
  /** A string that must be a Topic Name. */
  | 'topic name'
  | 'binary'
  /** A pair of strings; may always be repeated. */
  | 'string pair';

export interface PropertyDefinition {
  readonly identifier: number;
  readonly name: keyof Properties;
  readonly form: PropertyForm;
  /** A bit for each packet type that may have it, bit 0 for the will properties of CONNECT. */
  readonly packets: number;
}

/** Stands for the will properties where a packet type is asked for. */
export const willProperties = 0;
export type PropertyOwner = PacketType | typeof willProperties;

const { CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP } = PacketType;
const { SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, DISCONNECT, AUTH } = PacketType;
const acknowledgements = [CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT, AUTH] as const;
const message = [PUBLISH, willProperties] as const;
const everywhere = [CONNECT, SUBSCRIBE, UNSUBSCRIBE, ...message, ...acknowledgements] as const;

function define(
  identifier: number,
  name: keyof Properties,
  form: PropertyForm,
  owners: readonly PropertyOwner[],
): PropertyDefinition {
  return { identifier, name, form, packets: owners.reduce<number>((bits, owner) => bits | (1 << owner), 0) };
}

/** Table 2-4 of MQTT 5.0. */
const definitions: readonly PropertyDefinition[] = [
  define(0x01, 'payloadFormatIndicator', 'flag', message),
  define(0x02, 'messageExpiryInterval', 'uint32', message),
  define(0x03, 'contentType', 'string', message),
  define(0x08, 'responseTopic', 'topic name', message),
  define(0x09, 'correlationData', 'binary', message),
  define(0x0b, 'subscriptionIdentifiers', 'subscription identifier', [PUBLISH, SUBSCRIBE]),
  define(0x11, 'sessionExpiryInterval', 'uint32', [CONNECT, CONNACK, DISCONNECT]),
  define(0x12, 'assignedClientIdentifier', 'string', [CONNACK]),
  define(0x13, 'serverKeepAlive', 'uint16', [CONNACK]),
  define(0x15, 'authenticationMethod', 'string', [CONNECT, CONNACK, AUTH]),
  define(0x16, 'authenticationData', 'binary', [CONNECT, CONNACK, AUTH]),
  define(0x17, 'requestProblemInformation', 'flag', [CONNECT]),
  define(0x18, 'willDelayInterval', 'uint32', [willProperties]),
  define(0x19, 'requestResponseInformation', 'flag', [CONNECT]),
  define(0x1a, 'responseInformation', 'string', [CONNACK]),
  define(0x1c, 'serverReference', 'string', [CONNACK, DISCONNECT]),
  define(0x1f, 'reasonString', 'string', acknowledgements),
  define(0x21, 'receiveMaximum', 'uint16 not 0', [CONNECT, CONNACK]),
  define(0x22, 'topicAliasMaximum', 'uint16', [CONNECT, CONNACK]),
  define(0x23, 'topicAlias', 'topic alias', [PUBLISH]),
  define(0x24, 'maximumQoS', 'flag', [CONNACK]),
  define(0x25, 'retainAvailable', 'flag', [CONNACK]),
  define(0x26, 'userProperties', 'string pair', everywhere),
  define(0x27, 'maximumPacketSize', 'uint32 not 0', [CONNECT, CONNACK]),
  define(0x28, 'wildcardSubscriptionAvailable', 'flag', [CONNACK]),
  define(0x29, 'subscriptionIdentifierAvailable', 'flag', [CONNACK]),
  define(0x2a, 'sharedSubscriptionAvailable', 'flag', [CONNACK]),
];

/** By the identifier on the wire. */
export const propertyByIdentifier: ReadonlyMap<number, PropertyDefinition> = new Map(
  definitions.map((definition) => [definition.identifier, definition]),
);

/** By the field of `Properties`. */
export const propertyByName: ReadonlyMap<string, PropertyDefinition> = new Map(
  definitions.map((definition) => [definition.name, definition]),
);
