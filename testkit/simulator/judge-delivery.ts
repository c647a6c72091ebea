import type { PublishPacket } from '../../packages/codec/mod.ts';
import type { Device } from './device.ts';
import type { SimMessage, SubscriptionRecord } from './ledger.ts';
import { isReplaced } from './judge-retained.ts';
import { isShared, matches, plainFilter } from './topics.ts';
import { demand } from './violation.ts';
import type { Wire } from './wire.ts';

/** Subscriptions of the device's session that the message may have come by. */
export function possibleRecords(device: Device, epoch: number, message: SimMessage): SubscriptionRecord[] {
  return device.subscriptions.filter(
    (record) =>
      record.epoch === epoch &&
      (record.endedAt === null || record.endedAt > message.sentAt) &&
      matches(plainFilter(record.topicFilter), message.topic),
  );
}

/** How many copies of a message one session may get: one each time that it was taken, and one of each retained replay. */
function copiesAllowed(device: Device, epoch: number, message: SimMessage, taken: number): number {
  const records = possibleRecords(device, epoch, message);
  const shared = new Set(
    records.filter(({ topicFilter }) => isShared(topicFilter)).map(({ topicFilter }) => topicFilter),
  );
  const live = (records.some(({ topicFilter }) => !isShared(topicFilter)) ? 1 : 0) + shared.size;
  return live * taken + replaysAllowed(device, records, message, taken);
}

/** How many copies of a message may come because it was retained: one for each subscription. */
function replaysAllowed(
  device: Device,
  records: readonly SubscriptionRecord[],
  message: SimMessage,
  taken: number,
): number {
  if (!message.retain) return 0;
  const plain = records.filter(({ topicFilter }) => !isShared(topicFilter));
  const atMostOnce = plain.filter(({ qos }) => Math.min(qos, message.qos) === 0).length;
  const surely = plain.filter((record) => Math.min(record.qos, message.qos) > 0 && mayReplay(record, message)).length;
  // At QoS 0, a topic that was emptied and got the message again while its subscription was served may come twice.
  const emptied = [...device.world.ledger.retained(message.deployment, message.topic)].filter(
    ({ payload, expiryMs, settledAt }) =>
      (payload === '' || expiryMs !== null) && (settledAt === null || settledAt > message.sentAt),
  ).length;
  return surely + atMostOnce * (1 + Math.min(taken - 1, emptied));
}

/** Whether the message may have been retained when the subscription was made. */
function mayReplay({ confirmedAt }: SubscriptionRecord, { sentAt }: SimMessage): boolean {
  return confirmedAt === null || sentAt < confirmedAt;
}

/** How often the engine may have taken the message for a new one. */
export function timesTaken(message: SimMessage): number {
  return message.qos === 1 ? Math.max(1, message.transmissions) : 1;
}

/**
 * Judges a message that a device hands to its application, and remembers it.
 * @param isRefused the device is going to refuse it, and may get it again if that does not arrive.
 * @throws Violation
 */
export function judgeDelivery(
  device: Device,
  packet: PublishPacket,
  topic: string,
  payload: string,
  madeAt: number,
  wire: Wire,
  isRefused: boolean,
): void {
  const { world, name } = device;
  // A message that clears a retained one does not say which it is.
  if (payload === '') return;
  const message = world.ledger.find(payload);
  demand(
    message !== undefined && message.deployment === device.profile.deployment,
    'deployments never see each other, and messages arrive as they were sent',
    () => `${name} got ${payload} on ${topic}`,
  );
  const what = (): string => `${name}: ${payload.slice(0, 12)} on ${topic}, QoS ${packet.qos}, RETAIN ${packet.retain}`;
  demand(message.topic === topic, 'a message keeps its topic', what);
  demand(!message.isRefused, 'a refused message reaches nobody', what);
  judgeTerms(device, message, packet, what);
  judgeRules(device, message, what);
  judgeReplay(device, message, packet, what);
  judgeExpiry(message, packet, madeAt, what);
  judgeCopies(device, message, packet, wire, what);
  judgeOrder(device, message, packet, what);
  const isLate = !device.wasOnline(message.sentAt);
  if (isLate && packet.qos > 0) world.coverage.saw('delivered to an offline session later');
  if (packet.qos === 1) world.coverage.saw('QoS 1 delivered');
  if (packet.qos === 2) world.coverage.saw('QoS 2 delivered');
  message.deliveries.push({
    device,
    epoch: device.epoch,
    connection: wire.id,
    qos: packet.qos,
    dup: packet.dup,
    isRefused,
    identifiers: packet.properties?.subscriptionIdentifiers ?? [],
    crashes: wire.crashes,
    stamp: world.stamp(),
  });
}

