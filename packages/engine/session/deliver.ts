import { encodeAck, PacketType, ReasonCode, type QoS } from '../../codec/mod.ts';
import { giveBack } from '../give-back.ts';
import { keep, letGo, type Message, type ReceivedPublish } from '../message.ts';
import type { SessionContext } from './context.ts';
import { encodeMessage } from './encode.ts';
import { forward, forwardable } from './forward.ts';
import type { SessionLink } from './link.ts';
import type { OutboundMessage } from './outbound.ts';
import { boundQueue, dequeue, dropped, enqueue } from './queue.ts';
import type { Session } from './session.ts';
import type { SubscriptionOptions } from '../subscription.ts';

/** How a subscription wants the message. */
export interface DeliveryTerms {
  /** The lower of the publisher's and the subscription's [MQTT-3.8.4-8]. */
  readonly qos: QoS;
  readonly retain: boolean;
  readonly subscriptionIdentifiers: readonly number[] | null;
  readonly sharedFilter: string | null;
}

/** Hands one message to one session: sends it, queues it, or drops it with a count. */
export function deliver(
  context: SessionContext,
  session: Session,
  message: Message,
  terms: DeliveryTerms,
  now: number,
): void {
  const link = reachable(session);
  if (terms.qos === 0) {
    if (link !== null) sendUnacknowledged(context, session, link, message, terms, now);
    return;
  }
  // A QoS 0 subscriber that is away misses the message; QoS 1 and 2 wait for it [MQTT-4.5.0-1].
  if (link === null && !session.persistent) return;
  const { outbound } = session;
  message.holders++;
  const item: OutboundMessage = {
    sequence: outbound.nextSequence(),
    message,
    qos: terms.qos,
    retain: terms.retain,
    subscriptionIdentifiers: terms.subscriptionIdentifiers,
    sharedFilter: terms.sharedFilter,
    content: null,
    packetIdentifier: 0,
    state: 'queued',
  };
  if (session.persistent) context.store.putMessage(session, item);
  if (
    link !== null &&
    !link.congested &&
    outbound.queuedMessages === 0 &&
    outbound.unsent.size === 0 &&
    hasRoom(context, session, link)
  ) {
    launch(context, session, link, item, now);
    return;
  }
  if (link !== null && !hasRoom(context, session, link)) context.reached.inFlightOut++;
  keep(message);
  enqueue(context, session, item);
  boundQueue(context, session, now);
}

/**
 * Whether one more message may be in flight: their number is bounded by both sides, and their bytes by what may wait in
 * the queue, since they are kept until they are acknowledged.
 */
function hasRoom({ limits }: SessionContext, { outbound }: Session, link: SessionLink): boolean {
  const { queuedBytes } = limits;
  return outbound.outstanding < link.receiveMaximum && (queuedBytes === null || outbound.inFlightBytes < queuedBytes);
}

function sendUnacknowledged(
  context: SessionContext,
  session: Session,
  link: SessionLink,
  message: Message,
  terms: DeliveryTerms,
  now: number,
): void {
  if (link.congested) {
    context.counters.messagesDroppedBuffer++;
    context.dropped(session, 'limit.outbound-buffer', message.topic, now);
    return;
  }
  const { retain, subscriptionIdentifiers } = terms;
  const packet = forwardable(link, message, 0, subscriptionIdentifiers);
  const bytes =
    packet === null
      ? encodeMessage(
          link,
          message,
          { qos: 0, retain, dup: false, packetIdentifier: 0, subscriptionIdentifiers, mayAlias: true },
          now,
        )
      : null;
  // [MQTT-3.1.2-24] [MQTT-3.1.2-25]
  if (sizeOf(packet, bytes) > link.maximumPacketSize) {
    context.counters.messagesDroppedTooLarge++;
    context.dropped(session, 'limit.client-packet-size', message.topic, now);
    return;
  }
  context.counters.publishesSentQoS0++;
  if (packet !== null) forward(link, packet, 0, retain, 0);
  else if (bytes !== null) writeOnce(link, message, bytes);
}

