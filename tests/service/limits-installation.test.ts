/** Limits of the installation: each set while it runs and reached through the running service. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { eventually } from '../../testkit/deadline.ts';
import { connectPacket, disconnectPacket, pingRequest, publishPacket } from '../../testkit/packets.ts';
import { RawClient } from '../../testkit/raw-client.ts';
import { Service } from '../../testkit/service.ts';
import { dial, gone } from './guests.ts';
import { Rest } from './limited.ts';

let service: Service;
let rest: Rest;

beforeEach(async () => {
  service = await Service.start();
  rest = new Rest(service);
});
afterEach(() => service[Symbol.asyncDispose]());

const set = (limits: Record<string, number | null>) => rest.demand('PATCH', '/limits', limits);

async function reached(limit: string): Promise<number> {
  return (await service.metrics()).get(`berth_installation_limit_reached_total{limit="${limit}"}`) ?? Number.NaN;
}

/** Waits until the limit was counted, and the log has an event with the fault. */
async function said(limit: string, fault: string | null): Promise<void> {
  await eventually(`${limit} to be counted`, 10_000, async () => ((await reached(limit)) > 0 ? true : null));
  if (fault !== null)
    await eventually(`an event ${fault}`, 10_000, () => (service.log.includes(`"fault":"${fault}"`) ? true : null));
}

/** A TLS connection that has sent CONNECT; the answer is still to be read. */
async function dialled(clientId: string, options: { version?: 4 | 5; clean?: boolean } = {}): Promise<RawClient> {
  const ca = readFileSync(service.ready.ca, 'utf8');
  const client = await RawClient.connect({ transport: 'tls', port: service.ready.mqtts, ca });
  const { username } = service.ready;
  client.send(connectPacket({ version: 4, clientId, username, password: service.password, keepAlive: 0, ...options }));
  return client;
}

async function member(clientId: string, options: { clean?: boolean } = {}): Promise<RawClient> {
  const client = await dialled(clientId, options);
  await client.expect('20 02 .. 00');
  return client;
}

test('are shown and set by command, a wrong value is one sentence, and what was set is there after a restart', async () => {
  const shown = await service.berthJson<Record<string, unknown>>('limits', 'show');
  expect(shown).toMatchObject({ memoryHighWaterPercent: 70, connectSeconds: 30, handshakesPerAddress: 100 });
  const wrong = await service.berth('limits', 'set', 'connectSeconds=none');
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('"none" is not possible')]);
  await service.berthJson('limits', 'set', 'deployments=7', 'memoryHighWaterPercent=none');
  await service.stop();
  await using again = await Service.start({ data: service.dataDirectory });
  expect(await again.berthJson<Record<string, unknown>>('limits', 'show')).toMatchObject({
    deployments: 7,
    memoryHighWaterPercent: null,
  });
}, 30_000);

test('connections: one more is closed, those that are open stay', async () => {
  await using first = await member('first');
  await set({ connections: 1 });
  await expect(dialled('second')).rejects.toThrow();
  first.send(pingRequest);
  await first.expect('d0 00');
  await said('connections', 'server.busy');
  await set({ connections: null });
  await using second = await member('second');
  expect(second.isClosed).toBe(false);
});