/** Whether there is a subscription that explains the message, its QoS, flags and identifiers. */
function judgeTerms(device: Device, message: SimMessage, packet: PublishPacket, what: () => string): void {
  const { world, profile } = device;
  const records = possibleRecords(device, device.epoch, message);
  demand(records.length > 0, 'messages go to subscribers only', what);
  demand(
    records.some(({ qos }) => packet.qos === Math.min(qos, message.qos)),
    'QoS is the lower of both [MQTT-3.8.4-8]',
    what,
  );
  const isOwn = message.publisher === profile.clientId && !message.isWill;
  const isReplay = packet.retain && (packet.qos === 0 || records.some((record) => mayReplay(record, message)));
  demand(!isOwn || records.some(({ noLocal }) => !noLocal), 'No Local [MQTT-3.8.3-3]', what);
  const isShareOnly = records.every(({ topicFilter }) => isShared(topicFilter));
  if (isShareOnly) world.coverage.saw('message of a shared subscription delivered');
  demand(
    !packet.retain || (message.retain && (!isShareOnly || records.some(({ retainAsPublished }) => retainAsPublished))),
    'RETAIN is for retained messages [MQTT-3.3.1-8] [MQTT-3.3.1-12]',
    what,
  );
  if (packet.retain && records.every(({ retainAsPublished }) => !retainAsPublished)) {
    world.coverage.saw('retained message replayed');
    demand(isReplay, 'RETAIN is for what was there before the subscription [MQTT-3.3.1-12]', what);
  }
  const { properties } = packet;
  const known = new Set(records.map(({ identifier }) => identifier));
  for (const identifier of properties?.subscriptionIdentifiers ?? [])
    demand(known.has(identifier), 'Subscription Identifiers are those of the subscriptions [MQTT-3.3.4-3]', what);
  if (profile.version === 5 && !known.has(0))
    demand(properties?.subscriptionIdentifiers !== undefined, 'Subscription Identifiers are said [MQTT-3.3.4-3]', what);
  const contentType = properties?.contentType;
  demand(
    contentType === undefined || contentType === String(message.id),
    'properties are those of the publisher [MQTT-3.3.2-20]',
    what,
  );
}

function judgeRules(device: Device, message: SimMessage, what: () => string): void {
  const { profile, world } = device;
  if (!message.topic.startsWith('x/')) return;
  const hidden = world.restricted.since(profile.deployment, 'hidden');
  if (profile.username === 'guest' && message.topic === 'x/h')
    demand(hidden === null || message.sentAt < hidden, 'a hidden topic is not delivered', what);
  const denied = world.restricted.since(profile.deployment, 'publish');
  demand(
    denied === null ||
      message.sentAt < denied ||
      world.device(profile.deployment, message.publisher).profile.username !== 'guest',
    'who may not publish reaches nobody',
    what,
  );
  const cut = world.restricted.since(profile.deployment, 'subscribe');
  if (profile.username !== 'guest' || cut === null || message.sentAt < cut) return;
  demand(
    possibleRecords(device, device.epoch, message).some(
      ({ topicFilter }) => !plainFilter(topicFilter).startsWith('x/'),
    ),
    'a revoked subscription brings nothing',
    what,
  );
}

/** What comes as retained was the last of its topic when the subscription was asked for, or came later. */
function judgeReplay(device: Device, message: SimMessage, packet: PublishPacket, what: () => string): void {
  const records = possibleRecords(device, device.epoch, message);
  if (!packet.retain || message.topic.startsWith('x/') || records.some(({ retainAsPublished }) => retainAsPublished))
    return;
  const earliest = Math.min(...records.map(({ askedAt }) => askedAt));
  const all = [...device.world.ledger.retained(message.deployment, message.topic)];
  demand(!isReplaced(message, all, earliest), 'the last retained message is sent [MQTT-3.3.1-9]', what);
  const { settledAt } = message;
  if (packet.dup || settledAt === null) return;
  const newer = all.find(
    ({ sentAt, ackedAt, deliveries }) =>
      sentAt > settledAt &&
      ackedAt !== null &&
      deliveries.some(({ device: to, epoch, qos }) => to === device && epoch === device.epoch && qos === packet.qos),
  );
  demand(
    newer === undefined,
    'a retained message that was replaced does not come after the new one',
    () => `${what()} after ${newer?.payload}`,
  );
}

