import { defaultLimits, type Limits } from '../../packages/engine/limits.ts';
import type { Device } from './device.ts';
import { judgeAtRest, judgeProbe } from './judge-at-rest.ts';
import { judgeReplays, judgeRetained } from './judge-retained.ts';
import { unrestricted } from './rules.ts';
import { topics, willTopics } from './topics.ts';
import { demand, Violation } from './violation.ts';
import type { World } from './world.ts';

const roundsMax = 3000;
const roundMs = 50;
/** Rounds between two PINGREQ, so that no keep-alive runs out. */
const pingRounds = 16;
/** Longer than drops of one session wait to be said together. */
const dropReportMs = 11_000;
/** How often drops may go on while it is waited for that. */
const dropWaitsMax = 20;

const unlimited: Limits = {
  ...defaultLimits(),
  connectsPerSecond: null,
  messagesPerSecond: null,
  publishesPerSecondPerClient: null,
  bytesPerSecondPerClient: null,
  keepAliveSeconds: null,
};

/** Nothing goes wrong any more: everybody comes back, everything arrives. Then nothing may be missing. */
export function comeToRest(world: World): void {
  world.effectsLeft = Infinity;
  world.disk.isFull = false;
  world.input('all is well', (engine, now) => {
    engine.setStorageFailed(false, now);
    engine.setStalled(new Set(), now);
    engine.setOverloaded(false);
  });
  for (const deployment of world.scenario.deployments) world.restrict(deployment, unrestricted);
  settle(world, world.actors);
  awaitDropReports(world);
  world.watch.judgeDrops();
  judgeAtRest(world);
  for (const device of world.actors) if (device.isConnected) judgeReplays(world, device);
}

/** Who comes back late has messages dropped late: waits until there was time to say the last drop. */
function awaitDropReports(world: World): void {
  let { dropCount } = world.watch;
  for (let count = 0; count < dropWaitsMax; count++) {
    for (let waited = 0; waited < dropReportMs; waited += roundMs) round(world, world.actors, waited / roundMs);
    settle(world, world.actors);
    const before = dropCount;
    ({ dropCount } = world.watch);
    if (dropCount === before) return;
  }
  throw new Violation('everything comes to rest', `messages are still dropped: ${dropCount}`);
}

/** Limits are lifted, and each subscription and each retained message is looked at. */
export function lookCloser(world: World): void {
  for (const deployment of world.scenario.deployments) {
    world.rules.limitsOf.set(deployment, unlimited);
    world.input(`no limits for ${deployment}`, (engine, now) => engine.policyChanged(deployment, now));
  }
  settle(world, world.devices);
  for (const device of world.actors)
    demand(device.isConnected, 'everybody is let in', () => `${device.name} ${device.refusedWith}`);
  for (const checker of world.checkers)
    checker.subscribing.subscribe(
      [{ topicFilter: '#', qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 0 }],
      0,
    );
  settle(world, world.devices);
  for (const checker of world.checkers) judgeRetained(world, checker);
  for (const checker of world.checkers) probe(world, checker);
}

/** One message for each topic: it reaches exactly those who have subscribed. */
function probe(world: World, checker: Device): void {
  const { ledger } = world;
  for (const topic of new Set([...topics, ...willTopics])) {
    const count = ledger.messages.length;
    checker.publishing.publish({
      topic,
      qos: 1,
      retain: false,
      expirySeconds: null,
      padding: 0,
      isClear: false,
      mayAlias: false,
    });
    settle(world, world.devices);
    const message = ledger.messages[count];
    demand(message !== undefined && message.ackedAt !== null, 'a message is acknowledged', () => topic);
    judgeProbe(world, message);
  }
}

