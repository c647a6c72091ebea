import { median } from '../compare/report.ts';

/** What one run of one generator has measured. */
export interface Sample {
  readonly deliveriesPerSecond: number;
  /** Share of the broker's core. */
  readonly brokerCpu: number;
  /** Share of the generator's core. */
  readonly generatorCpu: number;
  /** TCP segments to the broker for each message published, and from it for each delivery; null where nobody counts them. */
  readonly segments: { readonly in: number; readonly out: number } | null;
  /** How often a second the broker had nothing left to do, and slept. */
  readonly waits: number;
  /** Share of a core that other programs took meanwhile. */
  readonly disturbance: number;
  /**
   * How fast the broker's core was meanwhile, as the yardsticks beside the broker saw it: lookups for each CPU-second. Null where there were none. What a
   * CPU-second is worth changes by half and more where others use the same core of the processor (docs/adr/0012).
   */
  readonly coreSpeed: number | null;
}

/** Runs in turn, one of each generator a round. */
export interface Samples {
  readonly load: string;
  readonly broker: string;
  /** How many programs want the broker's core beside it. */
  readonly rivals: number;
  readonly own: Sample[];
  readonly other: Sample[];
}

/** The medians of both. Ratios are `berth bench` over the other one, at the same speed of the core where that was measured. */
export interface Row {
  readonly load: string;
  readonly broker: string;
  /** The broker's part of its core. */
  readonly given: number;
  readonly own: Middle;
  readonly other: Middle;
  readonly perCpuSecondRatio: number;
  readonly throughputRatio: number;
  /** The ratio of deliveries for each CPU-second without regard to the speed of the core. */
  readonly uncorrectedRatio: number;
  /** Whether both generators saturate the broker; if not, there is nothing to agree on. */
  readonly saturated: boolean;
  /** Whether both ratios are near 1. */
  readonly agrees: boolean;
  /** Whether this row is the one of its load and broker that counts. */
  readonly counts: boolean;
}

/** The medians of one generator. */
export interface Middle extends Sample {
  /** Deliveries for each second of the broker's CPU time, at the same speed of the core: the largest of the rounds over the smallest. One generator beside itself. */
  readonly spread: number;
}

/** A broker that uses this share of what it is given has no time left. */
const saturatedShare = 0.9;
/**
 * A broker that sleeps more often in a second has none left to do again and again: what else wants its core takes the time, so that its share does not show it.
 * In the rows that count it is 0 to 142 times (docs/adr/0012).
 */
const waitsMax = 200;
const differenceMax = 0.1;

/**
 * Joins the rounds. Of the rows of one load and broker that one counts in which both generators saturate the broker and which gives it the smallest
 * part of its core: there the generators have the most time to spare.
 * @throws RangeError where a row has no rounds.
 */
export function joinRounds(measured: readonly Samples[]): Row[] {
  const rows = measured.map(joinOne);
  return rows.map((row) => {
    const same = rows.filter(({ load, broker, saturated }) => load === row.load && broker === row.broker && saturated);
    return { ...row, counts: row.saturated && same.every(({ given }) => given >= row.given) };
  });
}

/** Whether the generators agree: there are rows that count, and they do in each of them. */
export function isAgreed(rows: readonly Row[]): boolean {
  const counting = rows.filter(({ counts }) => counts);
  return counting.length > 0 && counting.every(({ agrees }) => agrees);
}

function joinOne({ load, broker, rivals, own: ownSamples, other: otherSamples }: Samples): Omit<Row, 'counts'> {
  const own = middleOf(ownSamples);
  const other = middleOf(otherSamples);
  const given = 1 / (1 + rivals);
  const ratio = (figure: (sample: Sample) => number): number =>
    median(ownSamples.map((sample, round) => figure(sample) / figure(otherSamples[round] ?? sample)));
  const perCpuSecondRatio = ratio((sample) => perCpuSecond(sample) / (sample.coreSpeed ?? 1));
  const throughputRatio = ratio(({ deliveriesPerSecond, coreSpeed }) => deliveriesPerSecond / (coreSpeed ?? 1));
  return {
    ...{ load, broker, given, own, other, perCpuSecondRatio, throughputRatio, uncorrectedRatio: ratio(perCpuSecond) },
    saturated: [own, other].every((middle) => saturates(middle, given)),
    agrees: [perCpuSecondRatio, throughputRatio].every((value) => Math.abs(value - 1) <= differenceMax),
  };
}

/** The broker has no time left and always something to do, and is more of a bottleneck than the generator. */
function saturates({ brokerCpu, generatorCpu, waits }: Sample, given: number): boolean {
  const used = brokerCpu / given;
  return used >= saturatedShare && used >= generatorCpu && waits <= waitsMax;
}

/** Deliveries for each second of the broker's CPU time. */
export function perCpuSecond({ deliveriesPerSecond, brokerCpu }: Sample): number {
  return deliveriesPerSecond / brokerCpu;
}

function middleOf(samples: readonly Sample[]): Middle {
  const of = (figure: (sample: Sample) => number): number => median(samples.map(figure));
  const costs = samples.map((sample) => perCpuSecond(sample) / (sample.coreSpeed ?? 1));
  const speeds = samples.flatMap(({ coreSpeed }) => (coreSpeed === null ? [] : [coreSpeed]));
  const counted = samples.flatMap(({ segments }) => (segments === null ? [] : [segments]));
  return {
    deliveriesPerSecond: of((sample) => sample.deliveriesPerSecond),
    brokerCpu: of((sample) => sample.brokerCpu),
    generatorCpu: of((sample) => sample.generatorCpu),
    segments:
      counted.length === 0
        ? null
        : { in: median(counted.map((one) => one.in)), out: median(counted.map((one) => one.out)) },
    waits: of((sample) => sample.waits),
    disturbance: Math.max(...samples.map((sample) => sample.disturbance)),
    coreSpeed: speeds.length === 0 ? null : median(speeds),
    spread: Math.max(...costs) / Math.min(...costs),
  };
}