/** Size of what is sent: of the packet as it came, or of the encoded one. */
function sizeOf(packet: ReceivedPublish | null, bytes: Uint8Array | null): number {
  return packet === null ? (bytes?.byteLength ?? 0) : packet.end - packet.start;
}

function forget(context: SessionContext, session: Session, item: OutboundMessage): void {
  if (session.persistent) context.store.deleteMessage(session, item);
  letGo(item.message);
}

function expired(message: Message, now: number): boolean {
  return message.expiresAt <= now;
}

/** Sends a message for the first time in this session. */
function launch(
  context: SessionContext,
  session: Session,
  link: SessionLink,
  item: OutboundMessage,
  now: number,
): void {
  session.outbound.launch(item);
  if (session.persistent) context.store.putInFlight(session, item);
  transmit(context, session, link, item, false, now);
}

/** Sends what was encoded; where nobody else gets the same bytes, their memory goes back at once. */
function writeOnce(link: SessionLink, message: Message, bytes: Uint8Array): void {
  link.write(bytes);
  if (message.encoded === null) giveBack(bytes);
}

/** Puts the PUBLISH of a message in flight on the wire. */
function transmit(
  context: SessionContext,
  session: Session,
  link: SessionLink,
  item: OutboundMessage,
  dup: boolean,
  now: number,
): void {
  const { message } = item;
  // A QoS 2 packet to a session that survives waits for its identifier to be durable: else the identifier could be
  // used twice across a crash, and the receiver would take the second message for a duplicate.
  const waits = item.qos === 2 && session.persistent && context.store.waits;
  const { qos, retain, packetIdentifier, subscriptionIdentifiers } = item;
  const packet = waits || dup ? null : forwardable(link, message, qos, subscriptionIdentifiers);
  const bytes =
    packet === null
      ? encodeMessage(
          link,
          message,
          { qos, retain, dup, packetIdentifier, subscriptionIdentifiers, mayAlias: !waits },
          now,
        )
      : null;
  if (sizeOf(packet, bytes) > link.maximumPacketSize) {
    // [MQTT-3.1.2-25]: treated as if it had been delivered.
    session.outbound.settle(item);
    forget(context, session, item);
    context.counters.messagesDroppedTooLarge++;
    context.dropped(session, 'limit.client-packet-size', message.topic, now);
    return;
  }
  if (qos === 1) context.counters.publishesSentQoS1++;
  else context.counters.publishesSentQoS2++;
  // What is in flight outlives this call: it may have to be sent again.
  keep(message);
  if (packet !== null) forward(link, packet, qos, retain, packetIdentifier);
  else if (bytes === null) return;
  else if (waits) link.writeDurable(context.store.written, message.encoded === null ? bytes : bytes.slice());
  else writeOnce(link, message, bytes);
}

/** The connection of the session, where what is sent can reach the client. */
function reachable({ link }: Session): SessionLink | null {
  return link === null || link.isGone ? null : link;
}

/** Sends from the queue what the client may have now. Call when a place in flight or in the buffer has come free. */
export function pump(context: SessionContext, session: Session, now: number): void {
  const { outbound } = session;
  const link = reachable(session);
  if (link === null) return;
  while (!link.congested && outbound.outstanding < link.receiveMaximum) {
    const again = outbound.unsent.values().next().value;
    if (again !== undefined) {
      outbound.unsent.delete(again);
      transmit(context, session, link, again, true, now);
      continue;
    }
    // Asked for new messages only: what is in flight already takes no more room when it is sent again.
    if (!hasRoom(context, session, link)) break;
    const item = dequeue(context, session);
    if (item === undefined) break;
    // [MQTT-3.3.2-5]
    if (expired(item.message, now)) dropped(context, session, item, 'limit.expired', now);
    else launch(context, session, link, item, now);
  }
  if (session.backlog !== null && outbound.queuedMessages === 0 && outbound.unsent.size === 0)
    pumpBacklog(context, session, link, now);
}

