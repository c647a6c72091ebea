/** Clients that want memory: what a service makes of them, in bytes. Shared by bench/attack.ts and its short version among the tests. */
import { readFileSync } from 'node:fs';
import { Crowd, type CrowdMember } from './crowd.ts';
import { eventually } from './deadline.ts';
import { disconnectPacket, lengthPrefixed, packet, publishPacket, subscribePacket } from './packets.ts';
import { Service } from './service.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** What a service needs beyond what its limits count: the runtime and its code, and for each connection TLS and bookkeeping. */
export const baseBytes = 192 * MiB;
export const bytesPerConnection = 40 * KiB;

/** How often a limit is used up: memory that is only collected some time grows with that. */
const timesOver = 4;

/** How large an attack is. */
export interface AttackSizes {
  readonly slowReaders: number;
  readonly retainedMessages: number;
  readonly fullQueues: number;
  readonly halfPackets: number;
}

export interface AttackResult {
  readonly name: string;
  readonly connections: number;
  /** What the limits that the attack meets allow, in all. */
  readonly limitBytes: number;
  /** `limitBytes` and the stated constant. */
  readonly boundBytes: number;
  readonly peakBytes: number;
  readonly seconds: number;
}

interface Attack {
  readonly name: string;
  readonly limits: Readonly<Record<string, number>>;
  readonly connections: number;
  readonly limitBytes: number;
  run(service: Service, crowd: Crowd): Promise<void>;
}

/** Runs every attack against a service of its own. */
export async function* memoryAttacks(sizes: AttackSizes): AsyncGenerator<AttackResult> {
  for (const attack of [
    slowReaders(sizes),
    retained(sizes),
    fullQueues(sizes),
    halfPackets(sizes),
    halfConnects(sizes),
  ])
    yield await measure(attack);
}

async function measure(attack: Attack): Promise<AttackResult> {
  await using service = await Service.start();
  const limits = { sessions: 100_000, queuedMessages: 100_000, ...attack.limits };
  await service.berthJson(
    'deployment',
    'set',
    'default',
    ...Object.entries(limits).flatMap(([name, value]) => ['--limit', `${name}=${value}`]),
  );
  let peakBytes = 0;
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytes(service.pid));
  }, 50);
  const begun = performance.now();
  try {
    using crowd = new Crowd(service);
    await attack.run(service, crowd);
    peakBytes = Math.max(peakBytes, residentBytes(service.pid));
  } finally {
    clearInterval(sampler);
  }
  return {
    name: attack.name,
    connections: attack.connections,
    limitBytes: attack.limitBytes,
    boundBytes: attack.limitBytes + baseBytes + attack.connections * bytesPerConnection,
    peakBytes,
    seconds: Math.round((performance.now() - begun) / 100) / 10,
  };
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * KiB;
}

async function sum(service: Service, pattern: RegExp): Promise<number> {
  let total = 0;
  for (const [name, value] of await service.metrics()) if (pattern.test(name)) total += value;
  return total;
}

/** Waits until what the pattern finds in /metrics has come to `wanted`. */
async function reaches(service: Service, pattern: RegExp, wanted: number): Promise<void> {
  await eventually(`${String(pattern)} to reach ${wanted}`, 120_000, async () => {
    await Bun.sleep(100);
    return (await sum(service, pattern)) >= wanted ? true : null;
  });
}

/** QoS 1 messages, each of them acknowledged before the promise resolves. */
async function publishAll(member: CrowdMember, messages: Iterable<Uint8Array>): Promise<void> {
  let acknowledged = member.receivedBytes;
  for (const message of messages) {
    await member.send(message);
    acknowledged += 4;
    await member.received(acknowledged - 4 * 32);
  }
  await member.received(acknowledged);
}

/** Readers that do not read, on a topic that is busy. */
function slowReaders({ slowReaders: count }: AttackSizes): Attack {
  const outboundBufferBytes = 128 * KiB;
  const messageBytes = 16 * KiB;
  return {
    name: `${count} slow readers on a busy topic`,
    limits: { outboundBufferBytes },
    connections: count,
    // The message that reaches the limit is sent still.
    limitBytes: count * (outboundBufferBytes + messageBytes),
    async run(service, crowd) {
      const readers = await crowd.connect(count, 'slow');
      for (const reader of readers) await reader.send(subscribePacket(4, 1, 'busy', 0));
      for (const reader of readers) {
        await reader.received(9);
        reader.socket.pause();
      }
      const [publisher] = await crowd.connect(1, 'busy');
      const message = publishPacket(4, { topic: 'busy', payload: 'x'.repeat(messageBytes), qos: 1 });
      const full = /^berth_limit_reached_total\{.*limit="outboundBufferBytes"\}/;
      for (let round = 0; round < 400 && (await sum(service, full)) < count; round++)
        await publishAll(
          publisher as CrowdMember,
          Array.from({ length: 8 }, () => message),
        );
      await reaches(service, full, count);
      await publishAll(
        publisher as CrowdMember,
        Array.from({ length: 100 }, () => message),
      );
    },
  };
}

