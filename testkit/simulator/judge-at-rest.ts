import type { Device } from './device.ts';
import { possibleRecords, timesTaken } from './judge-delivery.ts';
import type { SimMessage, SubscriptionRecord } from './ledger.ts';
import { isShared, matches, plainFilter } from './topics.ts';
import { demand } from './violation.ts';
import type { World } from './world.ts';

/** At rest, every acknowledged message is where it was promised to be. */
export function judgeAtRest(world: World): void {
  const missing = new Map<string, string[]>();
  for (const message of world.ledger.messages) {
    if (message.isForgotten || message.payload === '') continue;
    judgeShared(world, message);
    if (message.ackedAt === null || message.isRefused) continue;
    for (const device of world.actors) {
      if (!device.isConnected || device.profile.deployment !== message.deployment) continue;
      const records = sureRecords(world, device, message);
      if (message.hadNoSubscribers && message.transmissions === 1)
        demand(
          records.length === 0,
          'a subscription that was granted is there',
          () => `${message.payload} on ${message.topic} found nobody, ${device.name} has subscribed`,
        );
      if (message.qos === 0 || !records.some((record) => record.qos > 0 && !(record.noLocal && isOwn(device, message))))
        continue;
      if (mayHaveExpired(world, message) || isDelivered(device, message)) continue;
      const list = missing.get(message.deployment) ?? [];
      list.push(`${message.payload.slice(0, 12)} on ${message.topic} for ${device.name}`);
      missing.set(message.deployment, list);
    }
  }
  for (const [deployment, list] of missing) {
    const most = world.watch.mayBeMissing(deployment as Device['profile']['deployment']);
    demand(list.length <= most, 'no acknowledged message is lost', () => `${list.join('; ')} (${most} may be)`);
  }
}

function isOwn(device: Device, message: SimMessage): boolean {
  return message.publisher === device.profile.clientId;
}

function isDelivered(device: Device, message: SimMessage): boolean {
  return message.deliveries.some((delivery) => delivery.device === device && delivery.epoch === device.epoch);
}

function mayHaveExpired(world: World, { expiryMs, sentTime }: SimMessage): boolean {
  return expiryMs !== null && world.now - sentTime >= expiryMs;
}

/** Ordinary subscriptions of the present session that were there from before the message was sent until it was acknowledged. */
function sureRecords(world: World, device: Device, message: SimMessage): SubscriptionRecord[] {
  if (
    message.topic.startsWith('x/') &&
    world.restricted.wasInForce(message.deployment, message.sentAt, message.ackedAt ?? Infinity)
  )
    return [];
  return device.subscriptions.filter((record) => !isShared(record.topicFilter) && isSure(record, device, message));
}

function isSure(record: SubscriptionRecord, device: Device, message: SimMessage): boolean {
  return (
    record.epoch === device.epoch &&
    record.confirmedAt !== null &&
    record.confirmedAt < message.sentAt &&
    (record.endAskedAt === null || record.endAskedAt > (message.ackedAt ?? Infinity)) &&
    matches(plainFilter(record.topicFilter), message.topic)
  );
}

/** Everybody who may have been a member of the group when the message came. */
function members(
  world: World,
  topicFilter: string,
  message: SimMessage,
): { device: Device; record: SubscriptionRecord }[] {
  return world.actors
    .filter(({ profile }) => profile.deployment === message.deployment)
    .flatMap((device) =>
      device.subscriptions
        .filter(
          (record) =>
            record.topicFilter === topicFilter && (record.endedAt === null || record.endedAt > message.sentAt),
        )
        .map((record) => ({ device, record })),
    );
}

/** Each shared subscription gives a message to one of its members (MQTT 5.0 section 4.8.2). */
function judgeShared(world: World, message: SimMessage): void {
  const groups = groupsOf(world, message);
  if (groups.length === 0) return;
  // Copies that came by ordinary subscriptions cannot be told apart: topics where both are possible are left out.
  const isMixed = world.actors.some(
    (device) =>
      device.profile.deployment === message.deployment &&
      device.subscriptions.some(
        (record) =>
          !isShared(record.topicFilter) &&
          matches(record.topicFilter, message.topic) &&
          (record.endedAt === null || record.endedAt > message.sentAt),
      ),
  );
  if (isMixed || message.topic.startsWith('x/')) return;
  judgeSharedMost(world, message, groups);
  judgeSharedLeast(world, message, groups);
}

function groupsOf(world: World, message: SimMessage): string[] {
  const groups = new Set<string>();
  for (const device of world.actors) {
    if (device.profile.deployment !== message.deployment) continue;
    for (const { topicFilter, endedAt } of device.subscriptions)
      if (
        isShared(topicFilter) &&
        matches(plainFilter(topicFilter), message.topic) &&
        (endedAt === null || endedAt > message.sentAt)
      )
        groups.add(topicFilter);
  }
  return [...groups];
}

