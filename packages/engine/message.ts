import { giveBack } from './give-back.ts';
import type { Properties, QoS } from '../codec/mod.ts';

/** The PUBLISH that brings a message, as it lies in the receive buffer from `start` to `end`. One object serves all. */
export interface ReceivedPublish {
  buffer: Uint8Array;
  start: number;
  payloadStart: number;
  end: number;
  /** Whether it is of 5.0; 3.1 and 3.1.1 write a PUBLISH in the same way. */
  isVersion5: boolean;
  /** Whether it is as this server would write it, and has no properties: then the same bytes may go on to subscribers. */
  isPlain: boolean;
}

/** The record of the journal that has topic, payload and properties of a large message, for all sessions that it is stored for. */
export interface StoredContent {
  /** Its key, within the deployment. */
  readonly number: number;
  /** Records of messages that refer to it; the last one takes it along. */
  references: number;
}

/** An Application Message on its way through a deployment (MQTT 5.0 section 1.2). */
export interface Message {
  readonly topic: string;
  /**
   * May be a view into the receive buffer until `keep` has been called; null where only `packet` has it, and when the last
   * holder has let go. See `payloadOf`.
   */
  payload: Uint8Array | null;
  readonly payloadBytes: number;
  readonly qos: QoS;
  /** The RETAIN flag as it was published. */
  readonly retain: boolean;
  /** The properties that are forwarded unaltered: no Topic Alias, no Message Expiry Interval, no Subscription Identifier. */
  properties: Properties | null;
  /** What the properties are counted with against byte limits: see `propertyBytes`. */
  readonly propertyBytes: number;
  /** Milliseconds since 1970; Infinity where the message does not expire. */
  readonly expiresAt: number;
  /** True once payload and properties belong to the message alone. */
  kept: boolean;
  /**
   * How many have it: queues and places in flight, the topic that it is retained for, and whoever publishes it. The last one to
   * `letGo` gives the memory of the payload back. Infinity where the payload is not the message's alone.
   */
  holders: number;
  /** Where its content is stored for sessions; null where it is not, or each of their records has it. */
  content: StoredContent | null;
  /** Of a retained message the client that published it, for No Local; null otherwise, and where it was the server. */
  retainedFrom: string | null;
  /** What brought it, while it is being published; null at all other times. */
  packet: ReceivedPublish | null;
  /** Encoded PUBLISH packets by shape, while one publish goes to many; null at all other times. See `session/encode.ts`. */
  encoded: (Uint8Array | undefined)[] | null;
}

/** The payload: a view of the receive buffer while the message is not kept. @throws Error when the last holder has let go. */
export function payloadOf(message: Message): Uint8Array {
  const { packet } = message;
  if (message.payload === null) {
    if (packet === null) throw new Error('a message that nobody holds was asked for its payload');
    message.payload = packet.buffer.subarray(packet.payloadStart, packet.end);
  }
  return message.payload;
}

/** Copies what lies in the receive buffer, once, so that the message may outlive the call that brought it. */
export function keep(message: Message): Message {
  if (message.kept) return message;
  const { payload, packet } = message;
  if (payload !== null) message.payload = payload.slice();
  else if (packet !== null) message.payload = packet.buffer.slice(packet.payloadStart, packet.end);
  const correlationData = message.properties?.correlationData;
  if (correlationData !== undefined) {
    message.properties = { ...message.properties, correlationData: correlationData.slice() };
  }
  message.kept = true;
  return message;
}

/**
 * One holder has no more use for the message. After the last one the memory of a large payload is given back at once: a message
 * that has lain in a queue is old, and what is old the garbage collector takes only when the heap has grown to twice its size.
 */
export function letGo(message: Message): void {
  message.holders--;
  if (message.holders > 0 || !message.kept) return;
  const { payload } = message;
  message.payload = null;
  if (payload !== null) giveBack(payload);
}

/** What a User Property takes beside its texts: the pair and both texts are objects. */
const USER_PROPERTY_BYTES = 128;

/** What properties are counted with against byte limits: their texts and data, and what a list of User Properties takes in memory. */
export function propertyBytes(properties: Properties | null): number {
  if (properties === null) return 0;
  const { contentType, responseTopic, correlationData, userProperties } = properties;
  let bytes = (contentType?.length ?? 0) + (responseTopic?.length ?? 0) + (correlationData?.byteLength ?? 0);
  for (const [name, value] of userProperties ?? []) bytes += name.length + value.length + USER_PROPERTY_BYTES;
  return bytes;
}

/** What a kept message is counted with against byte limits. */
export function messageBytes(message: Message): number {
  return message.topic.length + message.payloadBytes + message.propertyBytes + 64;
}

/**
 * The properties of a PUBLISH or will that go on to subscribers [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16]
 * [MQTT-3.3.2-17] [MQTT-3.3.2-20]; null where there are none.
 */
export function forwardedProperties(properties: Properties | null): Properties | null {
  if (properties === null) return null;
  const forwarded: Properties = {};
  let any = false;
  if (properties.payloadFormatIndicator !== undefined) {
    forwarded.payloadFormatIndicator = properties.payloadFormatIndicator;
    any = true;
  }
  if (properties.contentType !== undefined) {
    forwarded.contentType = properties.contentType;
    any = true;
  }
  if (properties.responseTopic !== undefined) {
    forwarded.responseTopic = properties.responseTopic;
    any = true;
  }
  if (properties.correlationData !== undefined) {
    forwarded.correlationData = properties.correlationData;
    any = true;
  }
  if (properties.userProperties !== undefined) {
    forwarded.userProperties = properties.userProperties;
    any = true;
  }
  return any ? forwarded : null;
}
