/** Limits of a deployment on connecting and on what the REST API makes: each reached through the running service. */
import { afterAll, describe, expect, test } from 'bun:test';
import { eventually } from '../../testkit/deadline.ts';
import { disconnectPacket, pingRequest } from '../../testkit/packets.ts';
import { Service } from '../../testkit/service.ts';
import { Limited, type Version } from './limited.ts';

const service = await Service.start();
afterAll(() => service[Symbol.asyncDispose]());

const refused = (version: Version, v3: string, v5: string) => (version === 4 ? `20 02 00 ${v3}` : `20 .. 00 ${v5} *`);

describe('sessions', () => {
  test('a new client is refused; who is connected, and who comes back to its session, is not touched', async () => {
    const limited = await Limited.make(service, 'sessions', { sessions: 2 });
    await using away = await limited.connect('away', { clean: false });
    away.send(disconnectPacket);
    await away.closed();
    await using here = await limited.connect('here');
    for (const version of [4, 5] as const) {
      await using late = await limited.dial(`late-${version}`, { version });
      await late.expect(refused(version, '03', '97'));
      await late.closed();
    }
    await using back = await limited.connect('away', { clean: false });
    expect(back.connack[2]).toBe(1);
    here.send(pingRequest);
    await here.expect('d0 00');
    await limited.said('sessions', 'limit.sessions', 2);
    // Raised while it runs: felt at once.
    await limited.set({ sessions: 3 });
    await using admitted = await limited.connect('late-4');
    expect(admitted.isClosed).toBe(false);
  });
});

test('connectsPerSecond', async () => {
  const limited = await Limited.make(service, 'connect rate');
  await limited.set({ connectsPerSecond: 1 });
  // One second's worth is there at most, so of three within a moment one is refused at least.
  for (const version of [4, 5] as const) {
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd', 'e', 'f'].map(async (clientId) => {
        await using client = await limited.dial(`${clientId}-${version}`, { version });
        return await client.nextPacket();
      }),
    );
    expect(answers.map((answer) => answer[3])).toContain(version === 4 ? 0x03 : 0x9f);
  }
  await limited.said('connectsPerSecond', 'limit.connect-rate', 2);
});

describe('failedLoginsPerMinute', () => {
  test('per address: even another user with the right password waits', async () => {
    const limited = await Limited.make(service, 'failed by address', { failedLoginsPerMinute: 2 });
    const localAddress = '127.0.9.1';
    for (const [version, code] of [
      [4, '20 02 00 04'],
      [5, '20 .. 00 86 *'],
    ] as const) {
      await using guess = await limited.dial('guess', { version, password: 'wrong', localAddress });
      await guess.expect(code);
    }
    for (const version of [4, 5] as const) {
      await using other = await limited.dial('other', { version, username: 'second', localAddress });
      await other.expect(refused(version, '03', '9f'));
    }
    await using elsewhere = await limited.connect('other', { username: 'second', localAddress: '127.0.9.2' });
    expect(elsewhere.isClosed).toBe(false);
    await limited.said('failedLoginsPerMinute', 'limit.failed-logins', 2);
  });

  test('per user name: guesses from many addresses', async () => {
    const limited = await Limited.make(service, 'failed by name', { failedLoginsPerMinute: 2 });
    for (const localAddress of ['127.0.9.11', '127.0.9.12']) {
      await using guess = await limited.dial('guess', { password: 'wrong', localAddress });
      await guess.expect('20 02 00 04');
    }
    await using third = await limited.dial('third', { localAddress: '127.0.9.13' });
    await third.expect('20 02 00 03');
    await limited.said('failedLoginsPerMinute', 'limit.failed-logins');
  });
});

test('sessionsPerUsername', async () => {
  const limited = await Limited.make(service, 'per user', { sessionsPerUsername: 1 });
  await using first = await limited.connect('a');
  for (const version of [4, 5] as const) {
    await using second = await limited.dial('b', { version });
    await second.expect(refused(version, '03', '97'));
  }
  await using other = await limited.connect('b', { username: 'second' });
  expect([first.isClosed, other.isClosed]).toEqual([false, false]);
  await limited.said('sessionsPerUsername', 'limit.sessions-per-user', 2);
});

