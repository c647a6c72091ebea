/**
 * The shapes of MQTT control packets, for MQTT 3.1 (level 3), 3.1.1 (level 4) and 5.0 (level 5).
 * Field names are the terms of the standard. Types only, plus the two code tables.
 */

/** Protocol level of CONNECT: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0 (MQTT 5.0 section 3.1.2.2). */
export type ProtocolVersion = 3 | 4 | 5;

/** Quality of Service level (MQTT 5.0 section 4.3). */
export type QoS = 0 | 1 | 2;

/** Control packet types (MQTT 5.0 section 2.1.2). */
export const PacketType = {
  CONNECT: 1,
  CONNACK: 2,
  PUBLISH: 3,
  PUBACK: 4,
  PUBREC: 5,
  PUBREL: 6,
  PUBCOMP: 7,
  SUBSCRIBE: 8,
  SUBACK: 9,
  UNSUBSCRIBE: 10,
  UNSUBACK: 11,
  PINGREQ: 12,
  PINGRESP: 13,
  DISCONNECT: 14,
  AUTH: 15,
} as const;
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** Reason codes of MQTT 5.0 (section 2.4). */
export const ReasonCode = {
  success: 0x00,
  grantedQoS1: 0x01,
  grantedQoS2: 0x02,
  disconnectWithWill: 0x04,
  noMatchingSubscribers: 0x10,
  noSubscriptionExisted: 0x11,
  continueAuthentication: 0x18,
  reAuthenticate: 0x19,
  unspecifiedError: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  implementationSpecificError: 0x83,
  unsupportedProtocolVersion: 0x84,
  clientIdentifierNotValid: 0x85,
  badUserNameOrPassword: 0x86,
  notAuthorized: 0x87,
  serverUnavailable: 0x88,
  serverBusy: 0x89,
  banned: 0x8a,
  serverShuttingDown: 0x8b,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  packetIdentifierInUse: 0x91,
  packetIdentifierNotFound: 0x92,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  messageRateTooHigh: 0x96,
  quotaExceeded: 0x97,
  administrativeAction: 0x98,
  payloadFormatInvalid: 0x99,
  retainNotSupported: 0x9a,
  qosNotSupported: 0x9b,
  useAnotherServer: 0x9c,
  serverMoved: 0x9d,
  sharedSubscriptionsNotSupported: 0x9e,
  connectionRateExceeded: 0x9f,
  maximumConnectTime: 0xa0,
  subscriptionIdentifiersNotSupported: 0xa1,
  wildcardSubscriptionsNotSupported: 0xa2,
} as const;

/** Properties of MQTT 5.0 (section 2.2.2.2). An absent field was absent on the wire. Times are in seconds. */
export interface Properties {
  payloadFormatIndicator?: 0 | 1;
  messageExpiryInterval?: number;
  contentType?: string;
  responseTopic?: string;
  correlationData?: Uint8Array;
  /** One in SUBSCRIBE; any number in a PUBLISH from the server. */
  subscriptionIdentifiers?: readonly number[];
  sessionExpiryInterval?: number;
  assignedClientIdentifier?: string;
  serverKeepAlive?: number;
  authenticationMethod?: string;
  authenticationData?: Uint8Array;
  requestProblemInformation?: 0 | 1;
  willDelayInterval?: number;
  requestResponseInformation?: 0 | 1;
  responseInformation?: string;
  serverReference?: string;
  reasonString?: string;
  receiveMaximum?: number;
  topicAliasMaximum?: number;
  topicAlias?: number;
  maximumQoS?: 0 | 1;
  retainAvailable?: 0 | 1;
  userProperties?: readonly (readonly [name: string, value: string])[];
  maximumPacketSize?: number;
  wildcardSubscriptionAvailable?: 0 | 1;
  subscriptionIdentifierAvailable?: 0 | 1;
  sharedSubscriptionAvailable?: 0 | 1;
}

/** The will of a CONNECT (MQTT 5.0 section 3.1.2.5). */
export interface WillFields {
  topic: string;
  /** A view into the decoded buffer: copy it to keep it. */
  payload: Uint8Array;
  qos: QoS;
  retain: boolean;
  /** Will properties; null in 3.x and where there are none. */
  properties: Properties | null;
}

export interface ConnectPacket {
  type: 1;
  version: ProtocolVersion;
  /** Top bit of the protocol level byte: a bridge of Mosquitto sets it on levels 3 and 4. */
  bridge: boolean;
  cleanStart: boolean;
  /** Seconds; 0 is off. */
  keepAlive: number;
  clientId: string;
  will: WillFields | null;
  username: string | null;
  /** A view into the decoded buffer: copy it to keep it. */
  password: Uint8Array | null;
  properties: Properties | null;
}

export interface ConnackPacket {
  type: 2;
  sessionPresent: boolean;
  /** A return code in 3.x, a reason code in 5.0. */
  reasonCode: number;
  properties: Properties | null;
}

export interface PublishPacket {
  type: 3;
  dup: boolean;
  qos: QoS;
  retain: boolean;
  /** Empty when a topic alias stands for it. */
  topic: string;
  /** 0 when qos is 0. */
  packetIdentifier: number;
  /** A view into the decoded buffer: copy it to keep it. */
  payload: Uint8Array;
  properties: Properties | null;
}

/** PUBACK, PUBREC, PUBREL and PUBCOMP. */
export interface AckPacket {
  type: 4 | 5 | 6 | 7;
  packetIdentifier: number;
  /** 0 in 3.x. */
  reasonCode: number;
  properties: Properties | null;
}

/** One Topic Filter of a SUBSCRIBE with its Subscription Options (MQTT 5.0 section 3.8.3.1). */
export interface SubscriptionRequest {
  topicFilter: string;
  qos: QoS;
  noLocal: boolean;
  retainAsPublished: boolean;
  retainHandling: 0 | 1 | 2;
}

export interface SubscribePacket {
  type: 8;
  packetIdentifier: number;
  subscriptions: SubscriptionRequest[];
  properties: Properties | null;
}

/** SUBACK and UNSUBACK; a 3.x UNSUBACK has no reason codes. */
export interface SubackPacket {
  type: 9 | 11;
  packetIdentifier: number;
  reasonCodes: number[];
  properties: Properties | null;
}

export interface UnsubscribePacket {
  type: 10;
  packetIdentifier: number;
  topicFilters: string[];
  properties: Properties | null;
}

export interface PingPacket {
  type: 12 | 13;
}

export interface DisconnectPacket {
  type: 14;
  /** 0 in 3.x. */
  reasonCode: number;
  properties: Properties | null;
}

export interface AuthPacket {
  type: 15;
  reasonCode: number;
  properties: Properties | null;
}

export type Packet =
  | ConnectPacket
  | ConnackPacket
  | PublishPacket
  | AckPacket
  | SubscribePacket
  | SubackPacket
  | UnsubscribePacket
  | PingPacket
  | DisconnectPacket
  | AuthPacket;
