import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../testkit/deadline.ts';
import { freePort } from '../../testkit/free-port.ts';
import { publishPacket, subscribePacket } from '../../testkit/packets.ts';
import { RawClient } from '../../testkit/raw-client.ts';
import { Service } from '../../testkit/service.ts';
import { brokenPromises, parseTrace, watching } from '../../testkit/system-calls.ts';
import { connectOf, limitedPassword, Rest } from '../service/limited.ts';

const messages = 40;
/** How many are under way at once: answers then share batches. */
const window = 4;

const textOf = (number: number) => `<durable-${number}>`;

/** Publishes to a session that is away, with the service watched. @returns what was promised too early. */
async function watch(durability: 'fsync' | 'os'): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-calls-'));
  try {
    const trace = join(folder, 'calls');
    await using service = await Service.start({ args: ['--durability', durability], prefix: watching(trace, 8192) });
    const rest = new Rest(service);
    // In the clear, so that the bytes of an acknowledgement can be seen.
    const port = freePort();
    const { id } = await rest.demand('POST', '/deployments', { name: 'watched', type: 'dedicated', mqttPort: port });
    await rest.demand('POST', `/deployments/${String(id)}/credentials`, {
      username: 'first',
      password: limitedPassword,
    });
    const dial = async (clientId: string, clean: boolean) => {
      const client = await RawClient.connect({ transport: 'tcp', port });
      client.send(connectOf(clientId, { clean }));
      await client.expect('20 02 00 00');
      return client;
    };
    const keeper = await dial('keeper', false);
    keeper.send(subscribePacket(4, 1, 'kept', 2));
    await keeper.expect('90 03 00 01 02');
    keeper.reset();
    const publisher = await dial('publisher', true);
    for (let first = 1; first <= messages; first += window) {
      const numbers = Array.from({ length: window }, (_, index) => first + index);
      for (const number of numbers) {
        const message = { topic: 'kept', payload: textOf(number), packetIdentifier: number };
        publisher.send(publishPacket(4, { ...message, qos: number % 2 === 0 ? 2 : 1 }));
      }
      for (const number of numbers) expect([...(await publisher.nextPacket(20_000))]).toEqual([...answerTo(number)]);
    }
    await service.stop();
    return brokenPromises(
      parseTrace(await wholeTrace(trace)),
      Array.from({ length: messages }, (_, index) => ({
        name: `message ${index + 1}`,
        stored: textOf(index + 1),
        answer: answerTo(index + 1),
      })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The trace, once the watcher has seen the end of the process: it is another process, and nobody's child. */
function wholeTrace(file: string): Promise<string> {
  return eventually('the end of the trace', 10_000, async () => {
    const text = await Bun.file(file).text();
    return /\+\+\+ exited with \d+ \+\+\+\n$/.test(text) ? text : null;
  });
}

/** PUBACK or PUBREC. */
function answerTo(number: number): Uint8Array {
  return Uint8Array.of(number % 2 === 0 ? 0x50 : 0x40, 2, 0, number);
}

describe('the system calls of the service', () => {
  test('no PUBACK or PUBREC leaves before the sync of its batch has returned', async () => {
    expect(await watch('fsync')).toEqual([]);
  }, 60_000);

  test('with --durability os nothing is synced, and that is seen: the check can fail', async () => {
    const broken = await watch('os');
    expect(broken).toHaveLength(messages);
    expect(new Set(broken.map((sentence) => sentence.replace(/^message \d+: /, '')))).toEqual(
      new Set(['answered before it was synced']),
    );
  }, 60_000);
});
