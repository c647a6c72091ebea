/**
 * How state looks in the journal: keys, and the bytes of values. Little endian; a message is stored as the MQTT 5.0
 * PUBLISH that it is, so that there is one description of topics, payloads and properties. What `encode...` gives is good until
 * the next call of one of them.
 */
import {
  decodePublish,
  decodeUtf8,
  emptyPublish,
  encodedPublishSize,
  utf8Length,
  writePublish,
  writeUtf8,
  type Properties,
  type ProtocolVersion,
  type PublishPacket,
  type QoS,
} from '../../codec/mod.ts';
import { forwardedProperties, payloadOf, propertyBytes, type Message, type StoredContent } from '../message.ts';
import type { SubscriptionOptions } from '../subscription.ts';
import type { OutboundMessage } from './outbound.ts';
import type { Session } from './session.ts';
import type { Will } from './will.ts';

// U+0000 is in no MQTT string [MQTT-1.5.4-2], so it separates.
const SEPARATOR = '\0';

export const keyOf = {
  session: (clientId: string): string => `s${SEPARATOR}${clientId}`,
  subscription: (clientId: string, topicFilter: string): string => `f${SEPARATOR}${clientId}${SEPARATOR}${topicFilter}`,
  message: (clientId: string, sequence: number): string => `m${SEPARATOR}${clientId}${SEPARATOR}${sequence}`,
  inFlight: (clientId: string, sequence: number): string => `i${SEPARATOR}${clientId}${SEPARATOR}${sequence}`,
  received: (clientId: string, packetIdentifier: number): string =>
    `q${SEPARATOR}${clientId}${SEPARATOR}${packetIdentifier}`,
  retained: (topic: string): string => `r${SEPARATOR}${topic}`,
  content: (number: number): string => `p${SEPARATOR}${number}`,
} as const;

/** A key taken apart: kind, then one or two parts. */
export function splitKey(key: string): { kind: string; owner: string; rest: string } {
  const [kind = '', owner = '', rest = ''] = key.split(SEPARATOR);
  return { kind, owner, rest };
}

/** What the record of a session says. */
export interface SessionRecord {
  readonly username: string | null;
  readonly version: ProtocolVersion;
  readonly expiryInterval: number;
  /** When its client left; null while one was connected. */
  readonly awaySince: number | null;
  readonly will: Will | null;
  /** When the will is due; null when no time was set yet. */
  readonly willDueAt: number | null;
}

/** Where values are put together: the journal has copied one before the next is made, so a message costs no memory here. */
let workspace = new Uint8Array(16 * 1024);
/** What one large value needs is not kept above this. */
const workspaceBytesMax = 256 * 1024;

/** A value with the head in it, and room behind that. */
function withHead(head: string, tailBytes: number): { bytes: Uint8Array; tailStart: number } {
  const headBytes = utf8Length(head);
  const tailStart = 4 + headBytes;
  const size = tailStart + tailBytes;
  let memory = workspace;
  if (size > memory.length) {
    memory = new Uint8Array(size);
    if (size <= workspaceBytesMax) workspace = memory;
  }
  new DataView(memory.buffer).setUint32(0, headBytes, true);
  writeUtf8(head, memory, 4);
  return { bytes: memory.subarray(0, size), tailStart };
}

function split(bytes: Uint8Array): { head: unknown; tail: Uint8Array } {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return { head: JSON.parse(decodeUtf8(bytes, 4, 4 + length)), tail: bytes.subarray(4 + length) };
}

interface SessionHead {
  u: string | null;
  v: ProtocolVersion;
  e: number;
  a: number | null;
  d: number | null;
  /** Delay and expiry of the will; absent without one. */
  w?: { d: number; q: QoS; r: boolean; x: number | null };
}

export function encodeSession(session: Session): Uint8Array {
  const { will, state } = session;
  const head: SessionHead = {
    u: session.username,
    v: session.version,
    e: session.expiryInterval,
    a: state.kind === 'away' ? state.since : null,
    d: session.willTimer?.at ?? null,
  };
  if (will === null) return withHead(JSON.stringify(head), 0).bytes;
  const { qos, retain, properties } = will.fields;
  head.w = { d: will.delaySeconds, q: qos, r: retain, x: properties?.messageExpiryInterval ?? null };
  return withPublish(JSON.stringify(head), will.topic, will.payload, forwardedProperties(properties));
}

export function decodeSession(bytes: Uint8Array): SessionRecord {
  const { head, tail } = split(bytes);
  const fields = head as SessionHead;
  let will: Will | null = null;
  if (fields.w !== undefined) {
    const publish = decodeStored(tail);
    const properties =
      fields.w.x === null ? publish.properties : { ...publish.properties, messageExpiryInterval: fields.w.x };
    will = {
      topic: publish.topic,
      payload: publish.payload,
      fields: { qos: fields.w.q, retain: fields.w.r, properties },
      delaySeconds: fields.w.d,
    };
  }
  return {
    username: fields.u,
    version: fields.v,
    expiryInterval: fields.e,
    awaySince: fields.a,
    will,
    willDueAt: fields.d,
  };
}

export function encodeSubscription(options: SubscriptionOptions): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] =
    options.qos | (options.noLocal ? 4 : 0) | (options.retainAsPublished ? 8 : 0) | (options.retainHandling << 4);
  new DataView(bytes.buffer).setUint32(1, options.subscriptionIdentifier, true);
  return bytes;
}

