import type { Engine } from '../../packages/engine/engine.ts';
import type { Edge } from './edge/edge.ts';
import type { JournalHealth } from './journal-health.ts';
import type { ServerJournal } from './journal/port.ts';
import type { MetricsSources } from './observe/metrics.ts';
import type { Sink } from './observe/sink.ts';
import type { Pressure } from './pressure.ts';

export interface MetricsPageOptions {
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly now: () => number;
  readonly engine: Engine;
  readonly sink: Sink;
  readonly edge: Edge;
  readonly journal: ServerJournal;
  readonly health: JournalHealth;
  readonly pressure: Pressure;
  readonly render: (sources: MetricsSources) => string;
}

/** Gathers what `/metrics` shows. */
export function metricsPage(options: MetricsPageOptions): string {
  const { version, startedAt, now, engine, sink, edge, journal, health, pressure, render } = options;
  const { faultCounts } = sink;
  const { user, system } = process.cpuUsage();
  return render({
    engine,
    faultCounts,
    version,
    startedAt,
    now: now(),
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
    openConnections: edge.connectionCount,
    pacedHandshakes: edge.pacedHandshakeCount,
    eventFailures: sink.failures,
    journal: { queuedBytes: journal.queuedBytes, isFailing: health.isFailing, failures: health.failures },
    installationLimitsReached: {
      connections: edge.turnedAwayCount,
      memoryHighWaterPercent: engine.overloadCount,
      deployments: faultCounts.sum('limit.deployments'),
      handshakesPerAddress: edge.delayedHandshakeCount,
      connectSeconds: faultCounts.sum('protocol.connect-timeout') + faultCounts.sum('tls.timeout'),
      unauthenticatedBytes: faultCounts.sum('limit.unauthenticated-bytes'),
      restRequestsPerSecond: faultCounts.of(null, 'limit.rest-rate'),
      journalQueueBytes: pressure.stallCount,
    },
  });
}
