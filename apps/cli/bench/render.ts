import { renderTable } from '../table.ts';
import type { BenchResult, ConnectResult, MessageResult, Times } from './result.ts';
import type { Progress } from './run-bench.ts';

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const milliseconds = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(1));

/** One line that says how far a run is. @param before of half a second ago, for the rate. */
export function renderProgress(progress: Progress, before: Progress | null, elapsedSeconds: number): string {
  if (progress.phase === 'connecting') return `connecting: ${whole(progress.connected)} open`;
  if (progress.phase === 'holding') return `holding ${whole(progress.connected)} connections`;
  const rate = (key: 'sent' | 'received'): string =>
    whole(before === null || elapsedSeconds <= 0 ? 0 : (progress[key] - before[key]) / elapsedSeconds);
  return `${progress.phase}: ${rate('sent')} sent/s, ${rate('received')} received/s`;
}

/** The result for people. */
export function renderResult(result: BenchResult): string {
  const body = 'connectsPerSecond' in result ? connectRows(result) : messageRows(result);
  return `${body}${result.warnings.map((warning) => `\nWarning: ${warning}\n`).join('')}`;
}

function messageRows(result: MessageResult): string {
  const { publishers, subscribers, qos, payloadBytes, window, ratePerSecond, broker } = result;
  const head = [
    `${result.scenario}: ${publishers} publishers, ${subscribers} subscribers, QoS ${qos}, ${payloadBytes} bytes, MQTT ${result.version}`,
    `${result.url}, ${ratePerSecond === null ? `${window} under way for each publisher` : `${whole(ratePerSecond)} a second`}, ${result.seconds} s`,
  ];
  const rows = [
    ['sent', `${whole(result.sentPerSecond)}/s`],
    ['received', `${whole(result.receivedPerSecond)}/s`],
    ['lost', whole(result.lost)],
    ['doubled', whole(result.doubled)],
    ['reordered', whole(result.reordered)],
    ...(result.foreign === 0 ? [] : [['not of this load', whole(result.foreign)]]),
    ...(result.unsent === 0 ? [] : [['due, not sent', whole(result.unsent)]]),
    ...(broker === null
      ? []
      : [
          ['broker CPU', `${Math.round(broker.cpuShare * 100)} % of a core`],
          ['deliveries per broker CPU-second', whole(broker.deliveriesPerCpuSecond)],
          ['broker memory', `${broker.residentMb.toFixed(1)} MB`],
        ]),
    ['generator CPU', `${Math.round(result.generatorCpuShare * 100)} % of a core`],
  ];
  return [
    ...head.map((line) => `${line}\n`),
    '\n',
    renderTable(['messages', ''], rows),
    '\n',
    timesTable({ latency: result.latencyMs, connect: result.connectTimes }),
  ].join('');
}

function connectRows(result: ConnectResult): string {
  const { broker } = result;
  const rows = [
    ['opened', `${whole(result.opened)} of ${whole(result.connections)}`],
    ['connects', `${whole(result.connectsPerSecond)}/s`],
    ...(broker === null
      ? []
      : [
          ['broker CPU for a connect', `${broker.cpuMsPerConnect.toFixed(2)} ms`],
          ['broker memory for a connection', `${broker.residentKbPerConnection.toFixed(1)} KB`],
          ['broker memory', `${broker.residentMb.toFixed(1)} MB`],
          ['broker CPU while idle', `${(broker.idleCpuShare * 100).toFixed(1)} % of a core`],
        ]),
    ['generator CPU', `${Math.round(result.generatorCpuShare * 100)} % of a core`],
  ];
  const failures = Object.entries(result.failures).map(
    ([reason, count]) => `failed ${whole(count)} times: ${reason}\n`,
  );
  return [
    `${result.scenario}: ${result.url}, MQTT ${result.version}, held ${result.heldSeconds} s\n\n`,
    renderTable(['connections', ''], rows),
    '\n',
    timesTable({ connect: result.connectTimes }),
    ...(failures.length === 0 ? [] : ['\n', ...failures]),
  ].join('');
}

function timesTable(times: Readonly<Record<string, Times>>): string {
  const rows = Object.entries(times).map(([name, { p50, p90, p99, p999, max }]) => [
    name,
    ...[p50, p90, p99, p999, max].map(milliseconds),
  ]);
  return renderTable(['ms', 'p50', 'p90', 'p99', 'p99.9', 'max'], rows);
}
