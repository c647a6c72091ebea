import { describe, expect, test } from 'bun:test';
import { Command } from 'commander';
import { CliError } from '../exit.ts';
import { TestContext } from '../test-context.ts';
import { addBenchOptions, readBench, type BenchFlags } from './options.ts';
import {
  filterOf,
  isMessagePlan,
  shareOf,
  sourcesOf,
  subscribersOf,
  topicOf,
  type MessagePlan,
  type Plan,
  type Scenario,
} from './plan.ts';

function parse(line: string): Plan {
  const context = new TestContext();
  let plan: Plan | null = null;
  addBenchOptions(new Command('bench'))
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .action((scenario: Scenario, flags: BenchFlags) => {
      ({ plan } = readBench(scenario, flags, context));
    })
    .parse(line.split(' ').filter(Boolean), { from: 'user' });
  if (plan === null) throw new Error('nothing was parsed');
  return plan;
}

function parseMessages(line: string): MessagePlan {
  const plan = parse(line);
  if (!isMessagePlan(plan)) throw new Error('no load of messages');
  return plan;
}

describe('options of bench', () => {
  test('the defaults are 50 pairs at QoS 0', () => {
    expect(parse('')).toMatchObject({
      scenario: 'pairs',
      publishers: 50,
      subscribers: 50,
      qos: 0,
      payloadBytes: 64,
      window: 8,
      ratePerSecond: null,
      seconds: 10,
      warmUpSeconds: 1,
      workers: 1,
      brokerPid: null,
      endpoint: { version: 5, target: { scheme: 'mqtts', host: 'localhost', port: 8883 } },
    });
  });

  test.each<[string, object]>([
    ['fan-out', { publishers: 1, subscribers: 200, window: 4 }],
    ['fan-in', { publishers: 50, subscribers: 1 }],
    ['fan-in --subscribers 3', { publishers: 50, subscribers: 3 }],
    ['shared --publishers 7', { publishers: 7, subscribers: 7 }],
    ['latency', { ratePerSecond: 5000, qos: 1, window: 1000 }],
    ['pairs --rate 0.5', { ratePerSecond: 0.5, window: 1000 }],
    ['pairs --connections 9', { publishers: 9, subscribers: 9 }],
    ['pairs --subscribers 9', { publishers: 9, subscribers: 9 }],
    ['connect', { connections: 1000, holdSeconds: 0, ratePerSecond: null }],
    ['idle --connections 10 --seconds 4', { connections: 10, holdSeconds: 4 }],
    [
      'pairs --url wss://h:1/p -V 3.1.1 -u n -P s',
      { endpoint: { version: 4, username: 'n', password: 's', target: { scheme: 'wss', path: '/p' } } },
    ],
  ])('%s', (line, expected) => {
    expect(parse(line)).toMatchObject(expected);
  });

  test.each([
    'pairs --publishers 2 --subscribers 3',
    'connect --qos 1',
    'idle --warm-up 2',
    'fan-out --connections 5',
    'pairs --seconds 0',
    'pairs --topic a/b',
    'pairs --topic #',
  ])('refused as contradictory: %s', (line) => {
    expect(() => parse(line)).toThrow(CliError);
  });

  test.each(['pairs --payload 15', 'pairs --rate 0', 'pairs --rate -1', 'pairs --qos 3', 'nothing', '--workers 0'])(
    'refused as no value: %s',
    (line) => {
      expect(() => parse(line)).toThrow(expect.objectContaining({ code: 'commander.invalidArgument' }));
    },
  );
});

describe('plan', () => {
  test('every message has the subscribers that the scenario says', () => {
    const pairs = parseMessages('pairs --topic t');
    expect([topicOf(pairs, 3), filterOf(pairs, 3), sourcesOf(pairs, 3)]).toEqual([
      't/3/t',
      't/3/+',
      { from: 3, to: 4 },
    ]);
    const fanOut = parseMessages('fan-out --publishers 2 --topic t');
    expect([topicOf(fanOut, 1), filterOf(fanOut, 9), sourcesOf(fanOut, 9)]).toEqual(['t/0', 't/0', { from: 0, to: 2 }]);
    expect(filterOf(parseMessages('shared --topic t'), 1)).toBe('$share/g/t/#');
  });

  test.each([1, 2, 3, 7])('%d workers share everything, and nothing twice', (workers) => {
    const indices = Array.from({ length: workers }, (_, worker) => shareOf(10, worker, workers)).flatMap(
      ({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at),
    );
    expect(indices).toEqual(Array.from({ length: 10 }, (_, index) => index));
  });

  test('a shared group stays in one worker', () => {
    const plan = parseMessages('shared --workers 3');
    expect([0, 1, 2].map((worker) => subscribersOf(plan, worker))).toEqual([
      { from: 0, to: 50 },
      { from: 0, to: 0 },
      { from: 0, to: 0 },
    ]);
  });
});
