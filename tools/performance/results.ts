import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const base = {
  date: z.string(),
  command: z.string().optional(),
  versions: z.record(z.string(), z.string()).optional(),
};
const spread = z.object({ min: z.number(), median: z.number(), max: z.number() });

const comparison = z.object({
  ...base,
  generator: z.string(),
  machine: z.object({ cpu: z.string(), cores: z.number(), memoryMb: z.number(), kernel: z.string() }),
  rounds: z.number(),
  seconds: z.number(),
  rows: z.array(
    z.object({
      name: z.string(),
      unit: z.string(),
      higherIsBetter: z.boolean(),
      must: z.number(),
      aim: z.number(),
      medians: z.record(z.string(), z.number()),
      ratio: z.number(),
      verdict: z.enum(['aim', 'must', 'missed']),
    }),
  ),
  warnings: z.array(z.string()),
});

const kill = z.object({
  ...base,
  durability: z.string(),
  runs: z.array(
    z.object({
      clients: z.string(),
      kills: z.number(),
      killsDuringStart: z.number(),
      sent: z.number(),
      acknowledged: z.number(),
      received: z.number(),
      lost: z.number(),
      doubledQoS2: z.number(),
      doubledQoS1: z.number(),
      reordered: z.number(),
      sessionsLost: z.number(),
      clean: z.object({ received: z.number(), gaps: z.number() }),
      idleKills: z.number(),
      unacknowledgedAtKill: spread,
      owedAtKill: spread,
      seconds: z.number(),
    }),
  ),
});

const soak = z.object({
  ...base,
  minutes: z.number(),
  openConnections: z.number(),
  churnPerSecond: z.number(),
  referenceAfterMinutes: z.number(),
  windowMinutes: z.number(),
  referenceMb: z.number(),
  lastMb: z.number(),
  growth: z.number(),
  growthMax: z.number(),
  counts: z.object({
    published: z.number(),
    received: z.number(),
    cameAndWent: z.record(z.string(), z.number()),
    failures: z.record(z.string(), z.number()),
    cut: z.number(),
    lost: z.number(),
  }),
  samples: z.array(z.object({ seconds: z.number(), residentMb: z.number() })),
});

const growth = z.object({
  ...base,
  sections: z.record(z.string(), z.array(z.object({ size: z.number(), figures: z.record(z.string(), z.number()) }))),
});

const durable = z.object({
  ...base,
  durability: z.string(),
  cores: z.string(),
  inFlight: z.number(),
  publishers: z.number(),
  sessions: z.number(),
  payloadBytes: z.number(),
  messagesPerSecond: z.number(),
  mustPerSecond: z.number(),
  aimPerSecond: z.number(),
  cpuShareByThread: z.record(z.string(), z.number()),
  fsyncMs: z.number(),
  acknowledged: z.number(),
  received: z.number(),
});

const neighbour = z.object({
  ...base,
  rounds: z.number(),
  rows: z.array(
    z.object({
      noise: z.string(),
      aloneP99Ms: z.number(),
      besideP99Ms: z.number(),
      ratioP99: z.number(),
      /** Of the messages of all rounds together. */
      pooledRatioP99: z.number(),
    }),
  ),
});

const durableNeighbour = z.object({
  ...base,
  rounds: z.number(),
  ratePerSecond: z.number(),
  rows: z.array(
    z.object({
      rates: z.enum(['default', 'none']),
      payloadBytes: z.number(),
      floodPerSecond: z.number(),
      aloneP50Ms: z.number(),
      aloneP99Ms: z.number(),
      besideP50Ms: z.number(),
      besideP99Ms: z.number(),
    }),
  ),
});

const attack = z.object({
  ...base,
  constant: z.object({ baseBytes: z.number(), bytesPerConnection: z.number() }),
  results: z.array(
    z.object({ name: z.string(), limitBytes: z.number(), boundBytes: z.number(), peakBytes: z.number() }),
  ),
});

const start = z.object({
  ...base,
  rounds: z.number(),
  msToFirstConnackOnANewDataDirectory: z.number(),
  msToFirstConnackOnALaterStart: z.number(),
  msToConnackWithNagleMedian: z.number(),
  msToConnackWithNagleWorst: z.number(),
});

const restart = z.object({
  ...base,
  filling: z.object({
    sessions: z.number(),
    subscriptionsPerSession: z.number(),
    messagesPerSession: z.number(),
    payloadBytes: z.number(),
    retained: z.number(),
  }),
  secondsMax: z.number(),
  rows: z.array(
    z.object({
      name: z.string(),
      medianSeconds: z.number(),
      seconds: z.array(z.number()),
      restored: z.object({
        sessions: z.number(),
        subscriptions: z.number(),
        queuedMessages: z.number(),
        retainedMessages: z.number(),
      }),
      residentMiB: z.number(),
    }),
  ),
});

