import { describe, expect, test } from 'bun:test';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { limitDefinitions, type LimitName } from '../../../packages/engine/limits.ts';
import { deploymentA, deploymentB, distinctCounters, noon } from './event-fixture.ts';
import { FaultCounts } from './fault-counts.ts';
import { renderMetrics } from './metrics.ts';
import type { MetricsSources } from './metrics.ts';

/** Every limit has another count. */
const limitsReached = Object.fromEntries(limitDefinitions.map(({ name }, index) => [name, 100 + index])) as Record<
  LimitName,
  number
>;

function engineWith(deployments: readonly DeploymentId[]): MetricsSources['engine'] {
  return { deployments: () => deployments, counters: () => distinctCounters(), limitsReached: () => limitsReached };
}

function sources(changes: Partial<MetricsSources> = {}): MetricsSources {
  return {
    engine: engineWith([deploymentA]),
    installationLimitsReached: {
      connections: 1,
      memoryHighWaterPercent: 2,
      deployments: 3,
      handshakesPerAddress: 4,
      connectSeconds: 5,
      unauthenticatedBytes: 6,
      restRequestsPerSecond: 7,
      journalQueueBytes: 8,
    },
    faultCounts: new FaultCounts(),
    version: '0.1.0',
    startedAt: noon,
    now: noon + 90_500,
    residentBytes: 123_456,
    cpuSeconds: 1.25,
    openConnections: 17,
    pacedHandshakes: 3,
    eventFailures: 0,
    journal: { queuedBytes: 4096, isFailing: true, failures: 2 },
    ...changes,
  };
}

/** All samples of a page by name with labels. */
function samples(page: string): Map<string, string> {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]));
}

