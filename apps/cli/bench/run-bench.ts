import { Histogram } from './histogram.ts';
import { readUsage, type Usage } from './broker-usage.ts';
import { nowUs } from './clock.ts';
import type { ConnectPart } from './connect-load.ts';
import { limitHint } from './connection-limits.ts';
import { makeCrew, type Crew } from './crew.ts';
import type { MessagePart } from './message-load.ts';
import { isMessagePlan, type ConnectPlan, type MessagePlan, type Plan } from './plan.ts';
import {
  describePlan,
  joined,
  timesOf,
  total,
  type BenchResult,
  type ConnectResult,
  type MessageResult,
} from './result.ts';

/** Time for all threads to hear of the start. */
const headStartUs = 100_000;
/** A generator busier than this does not leave the broker as the only bottleneck. */
const busyShare = 0.9;
const lateUs = 1000;

/** Where a run stands. */
export interface Progress {
  readonly phase: 'connecting' | 'warming up' | 'measuring' | 'holding';
  readonly connected: number;
  readonly sent: number;
  readonly received: number;
}

/**
 * Runs a load and counts.
 * @param onProgress called twice a second.
 * @throws ConnectionError where a connection of a load of messages is refused or lost.
 */
export async function runBench(plan: Plan, onProgress: (progress: Progress) => void): Promise<BenchResult> {
  let phase: Progress['phase'] = 'connecting';
  const before = plan.brokerPid === null ? null : readUsage(plan.brokerPid);
  const crew = makeCrew(plan);
  const timer = setInterval(() => onProgress({ phase, ...crew.board.total() }), 500);
  const enter = (next: Progress['phase']): void => {
    phase = next;
  };
  try {
    return isMessagePlan(plan) ? await runMessages(plan, crew, enter) : await runConnections(plan, crew, before, enter);
  } finally {
    clearInterval(timer);
    await crew.end();
  }
}

async function runMessages(
  plan: MessagePlan,
  crew: Crew,
  enter: (phase: Progress['phase']) => void,
): Promise<MessageResult> {
  await crew.connect();
  const startUs = nowUs() + headStartUs;
  const measureUs = startUs + plan.warmUpSeconds * 1e6;
  const endUs = measureUs + plan.seconds * 1e6;
  enter('warming up');
  const measured = measureBroker(plan.brokerPid, measureUs, endUs, () => enter('measuring'));
  const [parts, broker] = await Promise.all([crew.runMessages({ startUs, measureUs, endUs }), measured]);
  const receivedPerSecond = total(parts, (part) => part.received) / plan.seconds;
  const { publishers, subscribers, qos, payloadBytes, window, ratePerSecond, seconds, scenario } = plan;
  return {
    scenario,
    ...describePlan(plan),
    ...{ publishers, subscribers, qos, payloadBytes, window, ratePerSecond, seconds },
    sentPerSecond: total(parts, (part) => part.sent) / plan.seconds,
    receivedPerSecond,
    latencyMs: timesOf(joined(parts.map((part) => part.latency))),
    lost: total(parts, (part) => part.lost),
    doubled: total(parts, (part) => part.doubled),
    reordered: total(parts, (part) => part.reordered),
    foreign: total(parts, (part) => part.foreign),
    unsent: total(parts, (part) => part.unsent),
    connectTimes: timesOf(joined(parts.map((part) => part.connectTimes))),
    broker:
      broker === null
        ? null
        : { ...broker, deliveriesPerCpuSecond: receivedPerSecond / Math.max(broker.cpuShare, 0.001) },
    generatorCpuShare: Math.max(...parts.map((part) => part.cpuShare)),
    warnings: warningsOf(plan, parts),
  };
}

