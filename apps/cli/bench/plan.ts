import type { ProtocolVersion, QoS } from '../../../packages/codec/types.ts';
import type { Target } from '../mqtt/target.ts';
import type { TlsSettings } from '../mqtt/transport.ts';

/** The loads whose figure is messages. */
export const messageScenarios = ['pairs', 'fan-out', 'fan-in', 'shared', 'latency'] as const;
/** The loads whose figure is connections. */
export const connectScenarios = ['connect', 'idle'] as const;
export const scenarios = [...messageScenarios, ...connectScenarios] as const;

export type MessageScenario = (typeof messageScenarios)[number];
export type ConnectScenario = (typeof connectScenarios)[number];
export type Scenario = (typeof scenarios)[number];

/** Where the load goes, and as whom. Plain data: it is sent to threads. */
export interface Endpoint {
  readonly target: Target;
  readonly tls: TlsSettings;
  readonly version: ProtocolVersion;
  readonly username: string | null;
  readonly password: string | null;
  readonly connectTimeoutMs: number;
}

interface CommonPlan {
  readonly endpoint: Endpoint;
  /** First level of all topics, and beginning of all client identifiers. */
  readonly prefix: string;
  /** Connections that may be on their way at once. */
  readonly concurrency: number;
  readonly workers: number;
  /** Process of the broker, where it runs on this machine and is to be measured. */
  readonly brokerPid: number | null;
}

/** A load of messages. */
export interface MessagePlan extends CommonPlan {
  readonly scenario: MessageScenario;
  readonly publishers: number;
  readonly subscribers: number;
  readonly qos: QoS;
  readonly payloadBytes: number;
  /** Messages of a publisher that may be under way: not yet at all their subscribers, or not yet acknowledged. */
  readonly window: number;
  /** Messages a second of all publishers together; null is as fast as the window lets them. */
  readonly ratePerSecond: number | null;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** After the end, so long without a message, and what is missing is lost. */
  readonly quietSeconds: number;
}

/** A load of connections. */
export interface ConnectPlan extends CommonPlan {
  readonly scenario: ConnectScenario;
  readonly connections: number;
  /** Connections begun a second; null is as fast as `concurrency` lets them. */
  readonly ratePerSecond: number | null;
  /** How long the connections stay before memory is read and they end. */
  readonly holdSeconds: number;
}

export type Plan = MessagePlan | ConnectPlan;

/** Whether the figure of the load is messages. */
export function isMessagePlan(plan: Plan): plan is MessagePlan {
  return (messageScenarios as readonly string[]).includes(plan.scenario);
}

/** Subscribers that get each message. */
export function fanOf(plan: MessagePlan): number {
  return plan.scenario === 'fan-out' || plan.scenario === 'fan-in' ? plan.subscribers : 1;
}

/** Topic of a publisher. */
export function topicOf(plan: MessagePlan, publisher: number): string {
  return plan.scenario === 'fan-out' ? `${plan.prefix}/0` : `${plan.prefix}/${publisher}/t`;
}

/** Topic filter of a subscriber. */
export function filterOf(plan: MessagePlan, subscriber: number): string {
  switch (plan.scenario) {
    case 'pairs':
    case 'latency':
      return `${plan.prefix}/${subscriber}/+`;
    case 'fan-out':
      return `${plan.prefix}/0`;
    case 'fan-in':
      return `${plan.prefix}/#`;
    case 'shared':
      return `$share/g/${plan.prefix}/#`;
  }
}

/** A range of indices, `to` excluded. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The part of `count` that a worker does. */
export function shareOf(count: number, worker: number, workers: number): Range {
  return { from: Math.floor((count * worker) / workers), to: Math.floor((count * (worker + 1)) / workers) };
}

/** The subscribers of a worker. A shared group stays in one, because only there its losses and doubles can be seen. */
export function subscribersOf(plan: MessagePlan, worker: number): Range {
  if (plan.scenario !== 'shared') return shareOf(plan.subscribers, worker, plan.workers);
  return worker === 0 ? { from: 0, to: plan.subscribers } : { from: 0, to: 0 };
}

/** The publishers whose messages a subscriber gets. */
export function sourcesOf(plan: MessagePlan, subscriber: number): Range {
  const isPair = plan.scenario === 'pairs' || plan.scenario === 'latency';
  return isPair ? { from: subscriber, to: subscriber + 1 } : { from: 0, to: plan.publishers };
}