const waits = z.object({ p50: z.number(), p999: z.number(), max: z.number(), over20: z.number() });

const folding = z.object({
  ...base,
  seconds: z.number(),
  valueBytes: z.number(),
  pauseMsMax: z.number(),
  rows: z.array(z.object({ changesPerSecond: z.number(), acknowledgementMs: waits, mainThreadMs: waits })),
});

const generator = z.object({
  /** Shares of a core. */
  ...{ brokerCpu: z.number(), generatorCpu: z.number() },
  /** TCP segments to the broker for each message, and from it for each delivery; null where they were not counted. */
  segments: z.object({ in: z.number(), out: z.number() }).nullable(),
  /** Largest round over the smallest. */
  spread: z.number(),
  /** How often a second the broker had nothing to do. */
  waits: z.number(),
});

const agreement = z.object({
  ...base,
  rounds: z.number(),
  seconds: z.number(),
  rows: z.array(
    z.object({
      load: z.string(),
      broker: z.string(),
      ...{ own: generator, other: generator },
      perCpuSecondRatio: z.number(),
      throughputRatio: z.number(),
      /** The first of the two without regard to the speed of the core. */
      uncorrectedRatio: z.number(),
      /** The broker's part of its core. */
      given: z.number(),
      /** Whether both keep the broker busy for all of it. */
      saturated: z.boolean(),
      agrees: z.boolean(),
      /** Whether this is the row of its load and broker that counts. */
      counts: z.boolean(),
    }),
  ),
});

/** Everything that was measured, as far as there are files. */
export interface Results {
  readonly comparison: Named<z.infer<typeof comparison>> | null;
  readonly kill: Named<z.infer<typeof kill>> | null;
  readonly soak: Named<z.infer<typeof soak>> | null;
  readonly growth: Named<z.infer<typeof growth>> | null;
  readonly durable: Named<z.infer<typeof durable>> | null;
  readonly neighbour: Named<z.infer<typeof neighbour>> | null;
  readonly durableNeighbour: Named<z.infer<typeof durableNeighbour>> | null;
  readonly attack: Named<z.infer<typeof attack>> | null;
  readonly start: Named<z.infer<typeof start>> | null;
  readonly restart: Named<z.infer<typeof restart>> | null;
  readonly folding: Named<z.infer<typeof folding>> | null;
  readonly agreement: Named<z.infer<typeof agreement>> | null;
}

/** A file of results. */
export interface Named<T> {
  /** Path in the repository. */
  readonly file: string;
  readonly content: T;
}

/** Reads every file of a folder. Of comparisons the newest counts. @throws Error that names a file which is not as its section wants it, or has none. */
export function readResults(root: string, folder: string): Results {
  const files = new Map<string, unknown>();
  for (const name of readdirSync(join(root, folder)).toSorted()) {
    if (name.endsWith('.json'))
      files.set(name.slice(0, -5), JSON.parse(readFileSync(join(root, folder, name), 'utf8')));
  }
  const known = new Set<string>();
  const parse = <T>(name: string, schema: z.ZodType<T>): Named<T> | null => {
    known.add(name);
    if (!files.has(name)) return null;
    const file = `${folder}/${name}.json`;
    const parsed = schema.safeParse(files.get(name));
    if (!parsed.success)
      throw new Error(`${file} is not as tools/performance/results.ts wants it:\n${z.prettifyError(parsed.error)}`);
    return { file, content: parsed.data };
  };
  const comparisons = [...files.keys()].filter((name) => isComparison(files.get(name)));
  const newest = comparisons.toSorted((a, b) => (dateOf(files.get(a)) < dateOf(files.get(b)) ? 1 : -1))[0];
  for (const name of comparisons) known.add(name);
  const found = {
    comparison: newest === undefined ? null : parse(newest, comparison),
    kill: parse('kill', kill),
    soak: parse('soak', soak),
    growth: parse('growth', growth),
    durable: parse('durable', durable),
    neighbour: parse('neighbour', neighbour),
    durableNeighbour: parse('durable-neighbour', durableNeighbour),
    attack: parse('attack', attack),
    start: parse('start', start),
    restart: parse('restart', restart),
    folding: parse('folding', folding),
    agreement: parse('bench-agreement', agreement),
  };
  const stranger = [...files.keys()].find((name) => !known.has(name));
  if (stranger !== undefined)
    throw new Error(`${folder}/${stranger}.json has no section on the page: write one in tools/performance/sections.`);
  return found;
}

function isComparison(content: unknown): boolean {
  return typeof content === 'object' && content !== null && 'generator' in content && 'rows' in content;
}

function dateOf(content: unknown): string {
  return typeof content === 'object' && content !== null && 'date' in content ? String(content.date) : '';
}