/** All clients and their sessions go: nothing may be left of them. */
export function leaveNothing(world: World): void {
  for (const checker of world.checkers) {
    for (const topic of new Set([...topics, ...willTopics])) {
      checker.publishing.publish({
        topic,
        qos: 1,
        retain: true,
        expirySeconds: null,
        padding: 0,
        isClear: true,
        mayAlias: false,
      });
      settle(world, world.devices);
    }
  }
  for (const device of world.devices) device.disconnect(0, null);
  quieten(world);
  for (const device of world.devices)
    device.connect({ cleanStart: true, expirySeconds: 0, will: null, willDelaySeconds: 0 });
  settle(world, world.devices);
  for (const device of world.devices) device.disconnect(0, null);
  quieten(world);
  for (let hours = 0; hours < 2; hours++) {
    world.advance(3_600_000);
    quieten(world);
  }
  judgeEmpty(world);
  if (!world.scenario.durable) return;
  world.kill();
  judgeEmpty(world);
}

/** Bytes and batches arrive, without anybody coming back. */
function quieten(world: World): void {
  for (let count = 0; count < 20; count++) {
    for (const wire of [...world.wires.values()]) world.carryUp(wire, 1_000_000);
    world.endTurn();
    while (world.write());
    world.tell();
    world.advance(roundMs);
  }
}

function judgeEmpty(world: World): void {
  const { engine, disk } = world;
  for (const deployment of world.scenario.deployments) {
    const counters = world.counters(deployment);
    for (const gauge of [
      'connections',
      'sessions',
      'subscriptions',
      'queuedMessages',
      'queuedBytes',
      'retainedMessages',
      'retainedBytes',
    ] as const)
      demand(counters[gauge] === 0, 'nothing is left in memory', () => `${deployment}: ${gauge} ${counters[gauge]}`);
    const keys = disk.records(deployment).map(({ key }) => JSON.stringify(key));
    demand(keys.length === 0, 'nothing is left in the journal', () => `${deployment}: ${keys.join(', ')}`);
  }
  demand(engine.connectionCount === 0, 'no connection is left', () => String(engine.connectionCount));
  demand(engine.nextTickAt === Infinity && !engine.hasWork, 'no timer and no work is left', () =>
    String(engine.nextTickAt - world.now),
  );
}

/** Rounds until nothing moves any more. */
function settle(world: World, devices: readonly Device[]): void {
  for (let count = 0; count < roundsMax; count++) {
    round(world, devices, count);
    if (isQuiet(world, devices)) return;
  }
  const busy = devices.filter((device) => !device.isQuiet).map((device) => `${device.name} (${device.state})`);
  const counters = world.scenario.deployments.map((deployment) => JSON.stringify(world.counters(deployment)));
  throw new Violation('everything comes to rest', `${busy.join(', ')}; ${counters.join(' ')}`);
}

function round(world: World, devices: readonly Device[], count: number): void {
  for (const device of devices) {
    if (device.wire === null) {
      if (device.refusedWith === null || count % 40 === 0) comeBack(device);
    } else if (device.isConnected) {
      device.answer(100);
      if (count % pingRounds === 0) device.send({ type: 12 });
      if (device.isQuiet) device.subscribing.resolveDoubts();
    }
  }
  for (const wire of [...world.wires.values()]) world.carryUp(wire, 1_000_000);
  while (world.rules.pending.length > 0) world.giveVerdict();
  world.endTurn();
  while (world.write());
  world.tell();
  for (const device of devices) world.readBy(device, 1_000_000);
  world.tellDrainedAll();
  world.advance(roundMs);
}

function comeBack(device: Device): void {
  const { expirySeconds } = device.profile;
  device.connect({ cleanStart: expirySeconds === 0, expirySeconds, will: null, willDelaySeconds: 0 });
}

function isQuiet(world: World, devices: readonly Device[]): boolean {
  const isWaiting = (device: Device): boolean => !device.isQuiet && device.refusedWith === null;
  return (
    !devices.some(isWaiting) &&
    ![...world.wires.values()].some(
      ({ upBytes, downBytes, deviceGone }) => deviceGone === null && (upBytes > 0 || downBytes > 0),
    ) &&
    !devices.some((device) => device.subscribing.hasDoubts && device.isConnected) &&
    world.disk.waiting === 0 &&
    !world.engine.hasWork &&
    world.scenario.deployments.every(
      (deployment) =>
        world.counters(deployment).queuedMessages === 0 || devices.some(({ refusedWith }) => refusedWith !== null),
    )
  );
}
