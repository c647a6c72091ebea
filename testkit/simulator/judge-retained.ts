import type { Device } from './device.ts';
import type { SimMessage, SubscriptionRecord } from './ledger.ts';
import { isShared, matches, topics, willTopics } from './topics.ts';
import { demand } from './violation.ts';
import type { World } from './world.ts';

/** Whether the message has surely been replaced by a later one that was acknowledged before the given stamp. */
export function isReplaced(message: SimMessage, all: readonly SimMessage[], before: number): boolean {
  const { settledAt } = message;
  if (settledAt === null) return false;
  return all.some(
    (other) => other.sentAt > settledAt && other.ackedAt !== null && other.ackedAt < before && isEffective(other),
  );
}

function isEffective({ isRefused, isRetainDoubtful }: SimMessage): boolean {
  return !isRefused && !isRetainDoubtful;
}

/** At rest, a new subscriber gets the last retained message of each topic, and nothing where it was cleared [MQTT-3.3.1-5..7]. */
export function judgeRetained(world: World, checker: Device): void {
  const { deployment } = checker.profile;
  for (const topic of new Set([...topics, ...willTopics])) {
    const all = [...world.ledger.retained(deployment, topic)];
    const got = all.filter((message) =>
      message.deliveries.some((delivery) => delivery.device === checker && delivery.epoch === checker.epoch),
    );
    const what = (): string =>
      `${deployment} ${topic}: got ${got.map(({ id }) => id).join()} of ${all
        .map(
          ({ id, payload, sentAt, ackedAt, settledAt, expiryMs }) =>
            `${id}${payload === '' ? ' (clear)' : ''} sent ${sentAt} acked ${ackedAt} settled ${settledAt} expiry ${expiryMs}`,
        )
        .join('; ')}`;
    demand(got.length <= 1, 'one message is retained for a topic [MQTT-3.3.1-5]', what);
    // Access rules may have kept some of these from being taken.
    if (topic.startsWith('x/')) continue;
    const candidates = all.filter((message) => !isReplaced(message, all, Infinity));
    const [value] = got;
    if (value !== undefined) {
      demand(candidates.includes(value), 'the last retained message is kept [MQTT-3.3.1-5]', what);
      continue;
    }
    const mayBeNone =
      !all.some((message) => message.ackedAt !== null && isEffective(message)) ||
      candidates.some(
        ({ payload, expiryMs, sentTime }) => payload === '' || (expiryMs !== null && world.now - sentTime >= expiryMs),
      );
    demand(mayBeNone, 'a retained message that was acknowledged is kept', what);
    if (candidates.some(({ payload }) => payload === '')) world.coverage.saw('retained message cleared');
  }
}

/** At rest, a new subscription has brought what was retained when it was asked for, and is retained still [MQTT-3.3.1-9]. */
export function judgeReplays(world: World, device: Device): void {
  const { deployment, maximumPacketSize } = device.profile;
  if (world.watch.mayBeMissing(deployment) > 0 || maximumPacketSize !== null) return;
  for (const topic of new Set([...topics, ...willTopics])) {
    if (topic.startsWith('x/')) continue;
    const all = [...world.ledger.retained(deployment, topic)];
    for (const record of device.subscriptions) {
      if (!isReplaying(record, device, topic)) continue;
      const candidates = all.filter((message) => !isReplaced(message, all, record.askedAt));
      const [message] = candidates;
      // Only where there is no doubt which message it was, and that it was there.
      if (message === undefined || candidates.length > 1 || message.payload === '' || message.expiryMs !== null)
        continue;
      if (message.ackedAt === null || message.ackedAt > record.askedAt || !isEffective(message)) continue;
      if (Math.min(message.qos, record.qos) === 0) continue;
      if (record.noLocal && message.publisher === device.profile.clientId) continue;
      demand(
        message.deliveries.some(
          (delivery) =>
            delivery.device === device && delivery.epoch === device.epoch && delivery.stamp > record.askedAt,
        ),
        'a new subscription brings what is retained [MQTT-3.3.1-9]',
        () => `${device.name} ${record.topicFilter}: ${message.payload} on ${topic}`,
      );
    }
  }
}

/** Whether the subscription asks for retained messages of the topic, and is there still. What waited to be sent does not survive a crash. */
function isReplaying(record: SubscriptionRecord, device: Device, topic: string): boolean {
  return (
    record.epoch === device.epoch &&
    record.confirmedAt !== null &&
    record.endAskedAt === null &&
    record.crashes === device.world.crashes &&
    !isShared(record.topicFilter) &&
    (record.retainHandling === 0 || (record.retainHandling === 1 && record.isFirst)) &&
    matches(record.topicFilter, topic)
  );
}
