/** One figure of the comparison, and how Berth is to stand to Mosquitto in it. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  /** Whether more is better: then `must` and `aim` are the least ratios, else the greatest. */
  readonly higherIsBetter: boolean;
  readonly must: number;
  readonly aim: number;
}

/** One run of the generator; it gives one or two figures. */
export interface Load {
  /** Arguments of `berth bench`. */
  readonly bench: readonly string[];
  /** The same for the C generator. */
  readonly mqttload: readonly string[];
  readonly figures: readonly { readonly row: Row; readonly kind: FigureKind }[];
  /** How often it runs on each broker in a round, in turn; once where it is not said. A tail shows the noise of the machine more than a sum does. */
  readonly repeats?: number;
}

/** What of a result is the figure. */
export type FigureKind = 'deliveries' | 'latency' | 'connectCpu' | 'memory';

const kilo = 'k deliveries per broker CPU-second';

function messages(name: string, must: number, aim: number, bench: string, mqttload: string): Load {
  const row = { name, unit: kilo, higherIsBetter: true, must, aim };
  const others = mqttload.split(' ');
  // The same topics, so that packets have the same length.
  const topic = others[others.indexOf('--prefix') + 1] ?? '';
  return { bench: [...bench.split(' '), '--topic', topic], mqttload: others, figures: [{ row, kind: 'deliveries' }] };
}

/** Connections of the rows about connects and idle memory. */
const connections = 3000;

/**
 * The rows, in the order in which they run: connects last, as in the script that comes with `mqttload`, on processes that have done the other work. A service
 * connects devices for weeks, and the compiler of a runtime works for its first minute (docs/adr/0010).
 */
export const loads: readonly Load[] = [
  messages('50 pairs, QoS 0', 2.5, 3.2, 'pairs', '--mode pair --pubs 50 --window 8 --prefix a'),
  messages('50 pairs, QoS 1', 2.7, 4, 'pairs -q 1', '--mode pair --pubs 50 --qos 1 --window 8 --prefix d'),
  messages('50 pairs, QoS 2', 3.5, 5, 'pairs -q 2', '--mode pair --pubs 50 --qos 2 --window 8 --prefix e'),
  messages('fan-out 1 -> 200, QoS 0', 2.3, 3, 'fan-out', '--mode fanout --pubs 1 --subs 200 --window 4 --prefix b'),
  messages('fan-in 50 -> 1, QoS 0', 3.5, 4.7, 'fan-in', '--mode fanin --pubs 50 --subs 1 --window 8 --prefix c'),
  {
    bench: ['latency', '--rate', '5000'],
    mqttload: '--mode pair --pubs 50 --rate 100 --qos 1 --window 1000 --prefix g'.split(' '),
    figures: [
      {
        row: { name: '5,000 msg/s over 50 pairs, QoS 1', unit: 'ms p99', higherIsBetter: false, must: 1, aim: 0.5 },
        kind: 'latency',
      },
    ],
    repeats: 4,
  },
  {
    bench: ['idle', '--connections', String(connections), '--seconds', '3'],
    mqttload: ['--mode', 'connect', '--conns', String(connections), '--conc', '50', '--hold', '3', '--prefix', 'h'],
    figures: [
      {
        row: { name: 'TLS connect with password', unit: 'CPU ms', higherIsBetter: false, must: 0.5, aim: 0.3 },
        kind: 'connectCpu',
      },
      {
        row: { name: 'idle TLS connection', unit: 'KB resident', higherIsBetter: false, must: 0.9, aim: 0.55 },
        kind: 'memory',
      },
    ],
  },
];