test('clientIdBytes', async () => {
  const limited = await Limited.make(service, 'client id', { clientIdBytes: 30 });
  await using fits = await limited.connect('x'.repeat(30));
  expect(fits.isClosed).toBe(false);
  for (const version of [4, 5] as const) {
    await using long = await limited.dial('x'.repeat(31), { version });
    await long.expect(refused(version, '02', '85'));
  }
  await limited.said('clientIdBytes', 'protocol.client-id', 2);
});

describe('sessionExpirySeconds, sessionExpiryV3Seconds', () => {
  test('5.0: shortened, and said in CONNACK', async () => {
    const limited = await Limited.make(service, 'expiry 5', { sessionExpirySeconds: 60 });
    await using client = await limited.connect('a', { version: 5, properties: '11 00 00 0e 10' });
    expect(Buffer.from(client.connack).toString('hex')).toContain('110000003c');
    await limited.said('sessionExpirySeconds', null);
  });

  test('3.1.1: a session ends that long after its client left', async () => {
    const limited = await Limited.make(service, 'expiry 3', { sessionExpiryV3Seconds: 1 });
    await using client = await limited.connect('a', { clean: false });
    client.send(disconnectPacket);
    await client.closed();
    await eventually('the session to end', 10_000, async () =>
      (await limited.metric('berth_sessions')) === 0 ? true : null,
    );
    await using back = await limited.connect('a', { clean: false });
    expect(back.connack[2]).toBe(0);
    await limited.said('sessionExpiryV3Seconds', null);
  });
});

test('keepAliveSeconds: 5.0 is told, 3.1.1 is held to it', async () => {
  const limited = await Limited.make(service, 'keep-alive', { keepAliveSeconds: 5 });
  await using client = await limited.connect('a', { version: 5, keepAlive: 600 });
  expect(Buffer.from(client.connack).toString('hex')).toContain('130005');
  await using old = await limited.connect('b', { keepAlive: 600 });
  await old.closed(15_000);
  expect(limited.events('connection.keep-alive').map((event) => event['client_id'])).toContain('b');
  await limited.said('keepAliveSeconds', null, 2);
}, 30_000);

describe('the REST API', () => {
  test('credentials', async () => {
    const limited = await Limited.make(service, 'credentials', { credentials: 2 });
    const path = `/deployments/${limited.id}/credentials`;
    const answer = await limited.rest.send('POST', path, { username: 'third' });
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([
      409,
      expect.stringContaining('\\"credentials\\" (2)'),
    ]);
    await limited.said('credentials', 'limit.credentials');
    await limited.set({ credentials: 3 });
    expect((await limited.rest.send('POST', path, { username: 'third' })).status).toBe(201);
  });

  test('accessRules, accessRulesPerSubject', async () => {
    const limited = await Limited.make(service, 'rules', { accessRules: 2, accessRulesPerSubject: 1 });
    const add = (kind: string, subject: string | null) =>
      limited.rest.send('POST', `/deployments/${limited.id}/rules`, {
        kind,
        ...(subject === null ? {} : { subject }),
        action: 'all',
        permission: 'allow',
        topicFilter: 'a/#',
      });
    expect((await add('username', 'first')).status).toBe(201);
    const perSubject = await add('username', 'first');
    expect([perSubject.status, JSON.stringify(perSubject.body)]).toEqual([
      409,
      expect.stringContaining('accessRulesPerSubject'),
    ]);
    expect((await add('all', null)).status).toBe(201);
    const all = await add('username', 'second');
    expect([all.status, JSON.stringify(all.body)]).toEqual([409, expect.stringContaining('accessRules\\" (2)')]);
    await limited.said('accessRulesPerSubject', 'limit.access-rules');
    await limited.said('accessRules', 'limit.access-rules');
  });

  test('restRequestsPerSecond: 429 with Retry-After, for this deployment only', async () => {
    const limited = await Limited.make(service, 'requests');
    const other = await Limited.make(service, 'other requests');
    await limited.set({ restRequestsPerSecond: 2 });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => limited.rest.send('GET', `/deployments/${limited.id}`)),
    );
    const slowed = answers.filter(({ status }) => status === 429);
    expect(slowed.length).toBeGreaterThan(0);
    expect(slowed[0]?.headers.get('retry-after')).toBe('1');
    expect((await other.rest.send('GET', `/deployments/${other.id}`)).status).toBe(200);
    await limited.said('restRequestsPerSecond', 'limit.rest-rate', slowed.length);
  });
});