function judgeSharedMost(world: World, message: SimMessage, groups: readonly string[]): void {
  // The first copy of a member's session; what came again in it has been judged when it came.
  const sessions = new Set(message.deliveries.map(({ device, epoch }) => `${device.name} ${epoch}`));
  // A member whose session has ended may have left its messages to another; a crash may have undone a delivery.
  const moved = groups
    .flatMap((group) => members(world, group, message))
    .filter(({ device, record }) => record.epoch !== device.epoch).length;
  if (moved > 0) world.coverage.saw('shared subscription: member left with messages');
  const isOnce = message.qos !== 1 && message.deliveries.every(({ qos }) => qos !== 1);
  const crashes = message.deliveries.length === 0 ? 0 : world.crashes;
  const spare = isOnce && crashes === 0 ? 0 : moved;
  const most = groups.length * timesTaken(message) + undoneTakings(message, groups.length) + spare;
  demand(
    sessions.size <= most,
    'a shared subscription delivers once [MQTT-4.8.2-4]',
    () =>
      `${message.payload.slice(0, 12)} on ${message.topic} to ${[...sessions].join(', ')}; groups ${groups.join(', ')}`,
  );
}

/**
 * How many copies a QoS 2 message may have left behind that was taken and is taken anew, since a crash has undone that: what
 * went out at QoS 0 or 1 had not waited for the journal. At most one for each group and life of the service but the last.
 */
function undoneTakings({ qos, lives, deliveries }: SimMessage, groupCount: number): number {
  if (qos !== 2 || lives.size < 2) return 0;
  const last = Math.max(...lives);
  const early = deliveries.filter((delivery) => delivery.qos < 2 && delivery.crashes < last);
  const sessions = new Set(early.map(({ device, epoch }) => `${device.name} ${epoch}`));
  return Math.min(sessions.size, groupCount * (lives.size - 1));
}

function judgeSharedLeast(world: World, message: SimMessage, groups: readonly string[]): void {
  if (message.ackedAt === null || message.isRefused || message.qos === 0 || mayHaveExpired(world, message)) return;
  if (world.watch.mayBeMissing(message.deployment) > 0) return;
  // A group whose members were all there, with their sessions, from before the message until now.
  const sure = groups.filter((group) => {
    const all = members(world, group, message);
    return (
      all.some(({ device, record }) => isSure(record, device, message)) &&
      all.every(
        ({ device, record }) =>
          device.isConnected &&
          record.epoch === device.epoch &&
          record.qos > 0 &&
          device.profile.maximumPacketSize === null,
      )
    );
  });
  demand(
    message.deliveries.length >= sure.length,
    'a shared subscription loses no acknowledged message',
    () => `${message.payload.slice(0, 12)} on ${message.topic}; groups ${sure.join(', ')}`,
  );
}

/** At rest, a message reaches exactly those who have subscribed, with the QoS and identifiers of their subscriptions. */
export function judgeProbe(world: World, message: SimMessage): void {
  const groups = new Set<string>();
  let plainCopies = 0;
  for (const device of world.actors) {
    if (device.profile.deployment !== message.deployment) continue;
    const records = possibleRecords(device, device.epoch, message).filter(({ endedAt }) => endedAt === null);
    const plain = records.filter(({ topicFilter }) => !isShared(topicFilter));
    for (const { topicFilter } of records) if (isShared(topicFilter)) groups.add(topicFilter);
    if (plain.length > 0) plainCopies++;
    if (plain.length !== records.length) continue;
    const mine = message.deliveries.filter((delivery) => delivery.device === device);
    const what = (): string =>
      `${message.topic} to ${device.name}: ${JSON.stringify(mine.map(({ qos, identifiers }) => [qos, identifiers]))} for ${JSON.stringify(plain)}`;
    demand(mine.length === (plain.length > 0 ? 1 : 0), 'messages go to subscribers, and to all of them', what);
    const [copy] = mine;
    if (copy === undefined) continue;
    demand(
      copy.qos === Math.min(1, ...[Math.max(...plain.map(({ qos }) => qos))]),
      'QoS is the highest of all that match [MQTT-3.3.4-2]',
      what,
    );
    if (device.profile.version !== 5) continue;
    const identifiers = plain.map(({ identifier }) => identifier).filter((identifier) => identifier > 0);
    demand(
      identifiers.toSorted(byNumber).join() === copy.identifiers.toSorted(byNumber).join(),
      'all Subscription Identifiers are said [MQTT-3.3.4-4]',
      what,
    );
  }
  demand(
    message.deliveries.length === plainCopies + groups.size,
    'each shared subscription gives a message to one member [MQTT-4.8.2-4]',
    () =>
      `${message.topic}: ${message.deliveries.map(({ device }) => device.name).join(', ')}; groups ${[...groups].join(', ')}`,
  );
}

function byNumber(a: number, b: number): number {
  return a - b;
}