/** Sends retained messages of new subscriptions as long as the client can take them. */
function pumpBacklog(context: SessionContext, session: Session, link: SessionLink, now: number): void {
  for (let entry = session.backlog?.[0]; entry !== undefined; entry = session.backlog?.[0]) {
    const { options } = entry;
    const { pending } = entry;
    entry.pending = null;
    // What has been replaced meanwhile was delivered as it came: the old message must not follow the new one.
    if (pending !== null && !entry.isRetained(pending)) continue;
    const message = pending ?? entry.messages.next().value;
    if (message === undefined) {
      session.backlog?.shift();
      if (session.backlog?.length === 0) session.backlog = null;
      continue;
    }
    if (expired(message, now) || !mayReplay(session, options, message)) continue;
    const qos = options.qos < message.qos ? options.qos : message.qos;
    // At QoS 0 it may have been dropped as it came.
    if (qos > 0 && entry.isLater(message)) continue;
    if (link.congested || (qos > 0 && !hasRoom(context, session, link))) {
      entry.pending = message;
      return;
    }
    // [MQTT-3.3.1-8]
    const subscriptionIdentifiers = options.subscriptionIdentifier === 0 ? null : [options.subscriptionIdentifier];
    context.messages.take(1, now);
    context.work.deliver(1, message.payloadBytes);
    deliver(context, session, message, { qos, retain: true, subscriptionIdentifiers, sharedFilter: null }, now);
  }
}

/** Whether a retained message may go to the session by a subscription: its topic is permitted, and No Local does not keep it out [MQTT-3.8.3-3]. */
export function mayReplay(session: Session, options: SubscriptionOptions, message: Message): boolean {
  if (options.noLocal && message.retainedFrom === session.clientId) return false;
  return options.deliveryFilter === null || options.deliveryFilter(message.topic);
}

/**
 * After a session was resumed: sends everything in flight again, in the original order and with the original
 * identifiers [MQTT-4.4.0-1], as far as Receive Maximum goes [MQTT-3.3.4-9], then what is queued.
 */
export function resend(context: SessionContext, session: Session, now: number): void {
  const { link, outbound } = session;
  if (link === null) return;
  outbound.unsent.clear();
  for (const item of outbound.inFlight.values()) {
    if (item.state === 'released') sendRelease(context, session, link, item.packetIdentifier, ReasonCode.success);
    else outbound.unsent.add(item);
  }
  pump(context, session, now);
}

function sendRelease(
  context: SessionContext,
  session: Session,
  link: SessionLink,
  packetIdentifier: number,
  reasonCode: number,
): void {
  const bytes = encodeAck(link.version, PacketType.PUBREL, packetIdentifier, link.version === 5 ? reasonCode : 0, null);
  if (session.persistent && context.store.waits) link.writeDurable(context.store.written, bytes);
  else link.write(bytes);
}

/** PUBACK has come for a message in flight with QoS 1 (MQTT 5.0 section 4.3.2). */
export function acknowledged(context: SessionContext, session: Session, item: OutboundMessage, now: number): void {
  session.outbound.settle(item);
  forget(context, session, item);
  pump(context, session, now);
}

/**
 * PUBREC has come (MQTT 5.0 section 4.3.3): answers with PUBREL [MQTT-4.3.3-4], or ends the exchange where it says an error.
 * @param item the message in flight with QoS 2 and this identifier; null where there is none.
 */
export function received(
  context: SessionContext,
  session: Session,
  packetIdentifier: number,
  item: OutboundMessage | null,
  reasonCode: number,
  now: number,
): void {
  const { link, outbound } = session;
  if (link === null) return;
  if (item === null) {
    // So that the peer's exchange comes to its end.
    sendRelease(context, session, link, packetIdentifier, ReasonCode.packetIdentifierNotFound);
    return;
  }
  if (reasonCode >= 0x80) {
    outbound.settle(item);
    forget(context, session, item);
    pump(context, session, now);
    return;
  }
  outbound.release(item);
  if (session.persistent) context.store.putInFlight(session, item);
  sendRelease(context, session, link, packetIdentifier, ReasonCode.success);
}

/** PUBCOMP has come for a message that was released. */
export function completed(context: SessionContext, session: Session, item: OutboundMessage, now: number): void {
  session.outbound.settle(item);
  forget(context, session, item);
  pump(context, session, now);
}
