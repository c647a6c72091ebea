import { describe, expect, test } from 'bun:test';
import { mkdirSync } from 'node:fs';
import { eventually } from '../../testkit/deadline.ts';
import { failingDisks, readOnlyDisks } from '../../testkit/failing-disk.ts';
import { pingRequest, publishPacket, subscribePacket } from '../../testkit/packets.ts';
import type { RawClient } from '../../testkit/raw-client.ts';
import { Service } from '../../testkit/service.ts';
import { acknowledgement, Limited } from '../service/limited.ts';

/** Session Expiry Interval 1,000 s. */
const lasting = '11 00 00 03 e8';
/** Each takes two blocks: however little is left on a disk, it is soon used up. */
const filling = ' '.repeat(8_000);

const isWritable = async (service: Service) => (await service.metrics()).get('berth_journal_writable') === 1;

const kept = (payload: string, packetIdentifier: number, version: 4 | 5 = 5) =>
  publishPacket(version, { topic: 'kept', payload: payload + filling, qos: 1, packetIdentifier });

/** Publishes one message after the other until the journal cannot be written: the last one is applied and not acknowledged. */
async function publishUntilItFails(service: Service, client: RawClient): Promise<number> {
  for (let number = 1; number < 200; number++) {
    client.send(kept(`message ${number}`, number));
    const answer = client.nextPacket(30_000);
    const failure = eventually('an answer or a failure', 30_000, async () => {
      const isAnswered = await Promise.race([answer.then(() => true), Bun.sleep(1).then(() => false)]);
      return isAnswered || !(await isWritable(service)) ? isAnswered : null;
    });
    if (!(await failure)) {
      answer.catch(() => {});
      return number;
    }
    expect([...(await answer)].slice(0, 4)).toEqual([0x40, 2, 0, number]);
  }
  throw new Error('the disk does not fail');
}

/** What a session has waiting, in order. */
async function received(place: Limited, count: number): Promise<string[]> {
  const keeper = await place.connect('keeper', { version: 5, clean: false, properties: lasting });
  const payloads: string[] = [];
  while (payloads.length < count) {
    const packet = await keeper.nextPacket();
    payloads.push(
      Buffer.from(packet)
        .toString()
        .slice(3)
        .replace(/^.*?kept...|\s+$/gs, ''),
    );
    keeper.send(acknowledgement(0x40, Buffer.from(packet).readUInt16BE(3 + 2 + 4)));
  }
  // PINGRESP: nothing else has waited.
  keeper.send(pingRequest);
  await keeper.expect('d0 00');
  keeper.end();
  return payloads;
}

describe.each(failingDisks.map(({ name, make }) => [name, make] as const))('%s', (_name, makeDisk) => {
  test('what was taken is kept and acknowledged later, what needs no disk goes on, the rest is refused or waits, and it resumes by itself', async () => {
    using disk = makeDisk();
    await using service = await Service.start({ data: disk.directory });
    const place = await Limited.make(service, 'failing');
    const keeper = await place.connect('keeper', { version: 5, clean: false, properties: lasting });
    keeper.send(subscribePacket(5, 1, 'kept', 1));
    await keeper.expect('90 04 00 01 00 01');
    keeper.reset();
    const [publisher, modern, older, listener] = await Promise.all([
      place.connect('publisher', { version: 5 }),
      place.connect('modern', { version: 5 }),
      place.connect('older', { version: 4 }),
      place.connect('listener', { version: 4 }),
    ]);
    listener.send(subscribePacket(4, 1, 'free', 1));
    await listener.expect('90 03 00 01 01');

    disk.break(service.pid);
    const last = await publishUntilItFails(service, publisher);

    // Refused before it is applied, with the number of the fault in words.
    modern.send(kept('refused', 1));
    const refusal = await modern.expect('40 .. 00 01 97 *');
    expect(Buffer.from(refusal).toString()).toContain('error -15');
    older.send(kept('waited', 1, 4));
    const answer = older.nextPacket(30_000);
    // What needs no disk goes on.
    modern.send(publishPacket(5, { topic: 'free', payload: 'QoS 0' }));
    modern.send(publishPacket(5, { topic: 'free', payload: 'QoS 1', qos: 1, packetIdentifier: 2 }));
    await listener.expect(`30 0b 00 04 ${Buffer.from('freeQoS 0').toString('hex').replace(/../g, '$& ').trim()}`);
    await listener.expect('32 *');
    await modern.expect('40 .. 00 02 *');
    const [newcomer, resumed] = await Promise.all([
      place.dial('newcomer', { version: 4, clean: false }),
      place.dial('keeper', { version: 5, clean: false, properties: lasting }),
    ]);
    await newcomer.expect('20 02 00 03');
    await resumed.expect('20 .. 00 88 *');
    const passing = await place.connect('passing', { version: 4 });
    expect(service.log).toContain('"event":"journal.failed","fault":"server.storage","number":-15');

    disk.repair(service.pid);
    await eventually('the journal to be written again', 10_000, async () =>
      (await isWritable(service)) ? true : null,
    );
    expect([...(await answer)]).toEqual([0x40, 2, 0, 1]);
    passing.send(kept('afterwards', 1, 4));
    await passing.expect('40 02 00 01');
    expect(service.log).toContain('"event":"journal.recovered"');
    const expected = [...Array.from({ length: last }, (_, index) => `message ${index + 1}`), 'waited', 'afterwards'];

    // It is all on the disk.
    await service.stop('SIGKILL');
    await using again = await Service.start({ data: disk.directory });
    expect(await received(place.on(again), expected.length)).toEqual(expected);
  }, 120_000);
});

test.each(readOnlyDisks.map(({ name, make }) => [name, make] as const))(
  '%s before the start: the service says so and ends',
  async (_name, makeDisk) => {
    using disk = makeDisk();
    mkdirSync(disk.directory);
    disk.break(process.pid);
    const failure: unknown = await Service.start({ data: disk.directory }).catch((error: unknown) => error);
    expect(String(failure)).toContain(
      `${disk.directory} cannot be used: the file system is read-only. Choose a directory that can be written with --data.`,
    );
  },
);
