import { describe, expect, test } from 'bun:test';
import { ConnectionError } from '../symptom.ts';
import type { ConnectPlan, MessagePlan } from './plan.ts';
import type { ConnectResult, MessageResult } from './result.ts';
import { runBench } from './run-bench.ts';
import { TestBroker } from './test-broker.ts';

function commonOf(broker: TestBroker) {
  return {
    endpoint: {
      target: { scheme: 'mqtt', host: '127.0.0.1', port: broker.port, path: '' },
      tls: { ca: null, serverName: null, insecure: false },
      version: 4,
      username: null,
      password: null,
      connectTimeoutMs: 5000,
    },
    prefix: 't',
    concurrency: 5,
    workers: 1,
    brokerPid: null,
  } as const;
}

async function load(broker: TestBroker, plan: Partial<MessagePlan> = {}): Promise<MessageResult> {
  const whole: MessagePlan = {
    ...commonOf(broker),
    scenario: 'pairs',
    publishers: 1,
    subscribers: 1,
    qos: 0,
    payloadBytes: 64,
    window: 8,
    ratePerSecond: null,
    seconds: 0.1,
    warmUpSeconds: 0,
    quietSeconds: 0.1,
    ...plan,
  };
  return (await runBench(whole, () => {})) as MessageResult;
}

const nothing = { lost: 0, doubled: 0, reordered: 0, foreign: 0, unsent: 0 };

describe('loads of messages', () => {
  test('a good broker loses, doubles and reorders nothing', async () => {
    using broker = new TestBroker();
    const result = await load(broker);
    expect(result).toMatchObject(nothing);
    expect(result.receivedPerSecond).toBeGreaterThan(0);
    expect(result.latencyMs.max).toBeGreaterThan(0);
  });

  test('what a broker loses is counted, and the window does not shrink by it', async () => {
    using broker = new TestBroker({ copies: (sequence) => (sequence % 10 === 5 && sequence < 200 ? 0 : 1) });
    const result = await load(broker);
    expect(result).toMatchObject({ ...nothing, lost: 20 });
  });

  test('a whole window lost is given up after a second', async () => {
    using broker = new TestBroker({ copies: (sequence) => (sequence < 8 ? 0 : 1) });
    const result = await load(broker, { seconds: 1.5 });
    expect(result).toMatchObject({ ...nothing, lost: 8 });
    expect(result.receivedPerSecond).toBeGreaterThan(0);
  });

  test('no more than the window is under way, however long the broker takes', async () => {
    using broker = new TestBroker({ copies: () => 0 });
    const result = await load(broker, { seconds: 0.5, window: 5 });
    expect(result.lost).toBe(5);
  });

  test('what a broker doubles is counted', async () => {
    using broker = new TestBroker({ copies: (sequence) => (sequence === 3 || sequence === 9 ? 2 : 1) });
    expect(await load(broker)).toMatchObject({ ...nothing, doubled: 2 });
  });

  test('what a broker reorders is counted', async () => {
    using broker = new TestBroker({ heldUntil: (sequence) => (sequence === 4 ? 6 : null) });
    expect(await load(broker)).toMatchObject({ ...nothing, reordered: 1 });
  });

  test('each subscriber of a fan-out is looked at by itself', async () => {
    using broker = new TestBroker({ copies: (sequence) => (sequence === 2 ? 0 : 1) });
    const result = await load(broker, { scenario: 'fan-out', subscribers: 3 });
    expect(result).toMatchObject({ ...nothing, lost: 3 });
    expect(broker.connections).toBe(4);
  });

  test.each([
    [1, 4],
    [2, 7],
  ] as const)('QoS %d: the flow is kept to its end on both sides', async (qos, last) => {
    using broker = new TestBroker();
    const result = await load(broker, { qos });
    expect(result).toMatchObject(nothing);
    expect(broker.acknowledged.get(last)).toBeGreaterThan(0);
  });

  test('at a rate: all that falls due is sent, and no more', async () => {
    using broker = new TestBroker();
    const result = await load(broker, { ratePerSecond: 1000, window: 1000, seconds: 0.2, scenario: 'latency' });
    expect(result).toMatchObject(nothing);
    expect(result.sentPerSecond).toBe(1000);
  });

  test('latency counts from the intended time: a stall delays all messages that fell due in it', async () => {
    // The window is one message and the first is lost: nothing can be sent for a second, while 100 messages fall due.
    using broker = new TestBroker({ copies: (sequence) => (sequence < 1 ? 0 : 1) });
    const result = await load(broker, { ratePerSecond: 100, window: 1, seconds: 1.5, scenario: 'latency' });
    expect(result.lost).toBe(1);
    expect(result.latencyMs.max).toBeGreaterThan(900);
    // Sent one by one when it was over, most of them would have looked fast.
    expect(result.latencyMs.p50).toBeGreaterThan(200);
  });

  test('two threads count what one would', async () => {
    using broker = new TestBroker({ copies: (sequence) => (sequence === 2 ? 0 : 1) });
    const result = await load(broker, { scenario: 'fan-out', subscribers: 4, workers: 2, seconds: 0.3 });
    expect(result).toMatchObject({ ...nothing, lost: 4 });
  });

  test('a refused connection ends it, with what was seen', async () => {
    using broker = new TestBroker({ refuse: 5 });
    const failure = await load(broker).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConnectionError);
    expect((failure as ConnectionError).symptom).toMatchObject({ kind: 'connack', code: 5 });
  });
});

describe('loads of connections', () => {
  const plan = { scenario: 'connect', connections: 12, ratePerSecond: null, holdSeconds: 0 } as const;

  test('all are opened', async () => {
    using broker = new TestBroker();
    const whole: ConnectPlan = { ...commonOf(broker), ...plan };
    const result = (await runBench(whole, () => {})) as ConnectResult;
    expect(result).toMatchObject({ opened: 12, failures: {}, broker: null });
    expect(broker.connections).toBe(12);
  });

  test('refusals are counted by reason', async () => {
    using broker = new TestBroker({ refuse: 3 });
    const whole: ConnectPlan = { ...commonOf(broker), ...plan };
    const result = (await runBench(whole, () => {})) as ConnectResult;
    expect(result.opened).toBe(0);
    expect(Object.values(result.failures)).toEqual([12]);
    // Of nothing that was opened.
    expect(result.connectTimes.max).toBe(0);
  });

  test.each([1, 2])(
    'fewer than asked for: a warning says so, and which limit to raise (%d threads)',
    async (workers) => {
      using broker = new TestBroker({ accept: 5, refuse: 3 });
      const whole: ConnectPlan = { ...commonOf(broker), ...plan, workers };
      const result = (await runBench(whole, () => {})) as ConnectResult;
      expect(result).toMatchObject({ connections: 12, opened: 5 });
      expect(Object.values(result.failures)).toEqual([7]);
      expect(result.connectTimes.max).toBeGreaterThan(0);
      expect(result.warnings[0]).toStartWith('Only 5 of 12 connections were opened');
      expect(result.warnings[0]).toContain('--limit sessions=N');
    },
  );

  test('a refusal that is no limit does not send people to one', async () => {
    using broker = new TestBroker({ accept: 5, refuse: 5 });
    const whole: ConnectPlan = { ...commonOf(broker), ...plan };
    const result = (await runBench(whole, () => {})) as ConnectResult;
    expect(result.warnings[0]).toStartWith('Only 5 of 12 connections were opened');
    expect(result.warnings[0]).not.toContain('--limit');
  });
});
