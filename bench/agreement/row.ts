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
  /** Share of a core that other programs took meanwhile. */
  readonly disturbance: number;
}

/** Runs in turn, one of each generator a round. */
export interface Samples {
  readonly load: string;
  readonly broker: string;
  readonly own: Sample[];
  readonly other: Sample[];
}

/** The medians of both. Ratios are `berth bench` over the other one. */
export interface Row {
  readonly load: string;
  readonly broker: string;
  readonly own: Middle;
  readonly other: Middle;
  readonly perCpuSecondRatio: number;
  readonly throughputRatio: number;
  /** Null where one of the two did not keep the broker busy: then there is nothing to agree on. */
  readonly agrees: boolean | null;
}

/** The medians of one generator. */
export interface Middle extends Sample {
  /** Deliveries for each second of the broker's CPU time: the largest of the rounds over the smallest. One generator beside itself. */
  readonly spread: number;
}

/** A broker busier than this shows what a delivery costs it. */
const busyShare = 0.7;
/** One busier than this is what bounds the throughput. */
const saturatedShare = 0.9;
const differenceMax = 0.1;

/** Joins the rounds. @throws RangeError where there are none. */
export function joinRounds({ load, broker, own: ownSamples, other: otherSamples }: Samples): Row {
  const own = middleOf(ownSamples);
  const other = middleOf(otherSamples);
  const ratio = (figure: (sample: Sample) => number): number =>
    median(ownSamples.map((sample, round) => figure(sample) / figure(otherSamples[round] ?? sample)));
  const perCpuSecondRatio = ratio(perCpuSecond);
  const throughputRatio = ratio(({ deliveriesPerSecond }) => deliveriesPerSecond);
  const brokerCpu = Math.min(own.brokerCpu, other.brokerCpu);
  const isNear = (value: number): boolean => Math.abs(value - 1) <= differenceMax;
  const agrees = isNear(perCpuSecondRatio) && (brokerCpu < saturatedShare || isNear(throughputRatio));
  return {
    ...{ load, broker, own, other, perCpuSecondRatio, throughputRatio },
    agrees: brokerCpu < busyShare ? null : agrees,
  };
}

/** Deliveries for each second of the broker's CPU time. */
export function perCpuSecond({ deliveriesPerSecond, brokerCpu }: Sample): number {
  return deliveriesPerSecond / brokerCpu;
}

function middleOf(samples: readonly Sample[]): Middle {
  const of = (figure: (sample: Sample) => number): number => median(samples.map(figure));
  const costs = samples.map(perCpuSecond);
  const counted = samples.flatMap(({ segments }) => (segments === null ? [] : [segments]));
  return {
    deliveriesPerSecond: of((sample) => sample.deliveriesPerSecond),
    brokerCpu: of((sample) => sample.brokerCpu),
    generatorCpu: of((sample) => sample.generatorCpu),
    segments:
      counted.length === 0
        ? null
        : { in: median(counted.map((one) => one.in)), out: median(counted.map((one) => one.out)) },
    disturbance: Math.max(...samples.map((sample) => sample.disturbance)),
    spread: Math.max(...costs) / Math.min(...costs),
  };
}
