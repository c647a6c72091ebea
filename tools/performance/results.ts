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
  rows: z.array(z.object({ noise: z.string(), aloneP99Ms: z.number(), besideP99Ms: z.number(), ratioP99: z.number() })),
});

const attack = z.object({
  ...base,
  constant: z.object({ baseBytes: z.number(), bytesPerConnection: z.number() }),
  results: z.array(
    z.object({ name: z.string(), limitBytes: z.number(), boundBytes: z.number(), peakBytes: z.number() }),
  ),
});

/** A file that the page shows as a list of its figures. */
const plain = z.looseObject(base);

/** Everything that was measured, as far as there are files. */
export interface Results {
  readonly comparison: Named<z.infer<typeof comparison>> | null;
  readonly kill: Named<z.infer<typeof kill>> | null;
  readonly soak: Named<z.infer<typeof soak>> | null;
  readonly growth: Named<z.infer<typeof growth>> | null;
  readonly durable: Named<z.infer<typeof durable>> | null;
  readonly neighbour: Named<z.infer<typeof neighbour>> | null;
  readonly attack: Named<z.infer<typeof attack>> | null;
  /** By name of the file, without its ending: all others. */
  readonly others: readonly Named<z.infer<typeof plain>>[];
}

/** A file of results. */
export interface Named<T> {
  /** Path in the repository. */
  readonly file: string;
  readonly content: T;
}

/** Reads every file of a folder. Of comparisons the newest counts. @throws Error that names a file which is not as its page wants it. */
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
    attack: parse('attack', attack),
  };
  const others = [...files.keys()].filter((name) => !known.has(name)).map((name) => parse(name, plain));
  return { ...found, others: others.filter((one) => one !== null) };
}

function isComparison(content: unknown): boolean {
  return typeof content === 'object' && content !== null && 'generator' in content && 'rows' in content;
}

function dateOf(content: unknown): string {
  return typeof content === 'object' && content !== null && 'date' in content ? String(content.date) : '';
}