describe('metrics', () => {
  test('show every counter of a deployment', () => {
    const found = samples(renderMetrics(sources()));
    const expected = {
      'berth_connections{deployment="a1b2c3"}': '1',
      'berth_sessions{deployment="a1b2c3"}': '102',
      'berth_subscriptions{deployment="a1b2c3"}': '3',
      'berth_retained_messages{deployment="a1b2c3"}': '4',
      'berth_retained_bytes{deployment="a1b2c3"}': '5',
      'berth_queued_messages{deployment="a1b2c3"}': '6',
      'berth_queued_bytes{deployment="a1b2c3"}': '7',
      'berth_connects_total{deployment="a1b2c3",result="accepted"}': '8',
      'berth_connects_total{deployment="a1b2c3",result="refused"}': '9',
      'berth_packets_received_total{deployment="a1b2c3"}': '10',
      'berth_packets_sent_total{deployment="a1b2c3"}': '11',
      'berth_received_bytes_total{deployment="a1b2c3"}': '12',
      'berth_sent_bytes_total{deployment="a1b2c3"}': '13',
      'berth_publishes_received_total{deployment="a1b2c3",qos="0"}': '1000',
      'berth_publishes_received_total{deployment="a1b2c3",qos="1"}': '200',
      'berth_publishes_received_total{deployment="a1b2c3",qos="2"}': '30',
      'berth_publishes_sent_total{deployment="a1b2c3",qos="0"}': '4000',
      'berth_publishes_sent_total{deployment="a1b2c3",qos="1"}': '500',
      'berth_publishes_sent_total{deployment="a1b2c3",qos="2"}': '60',
      'berth_messages_dropped_total{deployment="a1b2c3",reason="queue"}': '7000',
      'berth_messages_dropped_total{deployment="a1b2c3",reason="buffer"}': '800',
      'berth_messages_dropped_total{deployment="a1b2c3",reason="expired"}': '90',
      'berth_messages_dropped_total{deployment="a1b2c3",reason="too_large"}': '2',
      'berth_publishes_denied_total{deployment="a1b2c3"}': '24',
      'berth_subscribes_denied_total{deployment="a1b2c3"}': '25',
      'berth_read_pauses_total{deployment="a1b2c3"}': '26',
    };
    expect(Object.keys(expected)).toHaveLength(Object.keys(distinctCounters()).length);
    for (const [name, value] of Object.entries(expected)) expect([name, found.get(name)]).toEqual([name, value]);
  });

  test('show the process', () => {
    const found = samples(renderMetrics(sources()));
    expect(found.get('berth_build_info{version="0.1.0"}')).toBe('1');
    expect(found.get('berth_uptime_seconds')).toBe('90.5');
    expect(found.get('process_start_time_seconds')).toBe(String(noon / 1000));
    expect(found.get('process_resident_memory_bytes')).toBe('123456');
    expect(found.get('process_cpu_seconds_total')).toBe('1.25');
    expect(found.get('berth_open_connections')).toBe('17');
    expect(found.get('berth_event_failures_total')).toBe('0');
    expect(found.get('berth_handshakes_paced_total')).toBe('3');
  });

  test('count faults by deployment, name and number; ordinary ends are none', () => {
    const faultCounts = new FaultCounts();
    faultCounts.add(deploymentA, 'limit.queue', 40);
    faultCounts.add(deploymentA, 'limit.queue', 2);
    faultCounts.add(deploymentB, 'limit.queue', 1);
    faultCounts.add(null, 'sni.missing', 1);
    faultCounts.add(deploymentA, 'closed.by-client', 5);
    const faults = [...samples(renderMetrics(sources({ faultCounts })))].filter(([name]) =>
      name.startsWith('berth_faults'),
    );
    expect(faults).toEqual([
      ['berth_faults_total{deployment="a1b2c3",fault="limit.queue",number="-11"}', '42'],
      ['berth_faults_total{deployment="d4e5f6",fault="limit.queue",number="-11"}', '1'],
      ['berth_faults_total{deployment="",fault="sni.missing",number="-5"}', '1'],
    ]);
    faultCounts.forget(deploymentA);
    expect([...faultCounts.entries()].map((entry) => entry.deployment)).toEqual([deploymentB, null]);
  });

  test('follow the text exposition format: HELP and TYPE once, before the samples, _total for counters only', () => {
    const faultCounts = new FaultCounts();
    faultCounts.add(null, 'sni.missing', 1);
    const engine = engineWith([deploymentA, deploymentB]);
    const page = renderMetrics(sources({ engine, faultCounts }));
    expect(page).toEndWith('\n');
    expect(page).not.toContain('\n\n');
    const described = new Map<string, string>();
    let current = '';
    const lines = page.trimEnd().split('\n');
    for (const [index, line] of lines.entries()) {
      const help = /^# HELP ([a-z_]+) \S.*$/.exec(line)?.[1];
      const type = /^# TYPE ([a-z_]+) (counter|gauge)$/.exec(line);
      if (help !== undefined) {
        expect(described.has(help)).toBe(false);
        expect(lines[index + 1]).toStartWith(`# TYPE ${help} `);
        current = help;
      } else if (type !== null) {
        described.set(current, type[2] ?? '');
        expect([current, current.endsWith('_total')]).toEqual([current, type[2] === 'counter']);
      } else {
        const sample = /^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\.)*",?)*\})? -?[0-9.e+]+$/.exec(line);
        expect([line, sample?.[1]]).toEqual([line, current]);
      }
    }
    expect(described.size).toBeGreaterThan(20);
    expect(new Set(lines).size).toBe(lines.length);
  });

  test('have a counter for every limit of a deployment and of the installation', () => {
    const shown = samples(renderMetrics(sources()));
    for (const [index, { name }] of limitDefinitions.entries())
      expect(shown.get(`berth_limit_reached_total{deployment="a1b2c3",limit="${name}"}`)).toBe(String(100 + index));
    expect(shown.get('berth_installation_limit_reached_total{limit="connections"}')).toBe('1');
    expect(shown.get('berth_installation_limit_reached_total{limit="restRequestsPerSecond"}')).toBe('7');
    expect(shown.get('berth_journal_queued_bytes')).toBe('4096');
    expect(shown.get('berth_journal_writable')).toBe('0');
    expect(shown.get('berth_journal_failures_total')).toBe('2');
  });

  test('escape label values', () => {
    const odd = 'a"b\\c\nd' as DeploymentId;
    const page = renderMetrics(sources({ engine: engineWith([odd]) }));
    expect(page).toContain('berth_connections{deployment="a\\"b\\\\c\\nd"} 1\n');
  });

  test('leave out a deployment that has gone meanwhile', () => {
    const page = renderMetrics(
      sources({ engine: { deployments: () => [deploymentA], counters: () => null, limitsReached: () => null } }),
    );
    expect(page).not.toContain('a1b2c3');
  });
});
