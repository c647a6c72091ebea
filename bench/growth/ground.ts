import { readFileSync } from 'node:fs';
import { Service } from '../../testkit/service.ts';
import { AckPublisher, type Packets } from '../load/ack-publisher.ts';
import type { Target } from '../load/target.ts';
import { cpuSeconds } from '../threads.ts';

/** Limits that a measurement of growth is to go past; the others stay as they are. */
const lifted = {
  sessions: 1_000_000,
  subscriptionsPerClient: 1_000_000,
  retainedMessages: 1_000_000,
  retainedBytes: 17_179_869_184,
  queuedMessages: 10_000_000,
  queuedBytes: 17_179_869_184,
};
/** Of every message in these measurements. */
export const payloadBytes = 64;
const warmUpMs = 1_000;
/** For memory to come to rest. */
const settleMs = 2_000;
const microseconds = 1e6;

/** The service that a measurement runs on, pinned to core 0, with its limits lifted. */
export class Ground implements AsyncDisposable {
  readonly service: Service;
  readonly target: Target;

  private constructor(service: Service) {
    this.service = service;
    this.target = { port: service.ready.mqtts, username: service.ready.username, password: service.password };
  }

  static async open(): Promise<Ground> {
    const service = await Service.start({ prefix: ['taskset', '-c', '0'] });
    const ground = new Ground(service);
    await ground.rest('PATCH', `/deployments/${service.ready.deployment.id}`, { limits: lifted });
    await ground.rest('PATCH', '/limits', { restRequestsPerSecond: null });
    return ground;
  }

  /** @throws Error where the answer is none of the 200s. */
  async rest(method: string, path: string, body: unknown): Promise<Record<string, unknown>> {
    const token = readFileSync(`${this.service.dataDirectory}/admin-token`, 'utf8').trim();
    const answer = await fetch(`http://127.0.0.1:${this.service.ready.http}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  }

  /** Resident memory once nothing goes on. */
  async residentBytes(): Promise<number> {
    await Bun.sleep(settleMs);
    return this.service.residentBytes();
  }

  /** CPU time of the service while nothing is asked of it, as a share of one core. */
  async idleCpuShare(milliseconds: number): Promise<number> {
    const before = cpuSeconds(this.service.pid);
    await Bun.sleep(milliseconds);
    return ((cpuSeconds(this.service.pid) - before) * 1_000) / milliseconds;
  }

  /** CPU time of the service while `work` runs, in microseconds for each of what it counts. */
  async cpuUsEach(work: () => Promise<number>): Promise<number> {
    const before = cpuSeconds(this.service.pid);
    const count = await work();
    return ((cpuSeconds(this.service.pid) - before) * microseconds) / count;
  }

  /** CPU time of the service for a QoS 1 message, in microseconds, under a load of publishers with a window each. */
  async cpuUsPerMessage(publishers: readonly AckPublisher[], milliseconds: number): Promise<number> {
    const acknowledged = () => publishers.reduce((sum, publisher) => sum + publisher.acknowledged, 0);
    for (const publisher of publishers) publisher.start();
    await Bun.sleep(warmUpMs);
    const each = await this.cpuUsEach(async () => {
      const from = acknowledged();
      await Bun.sleep(milliseconds);
      return acknowledged() - from;
    });
    await Promise.all(publishers.map((publisher) => publisher.stop()));
    return each;
  }

  /** Publishers that begin at different topics. */
  publishers(count: number, window: number, packets: Packets): Promise<AckPublisher[]> {
    return Promise.all(
      Array.from({ length: count }, (_, index) =>
        AckPublisher.connect(this.target, packets, {
          clientId: `publisher-${index}`,
          window,
          firstTopic: Math.floor((index * packets.list.length) / count),
        }),
      ),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.service[Symbol.asyncDispose]();
  }
}

/** Does something for each index, some at a time. */
export async function forEachIndex(
  count: number,
  atOnce: number,
  act: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, run));
}

/** A number of a topic or client in a form of which all are equally long. */
export function padded(index: number): string {
  return String(index).padStart(6, '0');
}