/** Many retained messages, replaced again and again, asked for by readers that do not read. */
function retained({ retainedMessages: count, slowReaders: readerCount }: AttackSizes): Attack {
  const outboundBufferBytes = 128 * KiB;
  const payloadBytes = 4 * KiB;
  const readers = Math.ceil(readerCount / 4);
  return {
    name: `${count} retained messages to ${readers} slow readers`,
    limits: { outboundBufferBytes, retainedMessages: count, retainedBytes: count * (payloadBytes + KiB) },
    connections: readers,
    limitBytes: count * (payloadBytes + KiB) + readers * (outboundBufferBytes + payloadBytes),
    async run(service, crowd) {
      const [publisher] = await crowd.connect(1, 'retainer');
      const payload = 'x'.repeat(payloadBytes);
      const messages = Array.from({ length: count }, (_, index) =>
        publishPacket(4, { topic: `r/${index}`, payload, qos: 1, retain: true }),
      );
      for (let time = 0; time < timesOver; time++) await publishAll(publisher as CrowdMember, messages);
      const members = await crowd.connect(readers, 'reader');
      for (const member of members) member.socket.pause();
      for (const member of members) await member.send(subscribePacket(4, 1, 'r/#', 1));
      await reaches(service, /^berth_subscriptions\{/, readers);
      // As far as it goes: a second subscription does not make it more.
      for (const member of members) await member.send(subscribePacket(4, 2, '#', 0));
      await reaches(service, /^berth_subscriptions\{/, 2 * readers);
    },
  };
}

/** Sessions whose clients are away, each with a queue of its own that is filled again and again: the oldest messages are dropped. */
function fullQueues({ fullQueues: count }: AttackSizes): Attack {
  const queuedBytes = 128 * KiB;
  const payloadBytes = 8 * KiB;
  return {
    name: `${count} full queues`,
    limits: { queuedBytes },
    connections: count,
    limitBytes: count * queuedBytes,
    async run(service, crowd) {
      const away = await crowd.connect(count, 'away', { clean: false });
      for (const [index, member] of away.entries()) await member.send(subscribePacket(4, 1, `q/${index}`, 1));
      for (const member of away) {
        await member.received(9);
        await member.send(disconnectPacket);
      }
      const [publisher] = await crowd.connect(1, 'filler');
      const payload = 'x'.repeat(payloadBytes);
      for (let round = 0; round < (timesOver * queuedBytes) / payloadBytes; round++) {
        const messages = away.map((_, index) => publishPacket(4, { topic: `q/${index}`, payload, qos: 1 }));
        await publishAll(publisher as CrowdMember, messages);
      }
      await reaches(service, /^berth_messages_dropped_total\{.*reason="queue"/, count);
    },
  };
}

/** Clients that have logged in and send half of the largest packet that they may. */
function halfPackets({ halfPackets: count }: AttackSizes): Attack {
  const packetSizeBytes = 128 * KiB;
  return {
    name: `${count} connections with half of a largest packet`,
    limits: { packetSizeBytes },
    connections: count,
    limitBytes: count * packetSizeBytes,
    async run(service, crowd) {
      const members = await crowd.connect(count, 'half');
      const whole = publishPacket(4, { topic: 't', payload: 'x'.repeat(packetSizeBytes - 100) });
      const before = await sum(service, /^berth_received_bytes_total/);
      // In pieces, so that the packet is put together again and again.
      const piece = Math.ceil(whole.length / 16);
      for (let index = 0; index < 9; index++)
        for (const member of members) await member.send(whole.subarray(index * piece, (index + 1) * piece));
      await reaches(service, /^berth_received_bytes_total/, before + count * piece * 9);
    },
  };
}

/** Connections that have not logged in and send half of a large CONNECT. */
function halfConnects({ halfPackets: count }: AttackSizes): Attack {
  return {
    name: `${count} connections with half of a large CONNECT`,
    limits: {},
    connections: count,
    limitBytes: 64 * MiB,
    async run(service, crowd) {
      const whole = packet(
        0x10,
        lengthPrefixed('MQTT'),
        Uint8Array.of(4, 0xc6, 0, 0),
        ...['c', 'will', 'x'.repeat(65_000), 'u'.repeat(65_000), 'p'.repeat(65_000)].map(lengthPrefixed),
      );
      await crowd.open(count, () => whole.subarray(0, 100_000));
      const refused = /^berth_installation_limit_reached_total\{limit="unauthenticatedBytes"\}/;
      await reaches(service, refused, Math.max(0, count - Math.ceil((64 * MiB) / 99_000)));
      // Who logs in as usual is let in meanwhile.
      await crowd.connect(1, 'usual');
    },
  };
}