function judgeExpiry(message: SimMessage, packet: PublishPacket, madeAt: number, what: () => string): void {
  const { expiryMs } = message;
  const interval = packet.properties?.messageExpiryInterval;
  if (expiryMs === null) {
    demand(interval === undefined, 'no Message Expiry Interval where none was given', what);
    return;
  }
  // Only once it is acknowledged is it known when it was there at the latest. Packets may have waited for the disk.
  if (message.ackedAt === null || message.transmissions > 1) return;
  const most = message.ackedTime + expiryMs - madeAt;
  if (!packet.dup) demand(most > 0, 'an expired message is not delivered [MQTT-3.3.2-5]', what);
  if (interval !== undefined)
    demand(interval * 1000 <= Math.max(most, 0) + 1000, 'Message Expiry Interval is what is left [MQTT-3.3.2-6]', what);
}

function judgeCopies(device: Device, message: SimMessage, packet: PublishPacket, wire: Wire, what: () => string): void {
  const { epoch } = device;
  const mine = message.deliveries.filter((delivery) => delivery.device === device && delivery.epoch === epoch);
  // What a crash has undone is taken again; what was sent with QoS 0 or 1 by then stays sent.
  const taken = packet.qos === 2 ? timesTaken(message) : Math.max(1, message.transmissions);
  const allowed = copiesAllowed(device, epoch, message, taken);
  const count = (): string => `${what()}: copy ${mine.length + 1} of ${allowed}`;
  if (packet.qos !== 1) {
    const rule = packet.qos === 2 ? 'QoS 2 arrives once [MQTT-4.3.3]' : 'QoS 0 arrives once at most';
    demand(mine.filter(({ qos, isRefused }) => qos === packet.qos && !isRefused).length < allowed, rule, count);
    return;
  }
  const here = mine.filter(({ connection }) => connection === wire.id).length;
  demand(here < allowed, 'QoS 1 is sent again after a reconnect only', count);
  if (packet.dup) return;
  // What the engine had sent and not made durable when it was killed, it does not know of any more.
  const crashes = wire.crashes - (mine[0]?.crashes ?? wire.crashes);
  const fresh = mine.filter(({ dup }) => !dup).length;
  demand(fresh < allowed * (1 + crashes), 'a copy at QoS 1 is marked with DUP [MQTT-3.3.1-1]', count);
}

/** [MQTT-4.6.0-5]: messages of one publisher, topic and QoS come in order, the first time that they come. */
function judgeOrder(device: Device, message: SimMessage, packet: PublishPacket, what: () => string): void {
  const { epoch } = device;
  if (packet.retain || message.isWill) return;
  if (possibleRecords(device, epoch, message).some(({ topicFilter }) => isShared(topicFilter))) return;
  if (message.deliveries.some((delivery) => delivery.device === device && delivery.epoch === epoch)) return;
  // Its turn may have gone by: it was lost at QoS 0, it was dropped, or nobody had subscribed yet to this QoS. It comes again when it is sent again.
  const mayHaveBeenDropped = message.expiryMs !== null || device.world.watch.mayBeMissing(message.deployment) > 0;
  const isOwn = message.publisher === device.profile.clientId;
  const isLate = !possibleRecords(device, epoch, message).some(
    ({ confirmedAt, qos, noLocal }) =>
      confirmedAt !== null &&
      confirmedAt < message.sentAt &&
      Math.min(qos, message.qos) === packet.qos &&
      !(noLocal && isOwn),
  );
  const hasMissedTurn = packet.qos === 0 || mayHaveBeenDropped || isLate || message.wasPutOff;
  if (message.transmissions > 1 && hasMissedTurn) return;
  const last = device.lastInOrder(message.publisher, message.topic, packet.qos);
  demand(
    last === undefined || last.sequence < message.sequence,
    'messages of one publisher and topic come in their order [MQTT-4.6.0-5]',
    () => `${what()} after ${last?.payload}`,
  );
  device.rememberOrder(message, packet.qos);
}
