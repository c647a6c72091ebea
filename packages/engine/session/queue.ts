import { letGo } from '../message.ts';
import type { SessionContext } from './context.ts';
import type { OutboundMessage } from './outbound.ts';
import type { Session } from './session.ts';

/** Puts a message at the end of the queue of a session, and counts it. */
export function enqueue({ counters }: SessionContext, { outbound }: Session, item: OutboundMessage): void {
  const before = outbound.queuedBytes;
  outbound.enqueue(item);
  counters.queuedMessages++;
  counters.queuedBytes += outbound.queuedBytes - before;
}

/** Takes the oldest message from the queue of a session; undefined when there is none. */
export function dequeue({ counters }: SessionContext, { outbound }: Session): OutboundMessage | undefined {
  const before = outbound.queuedBytes;
  const item = outbound.dequeue();
  if (item === undefined) return undefined;
  counters.queuedMessages--;
  counters.queuedBytes += outbound.queuedBytes - before;
  return item;
}

/** Forgets everything that a session had to deliver: it has ended. */
export function clearOutbound({ counters }: SessionContext, { outbound }: Session): void {
  counters.queuedMessages -= outbound.queuedMessages;
  counters.queuedBytes -= outbound.queuedBytes;
  outbound.clear();
}

/** Gives up the message that is the oldest in the queue, for it has expired or the queue is full. */
export function dropped(
  context: SessionContext,
  session: Session,
  item: OutboundMessage,
  fault: 'limit.expired' | 'limit.queue',
  now: number,
): void {
  if (fault === 'limit.expired') context.counters.messagesDroppedExpired++;
  else context.counters.messagesDroppedQueue++;
  if (session.persistent) context.store.deleteMessage(session, item);
  context.dropped(session, fault, item.message.topic, now);
  letGo(item.message);
}

/** The one way in which an acknowledged message can be lost: the oldest of a full queue, counted and said. */
export function boundQueue(context: SessionContext, session: Session, now: number): void {
  const { outbound } = session;
  const { queuedMessages, queuedBytes } = context.limits;
  while (
    (queuedMessages !== null && outbound.queuedMessages > queuedMessages) ||
    (queuedBytes !== null && outbound.queuedBytes > queuedBytes && outbound.queuedMessages > 1)
  ) {
    context.reached[
      queuedMessages !== null && outbound.queuedMessages > queuedMessages ? 'queuedMessages' : 'queuedBytes'
    ]++;
    const oldest = dequeue(context, session);
    if (oldest === undefined) return;
    dropped(context, session, oldest, oldest.message.expiresAt <= now ? 'limit.expired' : 'limit.queue', now);
  }
}
