import type { ProtocolVersion } from '../../packages/codec/mod.ts';
import type { DeploymentId } from '../../packages/engine/ids.ts';
import { defaultLimits, type Limits } from '../../packages/engine/limits.ts';
import { chance, pick } from '../fuzz/chance.ts';
import { Random } from '../random.ts';

/** What a client is, for the whole run. */
export interface DeviceProfile {
  readonly deployment: DeploymentId;
  readonly clientId: string;
  /** `guest` is who access rules are about. */
  readonly username: string;
  readonly version: ProtocolVersion;
  /** Seconds; 0: its sessions end with their connections. */
  readonly expirySeconds: number;
  readonly keepAliveSeconds: number;
  /** 5.0 only; null: not said. */
  readonly receiveMaximum: number | null;
  readonly topicAliasMaximum: number;
  readonly maximumPacketSize: number | null;
  /** How often, in a hundred, it connects with a will. */
  readonly willPercent: number;
  /** Bytes that the network takes off the engine's hands. */
  readonly window: number;
}

/** What can happen in a step, with its weight among the others. */
export const verbs = {
  pulse: 12,
  publish: 16,
  subscribe: 6,
  unsubscribe: 2,
  carryUp: 14,
  carryDown: 14,
  answer: 12,
  connect: 9,
  advance: 10,
  turn: 6,
  write: 7,
  tell: 6,
  verdict: 5,
  ping: 1,
  wait: 1.5,
  disconnect: 1.5,
  cut: 2,
  fallSilent: 0.8,
  crash: 0.8,
  crashInside: 1,
  restart: 0.3,
  fill: 0.5,
  rules: 0.8,
  limits: 0.4,
  kick: 0.4,
  remake: 0.15,
  garbage: 0.3,
  oversize: 0.2,
  memory: 0.3,
} as const satisfies Record<string, number>;

export type Verb = keyof typeof verbs;

/** One thing that happens. Each has its own chance, so that leaving some out does not change the others. */
export interface Step {
  readonly index: number;
  readonly verb: Verb;
  readonly seed: number;
}

/** Everything that a seed decides. */
export interface Scenario {
  readonly seed: number;
  readonly deployments: readonly DeploymentId[];
  readonly limits: Limits;
  readonly devices: readonly DeviceProfile[];
  /** False: a journal that keeps nothing. Nothing waits then, and nothing crashes. */
  readonly durable: boolean;
  /** How long clients have after a restart before wills are published. */
  readonly graceMs: number;
  readonly steps: readonly Step[];
}

/** Verbs that a seed may do without, so that others meet in every combination. */
const optional: readonly Verb[] = [
  'wait',
  'disconnect',
  'cut',
  'fallSilent',
  'crash',
  'crashInside',
  'restart',
  'fill',
  'rules',
  'limits',
  'kick',
  'remake',
  'garbage',
  'oversize',
  'memory',
  'unsubscribe',
];

export function scenarioOf(seed: number): Scenario {
  const random = new Random(seed);
  const deployments = (chance(random, 50) ? ['d1', 'd2'] : ['d1']) as DeploymentId[];
  const clients = deployments.length === 1 ? random.between(3, 7) : random.between(2, 5);
  const durable = !chance(random, 6);
  const devices = deployments.flatMap((deployment) =>
    Array.from({ length: clients }, (_, index) => profileOf(deployment, `c${index}`, random)),
  );
  return {
    seed,
    deployments,
    limits: limitsOf(random, clients),
    devices,
    durable,
    graceMs: pick(random, [0, 2000, 30_000]),
    steps: stepsOf(random, durable),
  };
}

function profileOf(deployment: DeploymentId, clientId: string, random: Random): DeviceProfile {
  const version = pick(random, [3, 4, 4, 5, 5, 5, 5] as const);
  const isPersistent = chance(random, 68);
  return {
    deployment,
    clientId,
    username: chance(random, 30) ? 'guest' : 'user',
    version,
    expirySeconds: !isPersistent ? 0 : version === 5 ? pick(random, [15, 60, 300, 3000]) : 0xffff_ffff,
    keepAliveSeconds: chance(random, 25) ? random.between(2, 10) : 0,
    receiveMaximum: version === 5 && chance(random, 50) ? random.between(1, 5) : null,
    topicAliasMaximum: version === 5 && chance(random, 40) ? random.between(1, 4) : 0,
    maximumPacketSize: version === 5 && chance(random, 10) ? random.between(90, 160) : null,
    willPercent: chance(random, 50) ? 70 : 0,
    window: chance(random, 25) ? random.between(50, 500) : 1_000_000,
  };
}

/** A client that looks closer at rest. */
export function checkerOf(deployment: DeploymentId): DeviceProfile {
  return {
    deployment,
    clientId: 'checker',
    username: 'user',
    version: 5,
    expirySeconds: 0,
    keepAliveSeconds: 0,
    receiveMaximum: null,
    topicAliasMaximum: 0,
    maximumPacketSize: null,
    willPercent: 0,
    window: 1_000_000,
  };
}

function limitsOf(random: Random, clients: number): Limits {
  const rarely = <T>(value: T, else_: T): T => (chance(random, 14) ? value : else_);
  return {
    ...defaultLimits(),
    connectsPerSecond: rarely(3, null),
    messagesPerSecond: rarely(40, null),
    publishesPerSecondPerClient: rarely(15, null),
    bytesPerSecondPerClient: rarely(4000, null),
    sessions: rarely(Math.max(1, clients - 1), 1000),
    queuedMessages: rarely(random.between(1, 5), 1000),
    queuedBytes: rarely(1024, 8_000_000),
    inFlightOut: chance(random, 35) ? random.between(1, 5) : 64,
    inFlightIn: chance(random, 30) ? random.between(1, 5) : 64,
    subscriptionsPerClient: rarely(random.between(1, 4), 100),
    retainedMessages: rarely(random.between(1, 3), 2000),
    outboundBufferBytes: rarely(random.between(200, 800), 1_048_576),
    packetSizeBytes: chance(random, 40) ? 600 : 1_048_576,
    sessionExpirySeconds: rarely(20, 604_800),
    sessionExpiryV3Seconds: chance(random, 40) ? 40 : 86_400,
    topicAliases: chance(random, 70) ? random.between(1, 5) : 0,
    keepAliveSeconds: rarely(5, null),
  };
}

function stepsOf(random: Random, durable: boolean): Step[] {
  const left = new Set<Verb>(optional.filter(() => chance(random, 35)));
  if (!durable) for (const verb of ['crash', 'crashInside', 'restart', 'fill'] as const) left.add(verb);
  const names = (Object.keys(verbs) as Verb[]).filter((verb) => !left.has(verb));
  const total = names.reduce((sum, verb) => sum + verbs[verb], 0);
  const length = chance(random, 12) ? random.between(420, 1600) : random.between(80, 420);
  return Array.from({ length }, (_, index) => {
    let at = random.next() * total;
    let chosen: Verb = 'pulse';
    for (const verb of names) {
      chosen = verb;
      at -= verbs[verb];
      if (at < 0) break;
    }
    return { index, verb: chosen, seed: Math.floor(random.next() * 0x1_0000_0000) };
  });
}