test('memoryHighWaterPercent: new sessions are refused, publishers are read later, others go on', async () => {
  const limits = { packetSizeBytes: 8 * 1024 * 1024, retainedBytes: 1024 * 1024 * 1024 };
  await rest.demand('PATCH', '/deployments/default', { limits });
  await using resident = await member('resident', { clean: false });
  await using publisher = await member('publisher');
  // More than one percent of the machine is filled with retained messages.
  const payload = 'x'.repeat(7 * 1024 * 1024);
  const count = Math.ceil(totalmem() / 100 / payload.length) + 1;
  for (let index = 0; index < count; index++) {
    publisher.send(publishPacket(4, { topic: `r/${index}`, payload, qos: 1, retain: true }));
    await publisher.expect('40 02 00 01', 15_000);
  }
  await set({ memoryHighWaterPercent: 1 });
  for (const [version, answer] of [
    [4, '20 02 00 03'],
    [5, '20 .. 00 89 *'],
  ] as const) {
    await using late = await dialled(`late-${version}`, { version });
    await late.expect(answer);
  }
  await said('memoryHighWaterPercent', 'server.busy');
  resident.send(disconnectPacket);
  await resident.closed();
  await using back = await member('resident', { clean: false });
  back.send(pingRequest);
  await back.expect('d0 00');
  // Slowly, not never: what frees memory may stand behind a message.
  publisher.send(publishPacket(4, { topic: 't', payload: 'y', qos: 2 }));
  await publisher.expect('50 02 00 01');
  publisher.send(Uint8Array.of(0x62, 2, 0, 1));
  await publisher.expect('70 02 00 01');
}, 60_000);

test('deployments: 409, and the limit is named', async () => {
  await set({ deployments: 2 });
  expect((await rest.send('POST', '/deployments', { name: 'second' })).status).toBe(201);
  const third = await rest.send('POST', '/deployments', { name: 'third' });
  expect([third.status, JSON.stringify(third.body)]).toEqual([409, expect.stringContaining('deployments')]);
  await said('deployments', 'limit.deployments');
});

test('handshakesPerAddress: the next one starts when the one before is over', async () => {
  await set({ handshakesPerAddress: 1 });
  const silent = await dial(service.ready.mqtts, { localAddress: '127.0.7.1' });
  // The first byte of a handshake that never goes on.
  silent.write(Uint8Array.of(0x16));
  const waiting = RawClient.connect({
    transport: 'tls',
    port: service.ready.mqtts,
    localAddress: '127.0.7.1',
  });
  await said('handshakesPerAddress', null);
  // Another address does not wait.
  await using other = await member('other');
  expect(other.isClosed).toBe(false);
  silent.destroy();
  await gone(silent);
  await using next = await waiting;
  expect(next.isClosed).toBe(false);
});

test('connectSeconds: who says nothing is closed, before and behind the handshake', async () => {
  await set({ connectSeconds: 1 });
  const silent = await dial(service.ready.mqtts);
  silent.resume();
  await using wordless = await RawClient.connect({ transport: 'tls', port: service.ready.mqtts });
  await wordless.closed();
  await gone(silent);
  await said('connectSeconds', 'protocol.connect-timeout');
  expect(service.log).toContain('"fault":"tls.timeout"');
});

test('unauthenticatedBytes: unfinished CONNECT packets are bounded in their sum, whole ones come through', async () => {
  await set({ unauthenticatedBytes: 1024 * 1024 });
  const half = Buffer.concat([
    Uint8Array.of(0x10, 0xa0, 0x8d, 0x06),
    Buffer.from('0004', 'hex'),
    Buffer.alloc(60_000, 'MQTT'),
  ]);
  const guests = await Promise.all(
    Array.from({ length: 30 }, () => RawClient.connect({ transport: 'tls', port: service.ready.mqtts })),
  );
  for (const guest of guests) guest.send(half);
  await said('unauthenticatedBytes', 'limit.unauthenticated-bytes');
  await using usual = await member('usual');
  expect(usual.isClosed).toBe(false);
  expect(guests.filter((guest) => guest.isClosed).length).toBeLessThan(20);
  await Promise.all(guests.map((guest) => guest[Symbol.asyncDispose]()));
});

describe('restRequestsPerSecond', () => {
  test('429 with Retry-After for requests that are about no deployment', async () => {
    await set({ restRequestsPerSecond: 3 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => rest.send('GET', '/deployments')));
    const slowed = answers.filter(({ status }) => status === 429);
    expect(slowed.length).toBeGreaterThan(0);
    expect(slowed[0]?.headers.get('retry-after')).toBe('1');
    await said('restRequestsPerSecond', 'limit.rest-rate');
  });
});