async function measureBroker(
  pid: number | null,
  measureUs: number,
  endUs: number,
  begun: () => void,
): Promise<{ cpuShare: number; residentMb: number } | null> {
  await Bun.sleep(Math.max(0, measureUs - nowUs()) / 1000);
  begun();
  if (pid === null) return null;
  const from = readUsage(pid);
  const fromUs = nowUs();
  await Bun.sleep(Math.max(0, endUs - nowUs()) / 1000);
  const to = readUsage(pid);
  return {
    cpuShare: (to.cpuSeconds - from.cpuSeconds) / ((nowUs() - fromUs) / 1e6),
    residentMb: to.residentKb / 1024,
  };
}

function warningsOf(plan: MessagePlan, parts: readonly MessagePart[]): string[] {
  const warnings: string[] = [];
  // With a rate a thread turns while it waits, so its CPU time says nothing; how late it was does.
  if (plan.ratePerSecond === null) warnings.push(...busyWarning(parts));
  const lateness = joined(parts.map((part) => part.lateness)).percentileUs(0.99);
  if (lateness > lateUs) {
    warnings.push(
      `The generator itself was up to ${(lateness / 1000).toFixed(1)} ms late (p99): latencies are that much too high. Give it a core of its own, a lower rate or more --workers.`,
    );
  }
  const unsent = total(parts, (part) => part.unsent);
  if (unsent > 0) {
    warnings.push(
      `${unsent} messages were due and could not be sent before the end: the rate is above what gets through.`,
    );
  }
  return warnings;
}

function busyWarning(parts: readonly { readonly cpuShare: number }[]): string[] {
  const busiest = Math.max(...parts.map((part) => part.cpuShare));
  if (busiest < busyShare) return [];
  return [
    `The generator was the bottleneck (${Math.round(busiest * 100)} % of a core): the broker may do more. Give it more --workers; what --pid measures is right all the same.`,
  ];
}

async function runConnections(
  plan: ConnectPlan,
  crew: Crew,
  before: Usage | null,
  enter: (phase: Progress['phase']) => void,
): Promise<ConnectResult> {
  const startedUs = nowUs();
  await crew.connect();
  const seconds = (nowUs() - startedUs) / 1e6;
  const { brokerPid: pid, holdSeconds, scenario, connections } = plan;
  const connected = pid === null ? null : readUsage(pid);
  enter('holding');
  await Bun.sleep(holdSeconds * 1000);
  const held = pid === null ? null : readUsage(pid);
  const parts = await crew.countConnections();
  const opened = total(parts, (part) => part.opened);
  const failures: Record<string, number> = {};
  for (const part of parts) {
    for (const [reason, count] of Object.entries(part.failures)) failures[reason] = (failures[reason] ?? 0) + count;
  }
  const times = parts.length === 0 ? new Histogram() : joined(parts.map((part) => part.connectTimes));
  return {
    scenario,
    ...describePlan(plan),
    connections,
    opened,
    failures,
    seconds,
    connectsPerSecond: opened / seconds,
    heldSeconds: holdSeconds,
    connectTimes: timesOf(times),
    broker:
      before === null || connected === null || held === null
        ? null
        : {
            cpuShare: (connected.cpuSeconds - before.cpuSeconds) / seconds,
            residentMb: held.residentKb / 1024,
            cpuMsPerConnect: ((connected.cpuSeconds - before.cpuSeconds) * 1000) / Math.max(1, opened),
            residentKbPerConnection: (held.residentKb - before.residentKb) / Math.max(1, opened),
            idleCpuShare: holdSeconds === 0 ? 0 : (held.cpuSeconds - connected.cpuSeconds) / holdSeconds,
          },
    generatorCpuShare: Math.max(...parts.map((part) => part.cpuShare)),
    warnings: [...missingWarning(connections, parts), ...(plan.ratePerSecond === null ? busyWarning(parts) : [])],
  };
}

function missingWarning(connections: number, parts: readonly ConnectPart[]): string[] {
  const opened = total(parts, (part) => part.opened);
  if (opened >= connections) return [];
  const missing = `Only ${opened} of ${connections} connections were opened: all figures are of those.`;
  return [parts.some((part) => part.isLimited) ? `${missing} ${limitHint.en}` : missing];
}
