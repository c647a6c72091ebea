import type { ConnectPart } from './connect-load.ts';
import { Histogram } from './histogram.ts';
import type { MessagePart } from './message-load.ts';
import type { ConnectScenario, MessageScenario, Plan } from './plan.ts';

/** A distribution of times, in milliseconds. */
export interface Times {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What the broker's process used while the load was counted. */
export interface BrokerUse {
  /** Share of one core. */
  readonly cpuShare: number;
  readonly residentMb: number;
}

interface CommonResult {
  readonly url: string;
  readonly version: string;
  readonly connectTimes: Times;
  readonly workers: number;
  /** Share of one core that the busiest thread of the generator took. */
  readonly generatorCpuShare: number;
  /** Why the figures may say more of the generator than of the broker. */
  readonly warnings: readonly string[];
}

/** The figures of a load of messages: what `--json` prints. */
export interface MessageResult extends CommonResult {
  readonly scenario: MessageScenario;
  readonly publishers: number;
  readonly subscribers: number;
  readonly qos: number;
  readonly payloadBytes: number;
  readonly window: number;
  readonly ratePerSecond: number | null;
  readonly seconds: number;
  readonly sentPerSecond: number;
  readonly receivedPerSecond: number;
  readonly latencyMs: Times;
  /** Of the whole run, with its warm-up. */
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly foreign: number;
  readonly unsent: number;
  readonly broker: (BrokerUse & { readonly deliveriesPerCpuSecond: number }) | null;
}

/** The figures of a load of connections: what `--json` prints. */
export interface ConnectResult extends CommonResult {
  readonly scenario: ConnectScenario;
  readonly connections: number;
  readonly opened: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly connectsPerSecond: number;
  readonly heldSeconds: number;
  readonly broker:
    | (BrokerUse & {
        readonly cpuMsPerConnect: number;
        readonly residentKbPerConnection: number;
        /** Share of one core while the connections did nothing. */
        readonly idleCpuShare: number;
      })
    | null;
}

export type BenchResult = MessageResult | ConnectResult;

/** A histogram as milliseconds. */
export function timesOf(histogram: Histogram): Times {
  const at = (share: number): number => histogram.percentileUs(share) / 1000;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: histogram.maxUs / 1000 };
}

/** The histograms of all threads as one. */
export function joined(parts: readonly { readonly counts: Float64Array; readonly maxUs: number }[]): Histogram {
  const all = new Histogram();
  for (const part of parts) all.add(new Histogram(part));
  return all;
}

/** The fields that name what was loaded, and how; never a password. */
export function describePlan(plan: Plan): { url: string; version: string; workers: number } {
  const { scheme, host, port, path } = plan.endpoint.target;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `${scheme}://${name}:${port}${scheme.startsWith('ws') ? path : ''}`,
    version: { 3: '3.1', 4: '3.1.1', 5: '5.0' }[plan.endpoint.version],
    workers: plan.workers,
  };
}

/** The sum of one figure over all threads. */
export function total<Part extends MessagePart | ConnectPart>(
  parts: readonly Part[],
  figure: (part: Part) => number,
): number {
  return parts.reduce((sum, part) => sum + figure(part), 0);
}
