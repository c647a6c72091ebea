import { chance, pick } from '../fuzz/chance.ts';
import { Random } from '../random.ts';
import type { Device } from './device.ts';
import type { Step, Verb } from './scenario.ts';
import { filters, topics, willTopics } from './topics.ts';
import type { Wire } from './wire.ts';
import type { World } from './world.ts';

type Act = (world: World, random: Random, device: Device) => void;

/** Does one step of a scenario: it is about one device, or about the world. */
export function act(world: World, step: Step): void {
  const random = new Random(step.seed);
  world.random = random;
  acts[step.verb](world, random, pick(random, world.actors));
}

const acts: Record<Verb, Act> = {
  pulse(world, random) {
    for (const device of world.actors) if (chance(random, 60)) live(world, random, device);
    for (const wire of [...world.wires.values()]) if (chance(random, 70)) world.carryUp(wire, random.between(1, 400));
    for (const device of world.actors) if (chance(random, 70)) world.readBy(device, random.between(1, 600));
    if (chance(random, 70)) world.giveVerdict();
    if (chance(random, 70)) world.endTurn();
    while (chance(random, 60) && world.write());
    if (chance(random, 70)) world.tell();
    world.advance(random.between(0, 20));
  },

  publish(_world, random, device) {
    for (let count = random.between(1, 4); count > 0; count--) publishSome(random, device);
  },

  subscribe(_world, random, device) {
    if (device.isConnected) subscribeSome(random, device);
  },

  unsubscribe(_world, random, device) {
    if (!device.isConnected) return;
    const held = device.subscriptions.filter(({ endedAt, epoch }) => endedAt === null && epoch === device.epoch);
    if (held.length > 0) device.subscribing.unsubscribe([pick(random, held).topicFilter]);
  },

  carryUp(world, random, device) {
    const wire = wireOf(world, random, device);
    // Now and then a single byte, or all that there is.
    if (wire !== null)
      world.carryUp(wire, chance(random, 20) ? 1 : chance(random, 40) ? 1_000_000 : random.between(1, 80));
  },

  carryDown(world, random, device) {
    world.readBy(device, chance(random, 20) ? 1 : chance(random, 40) ? 1_000_000 : random.between(1, 80));
  },

  answer(_world, random, device) {
    device.arrivals.refusesNext = chance(random, 3);
    device.answer(random.between(1, 6));
  },

  connect(_world, random, device) {
    if (device.wire === null) connectSome(random, device);
  },

  advance(world, random) {
    world.advance(random.between(1, 300));
  },

  wait(world, random) {
    world.advance(random.between(1000, 60_000));
  },

  turn(world) {
    world.endTurn();
  },

  write(world) {
    world.write();
  },

  tell(world) {
    world.tell();
  },

  verdict(world) {
    world.giveVerdict();
  },

  ping(_world, _random, device) {
    if (device.isConnected) device.send({ type: 12 });
  },

  disconnect(_world, random, device) {
    const { version, expirySeconds } = device.profile;
    if (!device.isConnected) return;
    const expiry =
      version === 5 && expirySeconds > 0 && chance(random, 30) ? pick(random, [0, 5, expirySeconds]) : null;
    const canChange = (device.wire?.expirySeconds ?? 0) > 0;
    device.disconnect(version === 5 && chance(random, 30) ? 4 : 0, canChange ? expiry : null);
  },

  cut(world, random, device) {
    const { wire } = device;
    if (wire === null) return;
    wire.cutUp(random.between(0, wire.upBytes + 1));
    device.lose('lost');
    if (chance(random, 50)) world.carryUp(wire, 1_000_000);
  },

  fallSilent(world, random, device) {
    const { wire } = device;
    if (wire === null) return;
    world.coverage.saw('half-open connection');
    wire.cutUp(random.between(0, wire.upBytes + 1));
    device.lose('silent');
  },

  crash(world) {
    world.coverage.saw('crash between two inputs');
    world.kill();
  },

  crashInside(world, random) {
    world.effectsLeft = random.between(1, 40);
  },

  restart(world) {
    world.restart();
  },

  fill(world, random) {
    const { disk, scenario } = world;
    disk.isFull = !disk.isFull;
    if (disk.isFull) world.coverage.saw('storage full');
    // Whoever watches the disk says that it fails, that the queue is too long for some, or nothing yet.
    const isSaid = disk.isFull && chance(random, 60);
    const stalled = disk.isFull ? scenario.deployments.filter(() => chance(random, 50)) : [];
    world.input(`storage ${isSaid ? 'fails' : 'is well'}, stalled: ${stalled.join()}`, (engine, now) => {
      engine.setStorageFailed(isSaid, now);
      engine.setStalled(new Set(stalled), now);
    });
  },

  rules(world, random) {
    const deployment = pick(random, world.scenario.deployments);
    const isOn = chance(random, 60);
    world.restrict(deployment, {
      publish: isOn && chance(random, 50),
      subscribe: isOn && chance(random, 50),
      hidden: isOn && chance(random, 50),
    });
  },

  limits(world, random) {
    const deployment = pick(random, world.scenario.deployments);
    const limits = world.rules.limits(deployment);
    world.rules.limitsOf.set(deployment, {
      ...limits,
      inFlightOut: random.between(1, 8),
      ...(chance(random, 30) ? { queuedMessages: random.between(2, 8) } : {}),
      messagesPerSecond: chance(random, 30) ? random.between(20, 60) : null,
    });
    world.input(`limits of ${deployment}`, (engine, now) => engine.policyChanged(deployment, now));
  },

  kick(world, random, device) {
    const { deployment, clientId, username } = device.profile;
    world.input(`kick ${device.name}`, (engine, now) => {
      if (chance(random, 60)) engine.closeClient(deployment, clientId, 'connection.kicked', now);
      else engine.closeUsername(deployment, username, 'connection.kicked', now);
    });
  },

  remake(world, random) {
    const deployment = pick(random, world.scenario.deployments);
    world.remake(deployment);
  },

  garbage(_world, random, device) {
    // What nobody may send behind CONNECT: a wrong packet type, or text that is not UTF-8.
    if (device.isConnected && device.wire?.upBytes === 0)
      device.wire.send(
        pick(random, [Uint8Array.of(0xf3, 0), Uint8Array.of(0x82, 5, 0, 1, 0, 1, 0xff), Uint8Array.of(0, 0)]),
      );
  },

  oversize(_world, random, device) {
    if (device.isConnected && device.wire?.upBytes === 0)
      device.wire.send(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f, random.between(0, 256)));
  },

  memory(world, random) {
    const isShort = chance(random, 40);
    world.input(isShort ? 'memory is short' : 'memory is there', (engine) => engine.setOverloaded(isShort));
  },
};

