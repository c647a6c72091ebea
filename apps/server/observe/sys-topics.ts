import type { DeploymentId } from '../../../packages/engine/ids.ts';
import type { DeploymentCounters } from '../../../packages/engine/ports.ts';

/** One value below `$SYS/`: topic and payload. */
export type SystemTopic = readonly [topic: string, payload: string];

/**
 * The `$SYS` topics of one deployment, from its own counters only. Where the meaning is the same, the names are
 * Mosquitto's, so that tools which read them there work here.
 * @param uptimeMs since the server started.
 */
export function systemTopics(
  counters: Readonly<DeploymentCounters>,
  version: string,
  uptimeMs: number,
): readonly SystemTopic[] {
  const c = counters;
  const publishesReceived = c.publishesReceivedQoS0 + c.publishesReceivedQoS1 + c.publishesReceivedQoS2;
  const publishesSent = c.publishesSentQoS0 + c.publishesSentQoS1 + c.publishesSentQoS2;
  const publishesDropped =
    c.messagesDroppedQueue + c.messagesDroppedBuffer + c.messagesDroppedExpired + c.messagesDroppedTooLarge;
  return [
    ['$SYS/broker/version', `berth version ${version}`],
    ['$SYS/broker/uptime', `${Math.max(0, Math.floor(uptimeMs / 1000))} seconds`],
    ['$SYS/broker/clients/connected', String(c.connections)],
    ['$SYS/broker/clients/disconnected', String(Math.max(0, c.sessions - c.connections))],
    ['$SYS/broker/clients/total', String(c.sessions)],
    ['$SYS/broker/subscriptions/count', String(c.subscriptions)],
    ['$SYS/broker/retained messages/count', String(c.retainedMessages)],
    ['$SYS/broker/retained messages/bytes', String(c.retainedBytes)],
    ['$SYS/broker/queued messages/count', String(c.queuedMessages)],
    ['$SYS/broker/queued messages/bytes', String(c.queuedBytes)],
    // "Messages" are control packets of every type there, and "publish/messages" are PUBLISH packets.
    ['$SYS/broker/messages/received', String(c.packetsReceived)],
    ['$SYS/broker/messages/sent', String(c.packetsSent)],
    ['$SYS/broker/publish/messages/received', String(publishesReceived)],
    ['$SYS/broker/publish/messages/sent', String(publishesSent)],
    ['$SYS/broker/publish/messages/dropped', String(publishesDropped)],
    ['$SYS/broker/bytes/received', String(c.bytesReceived)],
    ['$SYS/broker/bytes/sent', String(c.bytesSent)],
  ];
}

/** Remembers what was published, so that only what has changed is published again. */
export class SystemTopics {
  readonly #version: string;
  readonly #startedAt: number;
  readonly #published = new Map<DeploymentId, Map<string, string>>();

  /** @param startedAt milliseconds since 1970. */
  constructor(version: string, startedAt: number) {
    this.#version = version;
    this.#startedAt = startedAt;
  }

  /** The topics of the deployment whose value differs from the last call; all of them the first time. To be retained. */
  changes(deployment: DeploymentId, counters: Readonly<DeploymentCounters>, now: number): readonly SystemTopic[] {
    const published = this.#published.get(deployment) ?? new Map<string, string>();
    this.#published.set(deployment, published);
    const changed = systemTopics(counters, this.#version, now - this.#startedAt).filter(
      ([topic, payload]) => published.get(topic) !== payload,
    );
    for (const [topic, payload] of changed) published.set(topic, payload);
    return changed;
  }

  /** The deployment is gone, or its retained messages are. */
  forget(deployment: DeploymentId): void {
    this.#published.delete(deployment);
  }
}
