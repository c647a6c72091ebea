/**
 * Durable QoS 1 into sessions whose subscribers are offline, each PUBACK after its fsync: `bun bench/durable.ts [--seconds 5]
 * [--in-flight 1000] [--publishers 20] [--sessions 200] [--payload 64] [--durability fsync] [--cores 0]`. The service (the engine's
 * thread and the journal's) has the cores given, the load generator core 1. Afterwards the subscribers come and everything
 * that was acknowledged has to arrive. Result: bench/results/durable.json. The exit code is 1 where something was missing.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Crowd } from '../testkit/crowd.ts';
import { connectPacket, disconnectPacket, subscribePacket } from '../testkit/packets.ts';
import { Service } from '../testkit/service.ts';
import { fsyncMs } from './durable/fsync.ts';
import { AckPublisher, packetsFor } from './load/ack-publisher.ts';
import { collect } from './load/collector.ts';
import { writeResults } from './results-file.ts';
import { threadCpuSeconds } from './threads.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    'in-flight': { type: 'string', default: '1000' },
    publishers: { type: 'string', default: '20' },
    sessions: { type: 'string', default: '200' },
    payload: { type: 'string', default: '64' },
    durability: { type: 'string', default: 'fsync' },
    cores: { type: 'string', default: '0' },
  },
});
const number = (name: keyof typeof values, max: number) => Math.min(max, Math.max(1, Number(values[name])));
const seconds = number('seconds', 60);
const inFlight = number('in-flight', 60_000);
const publisherCount = number('publishers', 1_000);
const sessionCount = number('sessions', 10_000);
const payloadBytes = number('payload', 100_000);
const warmUpMs = 1_000;
const mustPerSecond = 50_000;
const aimPerSecond = 150_000;

Bun.spawnSync(['taskset', '-apc', '1', String(process.pid)]);
await using service = await Service.start({
  prefix: ['taskset', '-c', values.cores],
  args: ['--durability', values.durability],
});
const { deployment, mqtts: port, username } = service.ready;
const limits = ['queuedMessages=10000000', 'queuedBytes=17179869184', 'sessions=100000'];
await service.berthJson('deployment', 'set', deployment.id, ...limits.flatMap((limit) => ['--limit', limit]));
const { password } = service;

const topicOf = (session: number) => `durable/${String(session).padStart(5, '0')}/state`;
const login = (session: number) =>
  connectPacket({ version: 4, clientId: `durable-${session}`, username, password, keepAlive: 0, clean: false });
/** Bytes of CONNACK and SUBACK. */
const greetingBytes = 9;
{
  using crowd = new Crowd(service);
  const members = await crowd.open(sessionCount, (session) =>
    Buffer.concat([login(session), subscribePacket(4, 1, topicOf(session), 1)]),
  );
  for (const member of members) {
    await member.received(greetingBytes);
    await member.send(disconnectPacket);
  }
}

const packets = packetsFor(
  Array.from({ length: sessionCount }, (_, session) => topicOf(session)),
  payloadBytes,
);
const publishers = await Promise.all(
  Array.from({ length: publisherCount }, (_, index) =>
    AckPublisher.connect({ port, username, password }, packets, {
      window: Math.ceil(inFlight / publisherCount),
      clientId: `durable-publisher-${index}`,
      firstTopic: Math.floor((index * sessionCount) / publisherCount),
    }),
  ),
);
const acknowledged = () => publishers.reduce((sum, publisher) => sum + publisher.acknowledged, 0);
for (const publisher of publishers) publisher.start();
await Bun.sleep(warmUpMs);
const before = {
  acknowledged: acknowledged(),
  cpu: threadCpuSeconds(service.pid),
  at: performance.now(),
  own: process.cpuUsage(),
};
await Bun.sleep(seconds * 1_000);
const elapsed = (performance.now() - before.at) / 1_000;
const count = acknowledged() - before.acknowledged;
const own = process.cpuUsage(before.own);
const cpu = Object.fromEntries(
  [...threadCpuSeconds(service.pid)]
    .map(([name, used]) => [name, Number(((used - (before.cpu.get(name) ?? 0)) / elapsed).toFixed(3))] as const)
    .filter(([, share]) => share >= 0.005),
);
for (const publisher of publishers) await publisher.stop();
const total = acknowledged();
const perSecond = Math.round(count / elapsed);
const residentMb = Math.round(service.residentBytes() / 1024 / 1024);
console.log(
  `${perSecond.toLocaleString('en')} durable messages a second with ${inFlight} in flight; CPU of a core: ${JSON.stringify(cpu)}, generator ${((own.user + own.system) / 1e6 / elapsed).toFixed(2)}; ${residentMb} MB resident`,
);

const received = await drain(total);
console.log(`${total} acknowledged, ${received} received afterwards`);
const result = {
  durability: values.durability,
  cores: values.cores,
  inFlight,
  publishers: publisherCount,
  sessions: sessionCount,
  payloadBytes,
  seconds: Number(elapsed.toFixed(2)),
  messagesPerSecond: perSecond,
  mustPerSecond,
  aimPerSecond,
  cpuShareByThread: cpu,
  generatorCpuShare: Number(((own.user + own.system) / 1e6 / elapsed).toFixed(2)),
  fsyncMs: fsyncMs(service.dataDirectory),
  acknowledged: total,
  received,
  residentMb,
};
await writeResults(join(import.meta.dirname, 'results/durable.json'), {
  command: `bun bench/durable.ts ${process.argv.slice(2).join(' ')}`.trim(),
  ...result,
});
process.exitCode = received === total ? 0 : 1;

/** The subscribers come back, some at a time, and get what waits. @returns how many messages came. */
async function drain(expected: number): Promise<number> {
  let messages = 0;
  let next = 0;
  // Topics are taken in turn, so that each session has about as many.
  const each = Math.ceil(expected / sessionCount) + inFlight;
  const collectNext = async (): Promise<void> => {
    while (next < sessionCount) {
      const received = await collect({ port, username, password }, `durable-${next++}`, each);
      messages += received;
    }
  };
  await Promise.all(Array.from({ length: Math.min(50, sessionCount) }, collectNext));
  return messages;
}
