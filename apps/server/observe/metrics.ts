import type { EngineAdmin } from '../../../packages/engine/admin.ts';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import type { InstallationLimitName } from '../../../packages/engine/installation-limits.ts';
import type { DeploymentCounters } from '../../../packages/engine/ports.ts';
import { faultNumber } from '../../../packages/faults/mod.ts';
import type { FaultCounts } from './fault-counts.ts';

/** Content type of what `renderMetrics` makes: Prometheus text exposition format 0.0.4. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Where the figures come from. Nothing is measured here. */
export interface MetricsSources {
  readonly engine: Pick<EngineAdmin, 'deployments' | 'counters' | 'limitsReached'>;
  readonly faultCounts: Pick<FaultCounts, 'entries'>;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly now: number;
  readonly residentBytes: number;
  /** CPU time of the process, user and system. */
  readonly cpuSeconds: number;
  /** Open sockets of the edge, those before CONNECT too. */
  readonly openConnections: number;
  /** How often each limit of the installation was reached. */
  readonly installationLimitsReached: Readonly<Record<InstallationLimitName, number>>;
  /** `Sink.failures`. */
  /** TLS handshakes that waited for the pace of their deployment. */
  readonly pacedHandshakes: number;
  readonly eventFailures: number;
  /** The queue of changes that wait for the disk, and whether the disk takes them. */
  readonly journal: { readonly queuedBytes: number; readonly isFailing: boolean; readonly failures: number };
}

type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly { readonly labels: Labels; readonly value: number }[];
}

interface CounterMetric {
  readonly name: string;
  readonly labels?: Labels;
}

/** The metric of every counter of a deployment; the compiler fails when one is missing. */
const metricOf: Readonly<Record<keyof DeploymentCounters, CounterMetric>> = {
  connections: { name: 'berth_connections' },
  sessions: { name: 'berth_sessions' },
  subscriptions: { name: 'berth_subscriptions' },
  retainedMessages: { name: 'berth_retained_messages' },
  retainedBytes: { name: 'berth_retained_bytes' },
  queuedMessages: { name: 'berth_queued_messages' },
  queuedBytes: { name: 'berth_queued_bytes' },
  connectsAccepted: { name: 'berth_connects_total', labels: { result: 'accepted' } },
  connectsRefused: { name: 'berth_connects_total', labels: { result: 'refused' } },
  packetsReceived: { name: 'berth_packets_received_total' },
  packetsSent: { name: 'berth_packets_sent_total' },
  bytesReceived: { name: 'berth_received_bytes_total' },
  bytesSent: { name: 'berth_sent_bytes_total' },
  publishesReceivedQoS0: { name: 'berth_publishes_received_total', labels: { qos: '0' } },
  publishesReceivedQoS1: { name: 'berth_publishes_received_total', labels: { qos: '1' } },
  publishesReceivedQoS2: { name: 'berth_publishes_received_total', labels: { qos: '2' } },
  publishesSentQoS0: { name: 'berth_publishes_sent_total', labels: { qos: '0' } },
  publishesSentQoS1: { name: 'berth_publishes_sent_total', labels: { qos: '1' } },
  publishesSentQoS2: { name: 'berth_publishes_sent_total', labels: { qos: '2' } },
  messagesDroppedQueue: { name: 'berth_messages_dropped_total', labels: { reason: 'queue' } },
  messagesDroppedBuffer: { name: 'berth_messages_dropped_total', labels: { reason: 'buffer' } },
  messagesDroppedExpired: { name: 'berth_messages_dropped_total', labels: { reason: 'expired' } },
  messagesDroppedTooLarge: { name: 'berth_messages_dropped_total', labels: { reason: 'too_large' } },
  publishesDenied: { name: 'berth_publishes_denied_total' },
  subscribesDenied: { name: 'berth_subscribes_denied_total' },
  readPauses: { name: 'berth_read_pauses_total' },
};

const helpOf: Readonly<Record<string, string>> = {
  berth_connections: 'Connected clients.',
  berth_sessions: 'Sessions, connected or persistent.',
  berth_subscriptions: 'Subscriptions.',
  berth_retained_messages: 'Retained messages.',
  berth_retained_bytes: 'Size of the retained messages.',
  berth_queued_messages: 'Messages that wait in the queues of sessions.',
  berth_queued_bytes: 'Size of the messages that wait in the queues of sessions.',
  berth_connects_total: 'CONNECT packets answered, by result.',
  berth_packets_received_total: 'MQTT Control Packets received.',
  berth_packets_sent_total: 'MQTT Control Packets sent.',
  berth_received_bytes_total: 'Bytes of MQTT received.',
  berth_sent_bytes_total: 'Bytes of MQTT sent.',
  berth_publishes_received_total: 'PUBLISH packets received, by QoS.',
  berth_publishes_sent_total: 'PUBLISH packets sent, by QoS.',
  berth_messages_dropped_total: 'Messages that were not delivered to a session, by reason.',
  berth_publishes_denied_total: 'PUBLISH packets that the access rules denied.',
  berth_subscribes_denied_total: 'Subscriptions that the access rules denied.',
  berth_read_pauses_total: 'How often reading from a client was paused at a limit.',
};