/** The device does some of what devices do. */
function live(world: World, random: Random, device: Device): void {
  if (device.wire === null) {
    if (chance(random, 30)) connectSome(random, device);
    return;
  }
  if (!device.isConnected) return;
  device.answer(random.between(0, 8));
  if (device.subscriptions.length < 2 && chance(random, 50)) subscribeSome(random, device);
  if (chance(random, 40)) publishSome(random, device);
  if (chance(random, 20)) world.tellDrainedAll();
}

function connectSome(random: Random, device: Device): void {
  const { world, profile } = device;
  const { version } = profile;
  const isEphemeral = profile.expirySeconds === 0 || chance(random, 4);
  const cleanStart = version === 5 ? chance(random, profile.expirySeconds === 0 ? 50 : 6) : isEphemeral;
  const hasWill = chance(random, profile.willPercent);
  const will = hasWill
    ? world.ledger.publish(
        {
          deployment: profile.deployment,
          topic: pick(random, willTopics),
          qos: pick(random, [0, 1, 2] as const),
          retain: chance(random, 20),
          publisher: profile.clientId,
          isWill: true,
          expiryMs: null,
          connection: null,
        },
        0,
        false,
        world.stamp(),
        world.now,
      )
    : null;
  device.connect({
    cleanStart,
    expirySeconds: isEphemeral ? 0 : profile.expirySeconds,
    will,
    willDelaySeconds: version === 5 && chance(random, 60) ? random.between(1, 40) : 0,
  });
}

function publishSome(random: Random, device: Device): void {
  const topic = pick(random, topics);
  const retain = topic.startsWith('r/') || chance(random, 5);
  device.publishing.publish({
    topic,
    qos: pick(random, [0, 1, 1, 2, 2] as const),
    retain,
    expirySeconds: chance(random, 12) ? random.between(1, 8) : null,
    padding: chance(random, 30) ? random.between(0, 200) : 0,
    isClear: topic.startsWith('r/') && chance(random, 20),
    mayAlias: chance(random, 60),
  });
}

function subscribeSome(random: Random, device: Device): void {
  const count = chance(random, 75) ? 1 : 2;
  const wanted = new Set(Array.from({ length: count }, () => pick(random, filters)));
  device.subscribing.subscribe(
    [...wanted].map((topicFilter) => ({
      topicFilter,
      qos: pick(random, [0, 1, 1, 2, 2] as const),
      noLocal: chance(random, 10),
      retainAsPublished: chance(random, 20),
      retainHandling: pick(random, [0, 0, 1, 2] as const),
    })),
    chance(random, 40) ? random.between(1, 300) : 0,
  );
}

/** A connection of the device, the present one or one that it has left behind. */
function wireOf(world: World, random: Random, device: Device): Wire | null {
  const all = [...world.wires.values()].filter(({ profile }) => profile === device.profile);
  return all.length === 0 ? null : pick(random, all);
}