/** The delivery filter is not stored: it is compiled anew from the access rules. */
export function decodeSubscription(bytes: Uint8Array): SubscriptionOptions {
  const bits = bytes[0] ?? 0;
  return {
    qos: (bits & 3) as QoS,
    noLocal: (bits & 4) !== 0,
    retainAsPublished: (bits & 8) !== 0,
    retainHandling: ((bits >> 4) & 3) as 0 | 1 | 2,
    subscriptionIdentifier: new DataView(bytes.buffer, bytes.byteOffset).getUint32(1, true),
    deliveryFilter: null,
  };
}

/** The Message that goes by a number in the records; a message that several sessions have is one object again. */
export type ContentFinder = (number: number) => StoredPublish | null;

/** Topic, payload and properties that several records of messages refer to. */
export interface StoredPublish {
  readonly content: StoredContent;
  readonly bytes: Uint8Array;
  /** Made for the first record that refers to it. */
  message: Message | null;
}

interface MessageHead {
  /** QoS of the message, QoS of the delivery, RETAIN of the message, RETAIN of the delivery. */
  m: readonly [QoS, 1 | 2, 0 | 1, 0 | 1];
  x: number | null;
  i: readonly number[] | null;
  s: string | null;
  /** Number of the content; absent where it follows the head. */
  c?: number;
}

export function encodeMessageRecord(item: OutboundMessage): Uint8Array {
  const { message } = item;
  const head: MessageHead = {
    m: [message.qos, item.qos, message.retain ? 1 : 0, item.retain ? 1 : 0],
    x: message.expiresAt === Infinity ? null : message.expiresAt,
    i: item.subscriptionIdentifiers,
    s: item.sharedFilter,
  };
  if (item.content === null)
    return withPublish(JSON.stringify(head), message.topic, payloadOf(message), message.properties);
  head.c = item.content.number;
  return withHead(JSON.stringify(head), 0).bytes;
}

/** What `StoredContent` stands for. */
export function encodeContent(message: Message): Uint8Array {
  return withPublish('{}', message.topic, payloadOf(message), message.properties);
}

/**
 * A stored message as it stood in the queue of its session.
 * @throws Error where it refers to a content that is not there: what is stored together is lost together, so that is damage.
 */
export function decodeMessageRecord(sequence: number, bytes: Uint8Array, find: ContentFinder): OutboundMessage {
  const { head, tail } = split(bytes);
  const fields = head as MessageHead;
  const shared = fields.c === undefined ? null : find(fields.c);
  if (shared === null && fields.c !== undefined) throw new Error(`no content ${fields.c} of a message in the journal`);
  return {
    sequence,
    message: shared === null ? decodeMessage(tail, fields) : sharedMessage(shared, fields),
    content: shared?.content ?? null,
    qos: fields.m[1],
    retain: fields.m[3] === 1,
    subscriptionIdentifiers: fields.i,
    sharedFilter: fields.s,
    packetIdentifier: 0,
    state: 'queued',
  };
}

function decodeMessage(publish: Uint8Array, fields: MessageHead): Message {
  return storedMessage(publish, fields.m[0], fields.m[2] === 1, fields.x);
}

/** One more session has the message. */
function sharedMessage(shared: StoredPublish, fields: MessageHead): Message {
  shared.content.references++;
  if (shared.message === null) {
    shared.message = decodeMessage(split(shared.bytes).tail, fields);
    shared.message.content = shared.content;
  } else shared.message.holders++;
  return shared.message;
}

export function encodeInFlight(item: OutboundMessage): Uint8Array {
  return Uint8Array.of(item.packetIdentifier & 0xff, item.packetIdentifier >> 8, item.state === 'released' ? 1 : 0);
}

export function decodeInFlight(bytes: Uint8Array): { packetIdentifier: number; state: 'sent' | 'released' } {
  return { packetIdentifier: (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8), state: bytes[2] === 1 ? 'released' : 'sent' };
}

interface RetainedHead {
  q: QoS;
  x: number | null;
  /** Who published it; absent in what was written before this was kept. */
  c?: string | null;
}

export function encodeRetained(message: Message): Uint8Array {
  const head: RetainedHead = {
    q: message.qos,
    x: message.expiresAt === Infinity ? null : message.expiresAt,
    c: message.retainedFrom,
  };
  return withPublish(JSON.stringify(head), message.topic, payloadOf(message), message.properties);
}

export function decodeRetained(bytes: Uint8Array): Message {
  const { head, tail } = split(bytes);
  const fields = head as RetainedHead;
  const message = storedMessage(tail, fields.q, true, fields.x);
  message.retainedFrom = fields.c ?? null;
  return message;
}

function withPublish(head: string, topic: string, payload: Uint8Array, properties: Properties | null): Uint8Array {
  const { bytes, tailStart } = withHead(head, encodedPublishSize(5, topic, payload.length, 0, properties));
  writePublish(bytes, tailStart, topic, payload, properties);
  return bytes;
}

function decodeStored(bytes: Uint8Array): PublishPacket {
  const packet = emptyPublish();
  let bodyStart = 1;
  while (((bytes[bodyStart] ?? 0) & 0x80) !== 0) bodyStart++;
  // What was stored under other bounds is kept.
  decodePublish(5, bytes[0] ?? 0, bytes, bodyStart + 1, bytes.byteLength, packet, Infinity);
  return packet;
}

function storedMessage(bytes: Uint8Array, qos: QoS, retain: boolean, expiresAt: number | null): Message {
  const publish = decodeStored(bytes);
  return {
    topic: publish.topic,
    payload: publish.payload,
    payloadBytes: publish.payload.byteLength,
    qos,
    retain,
    properties: publish.properties,
    propertyBytes: propertyBytes(publish.properties),
    expiresAt: expiresAt ?? Infinity,
    kept: true,
    // The one that it was stored for.
    holders: 1,
    content: null,
    retainedFrom: null,
    packet: null,
    encoded: null,
  };
}