/** The page for `GET /metrics`. */
export function renderMetrics(sources: MetricsSources): string {
  return [...processFamilies(sources), ...deploymentFamilies(sources), ...limitFamilies(sources), faultFamily(sources)]
    .map(renderFamily)
    .join('');
}

function processFamilies(sources: MetricsSources): Family[] {
  const {
    version,
    startedAt,
    now,
    residentBytes,
    cpuSeconds,
    openConnections,
    pacedHandshakes,
    eventFailures,
    journal,
  } = sources;
  const one = (name: string, type: Family['type'], help: string, value: number, labels: Labels = {}): Family => ({
    name,
    type,
    help,
    samples: [{ labels, value }],
  });
  return [
    one('berth_build_info', 'gauge', 'Always 1; the version is the label.', 1, { version }),
    one('berth_uptime_seconds', 'gauge', 'Time since the server started.', Math.max(0, now - startedAt) / 1000),
    one('process_start_time_seconds', 'gauge', 'Start of the process, seconds since 1970.', startedAt / 1000),
    one('process_resident_memory_bytes', 'gauge', 'Resident memory of the process.', residentBytes),
    one('process_cpu_seconds_total', 'counter', 'CPU time of the process, user and system.', cpuSeconds),
    one('berth_open_connections', 'gauge', 'Open sockets, those before CONNECT too.', openConnections),
    one('berth_handshakes_paced_total', 'counter', 'TLS handshakes that started later, evenly.', pacedHandshakes),
    one('berth_event_failures_total', 'counter', 'Events that could not be logged or kept.', eventFailures),
    one('berth_journal_queued_bytes', 'gauge', 'Changes that wait for the disk.', journal.queuedBytes),
    one('berth_journal_writable', 'gauge', '1, or 0 while the journal cannot be written.', journal.isFailing ? 0 : 1),
    one('berth_journal_failures_total', 'counter', 'How often the journal could not be written.', journal.failures),
  ];
}

function deploymentFamilies({ engine }: MetricsSources): Family[] {
  const families = new Map<string, { labels: Labels; value: number }[]>();
  for (const { name } of Object.values(metricOf)) families.set(name, []);
  for (const deployment of engine.deployments()) {
    const counters = engine.counters(deployment);
    if (counters === null) continue;
    for (const [counter, metric] of Object.entries(metricOf) as [keyof DeploymentCounters, CounterMetric][]) {
      families.get(metric.name)?.push({ labels: { deployment, ...metric.labels }, value: counters[counter] });
    }
  }
  return [...families].map(([name, samples]) => ({
    name,
    // [Prometheus naming] a counter ends in _total, and nothing else does.
    type: name.endsWith('_total') ? 'counter' : 'gauge',
    help: helpOf[name] ?? name,
    samples,
  }));
}

/** One counter for each limit: the labels are bounded by the deployments that there are. */
function limitFamilies({ engine, installationLimitsReached }: MetricsSources): Family[] {
  const samples = [...engine.deployments()].flatMap((deployment) =>
    Object.entries(engine.limitsReached(deployment) ?? {}).map(([limit, value]) => ({
      labels: { deployment, limit },
      value,
    })),
  );
  return [
    {
      name: 'berth_limit_reached_total',
      type: 'counter',
      help: 'How often a limit of a deployment refused, dropped, shortened or delayed something.',
      samples,
    },
    {
      name: 'berth_installation_limit_reached_total',
      type: 'counter',
      help: 'How often a limit of the installation refused or delayed something.',
      samples: Object.entries(installationLimitsReached).map(([limit, value]) => ({ labels: { limit }, value })),
    },
  ];
}

function faultFamily({ faultCounts }: MetricsSources): Family {
  const deploymentLabel = (deployment: DeploymentId | null) => deployment ?? '';
  return {
    name: 'berth_faults_total',
    type: 'counter',
    help: 'Refusals, drops and closes by fault; an empty deployment stands for connections that belong to none.',
    samples: [...faultCounts.entries()].map(({ deployment, fault, count }) => ({
      labels: { deployment: deploymentLabel(deployment), fault, number: String(faultNumber(fault)) },
      value: count,
    })),
  };
}

function renderFamily({ name, type, help, samples }: Family): string {
  const head = `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
  return head + samples.map(({ labels, value }) => `${name}${renderLabels(labels)} ${renderValue(value)}\n`).join('');
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** The format has its own words for what is no number. */
function renderValue(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
