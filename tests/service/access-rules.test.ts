import { afterAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ApiClient, type AccessRule, type AccessRuleList, type CreateAccessRule } from '../../packages/api/mod.ts';
import { eventually } from '../../testkit/deadline.ts';
import {
  connectPacket,
  disconnectPacket,
  lengthPrefixed,
  packet,
  pingRequest,
  publishPacket,
  subscribePacket,
} from '../../testkit/packets.ts';
import { RawClient } from '../../testkit/raw-client.ts';
import { Service } from '../../testkit/service.ts';

const service = await Service.start();
afterAll(() => service[Symbol.asyncDispose]());

const api = new ApiClient({
  baseUrl: `http://127.0.0.1:${service.ready.http}`,
  token: readFileSync(join(service.dataDirectory, 'admin-token'), 'utf8').trim(),
  fetch,
});

type Version = 3 | 4 | 5;

/** A deployment of its own for each test, reached without TLS: what is tested lies behind it. */
class Plant {
  readonly id: string;
  readonly #port: number;

  private constructor(id: string, port: number) {
    this.id = id;
    this.#port = port;
  }

  static async make(name: string): Promise<Plant> {
    const port = await freePort();
    const { id } = await api.createDeployment({ name, type: 'dedicated', mqttPort: port });
    for (const username of ['device', 'dash', 'a/b', '+']) await api.createCredential(id, { username, password });
    return new Plant(id, port);
  }

  rule(
    permission: 'allow' | 'deny',
    action: 'publish' | 'subscribe' | 'all',
    topicFilter: string,
    about: Partial<CreateAccessRule> = {},
  ): Promise<AccessRule> {
    return api.createRule(this.id, { kind: 'all', permission, action, topicFilter, ...about });
  }

  /** Connects; the session is new unless `kept` is said. */
  async connect(clientId: string, options: Guest = {}): Promise<RawClient> {
    const client = await RawClient.connect({ transport: 'tcp', port: this.#port });
    client.send(connect(clientId, options));
    const present = options.kept === 'present' ? '01' : '00';
    await client.expect(options.version === 5 ? `20 .. ${present} 00 *` : `20 02 ${present} 00`);
    return client;
  }

  /** Log entries about this deployment. */
  events(): LogEntry[] {
    const lines = service.log.split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line) as LogEntry).filter((entry) => entry.deployment === this.id);
  }

  /** Waits for the event that names the rule (or what is given). */
  event(fault: string, clientId: string, named: string): Promise<LogEntry> {
    return eventually(`the event ${fault} of ${clientId}`, 5_000, () => {
      const found = this.events().find(
        (entry) => entry.fault === fault && entry.client_id === clientId && entry.detail?.includes(named),
      );
      return found ?? null;
    });
  }

  async metric(name: string): Promise<number | undefined> {
    return (await service.metrics()).get(`${name}{deployment="${this.id}"}`);
  }
}

interface LogEntry {
  readonly event: string;
  readonly fault?: string;
  readonly number?: number;
  readonly deployment?: string;
  readonly client_id?: string;
  readonly detail?: string;
}

interface Guest {
  readonly version?: Version;
  readonly username?: string;
  /** A session that outlives the connection: `new`, or `present` where it comes back to it. */
  readonly kept?: 'new' | 'present';
  readonly will?: { readonly topic: string; readonly retain?: boolean };
}

const password = 'the password of all';

function connect(clientId: string, { version = 4, username = 'device', kept, will }: Guest): Uint8Array {
  const willFlags = will === undefined ? 0 : 0x04 | (will.retain ? 0x20 : 0);
  const flags = 0xc0 | willFlags | (kept === undefined ? 0x02 : 0);
  // Session Expiry Interval of an hour.
  const properties = version !== 5 ? [] : kept === undefined ? [0] : [5, 0x11, 0, 0, 0x0e, 0x10];
  return packet(
    0x10,
    lengthPrefixed(version === 3 ? 'MQIsdp' : 'MQTT'),
    Uint8Array.of(version, flags, 0, 60, ...properties),
    lengthPrefixed(clientId),
    ...(will === undefined
      ? []
      : [Uint8Array.of(...(version === 5 ? [0] : [])), lengthPrefixed(will.topic), lengthPrefixed('last words')]),
    lengthPrefixed(username),
    lengthPrefixed(password),
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Subscribes and expects the code in SUBACK. */
async function subscribe(
  client: RawClient,
  filter: string,
  code: string,
  version: Version = 4,
  qos = 0,
): Promise<void> {
  client.send(subscribePacket(version, 1, filter, qos));
  await client.expect(version === 5 ? `90 .. 00 01 * ` : `90 03 00 01 ${code}`).then((suback) => {
    expect(suback.at(-1)?.toString(16).padStart(2, '0')).toBe(code);
  });
}

/** Topic of the next PUBLISH with QoS 0 or 1; null where a PINGRESP comes first: nothing was on its way. */
async function nextTopic(client: RawClient): Promise<string | null> {
  const bytes = await client.nextPacket();
  if (bytes[0] === 0xd0) return null;
  const length = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  return Buffer.from(bytes.subarray(4, 4 + length)).toString();
}

/** The topics that have come until now. */
async function topicsOf(client: RawClient): Promise<string[]> {
  const topics: string[] = [];
  client.send(pingRequest);
  for (let topic = await nextTopic(client); topic !== null; topic = await nextTopic(client)) topics.push(topic);
  return topics;
}

/** Publishes with QoS 1 and waits for PUBACK, so that it has been delivered. @returns the reason code of 5.0. */
async function publish(client: RawClient, topic: string, version: Version = 4, retain = false): Promise<number> {
  client.send(publishPacket(version, { topic, payload: 'x', qos: 1, packetIdentifier: 9, retain }));
  const puback = await client.expect('40 .. 00 09 *');
  return puback[4] ?? 0;
}

describe('publish that a rule denies', () => {
  test('3.x: is acknowledged and not delivered, with an event that names the rule and a count', async () => {
    const plant = await Plant.make('deny-publish-3');
    const rule = await plant.rule('deny', 'publish', 'secret/#');
    await using listener = await plant.connect('listener');
    await subscribe(listener, '#', '00');
    for (const version of [3, 4] as const) {
      await using device = await plant.connect(`device-${version}`, { version });
      device.send(publishPacket(version, { topic: 'secret/0', payload: 'x' }));
      expect(await publish(device, 'secret/1', version)).toBe(0);
      device.send(publishPacket(version, { topic: 'secret/2', payload: 'x', qos: 2, packetIdentifier: 7 }));
      await device.expect('50 02 00 07');
      device.send('62 02 00 07');
      await device.expect('70 02 00 07');
      await publish(device, 'open/1', version);
      const event = await plant.event('access.publish-denied', `device-${version}`, rule.id);
      expect(event).toMatchObject({ event: 'publish.refused', number: -10 });
      expect(event.detail).toContain('deny publish secret/# for everybody');
    }
    expect(await topicsOf(listener)).toEqual(['open/1', 'open/1']);
    expect(await plant.metric('berth_publishes_denied_total')).toBe(6);
  });

  test('5.0: gets PUBACK and PUBREC 0x87, and nothing with QoS 0', async () => {
    const plant = await Plant.make('deny-publish-5');
    await plant.rule('deny', 'publish', 'secret/#');
    await using device = await plant.connect('device', { version: 5 });
    expect(await publish(device, 'secret/1', 5)).toBe(0x87);
    device.send(publishPacket(5, { topic: 'secret/2', payload: 'x', qos: 2, packetIdentifier: 7 }));
    await device.expect('50 .. 00 07 87 *');
    // The exchange has ended: the identifier is free.
    device.send(publishPacket(5, { topic: 'open', payload: 'x', qos: 2, packetIdentifier: 7 }));
    expect((await device.expect('50 .. 00 07 *'))[4] ?? 0).not.toBe(0x87);
    device.send(publishPacket(5, { topic: 'secret/3', payload: 'x' }));
    device.send(pingRequest);
    await device.expect('d0 00');
  });

  test('a will is not published, nor retained', async () => {
    const plant = await Plant.make('deny-will');
    const rule = await plant.rule('deny', 'publish', 'wills/+', { kind: 'clientId', subject: 'evil' });
    await using listener = await plant.connect('listener');
    await subscribe(listener, 'wills/#', '00');
    for (const clientId of ['evil', 'good']) {
      const device = await plant.connect(clientId, { will: { topic: `wills/${clientId}`, retain: true } });
      device.reset();
      await device.closed();
    }
    expect(await nextTopic(listener)).toBe('wills/good');
    expect((await plant.event('access.will-denied', 'evil', rule.id)).event).toBe('publish.refused');
    await using late = await plant.connect('late');
    await subscribe(late, 'wills/#', '00');
    expect(await topicsOf(late)).toEqual(['wills/good']);
  });
});

describe('subscribe', () => {
  test('is refused where nothing that the filter matches is allowed: 0x80, 0x87, and 3.1 is closed', async () => {
    const plant = await Plant.make('deny-subscribe');
    const rule = await plant.rule('deny', 'subscribe', 'secret/#');
    await using old = await plant.connect('v3', { version: 3 });
    // The first: a flood of events of one kind is summed up in the log.
    old.send(subscribePacket(3, 1, 'secret/#', 0));
    expect(await old.closed()).toBe('closed');
    await using device = await plant.connect('v4');
    await using modern = await plant.connect('v5', { version: 5 });
    for (const filter of ['secret/a', 'secret/+', 'secret/#', 'secret', '$share/g/secret/+/b']) {
      await subscribe(device, filter, '80');
      await subscribe(modern, filter, '87', 5);
    }
    await subscribe(device, 'open', '00');
    for (const clientId of ['v3', 'v4', 'v5']) {
      const event = await plant.event('access.subscribe-denied', clientId, rule.id);
      expect(event).toMatchObject({ event: 'subscription.refused', number: -10 });
    }
    expect(await plant.metric('berth_subscribes_denied_total')).toBe(11);
  });

  test('stands where a part is denied, and that part is not delivered: live, retained, and in shared subscriptions', async () => {
    const plant = await Plant.make('partly');
    await plant.rule('allow', 'subscribe', 'plant/public/secret');
    await plant.rule('deny', 'subscribe', 'plant/+/secret');
    const topics = ['plant/a/open', 'plant/a/secret', 'plant/public/secret', 'plant/a'];
    await using device = await plant.connect('device');
    for (const topic of topics) await publish(device, topic, 4, true);

    await using listener = await plant.connect('listener');
    await subscribe(listener, 'plant/#', '00');
    const allowed = ['plant/a', 'plant/a/open', 'plant/public/secret'];
    expect((await topicsOf(listener)).toSorted()).toEqual(allowed);
    for (const topic of topics) await publish(device, topic);
    expect((await topicsOf(listener)).toSorted()).toEqual(allowed);

    await using member = await plant.connect('member');
    await subscribe(member, '$share/g/plant/#', '00');
    for (const topic of topics) await publish(device, topic);
    expect((await topicsOf(member)).toSorted()).toEqual(allowed);
  });
});

describe('rules that change', () => {
  test('revoke the subscriptions of connected clients and kept sessions, with an event', async () => {
    const plant = await Plant.make('revoke');
    await using online = await plant.connect('online');
    const away = await plant.connect('away', { kept: 'new' });
    for (const client of [online, away]) {
      await subscribe(client, 'room/a', '00');
      await subscribe(client, 'room/b', '00', 4, 0);
    }
    away.send(disconnectPacket);
    await away.closed();
    const rule = await plant.rule('deny', 'subscribe', 'room/a');
    for (const clientId of ['online', 'away']) {
      const event = await plant.event('access.subscription-revoked', clientId, rule.id);
      expect(event).toMatchObject({ event: 'subscription.removed', number: -10 });
      expect(event.detail).toStartWith('room/a ');
    }
    await using device = await plant.connect('device');
    await publish(device, 'room/a');
    await publish(device, 'room/b');
    expect(await topicsOf(online)).toEqual(['room/b']);

    // What was revoked is gone: it does not come back with the rule's end.
    await api.deleteRule(plant.id, rule.id);
    await using back = await plant.connect('away', { kept: 'present' });
    await publish(device, 'room/a');
    await publish(device, 'room/b');
    expect((await topicsOf(back)).filter((topic) => topic !== 'room/b')).toEqual([]);
    await subscribe(back, 'room/a', '00');
    await publish(device, 'room/a');
    expect(await topicsOf(back)).toEqual(['room/a']);
  });

  test('cut and uncut what is delivered, and what may be published, at once', async () => {
    const plant = await Plant.make('change');
    await using listener = await plant.connect('listener');
    await subscribe(listener, '#', '00');
    await using device = await plant.connect('device', { version: 5 });
    const both = async () => {
      const codes = [await publish(device, 'a', 5), await publish(device, 'b', 5)];
      return { denied: codes.map((code) => code === 0x87), heard: await topicsOf(listener) };
    };
    expect(await both()).toEqual({ denied: [false, false], heard: ['a', 'b'] });
    const first = await plant.rule('deny', 'all', 'a');
    expect(await both()).toEqual({ denied: [true, false], heard: ['b'] });
    await api.changeRule(plant.id, first.id, { action: 'subscribe', topicFilter: 'b' });
    expect(await both()).toEqual({ denied: [false, false], heard: ['a'] });
    const second = await plant.rule('allow', 'all', '+');
    expect(await both()).toEqual({ denied: [false, false], heard: ['a'] });
    await api.changeRule(plant.id, second.id, { before: first.id });
    expect(await both()).toEqual({ denied: [false, false], heard: ['a', 'b'] });
    await api.deleteRule(plant.id, second.id);
    await api.deleteRule(plant.id, first.id);
    expect(await both()).toEqual({ denied: [false, false], heard: ['a', 'b'] });
  });

  test('a default of deny revokes what no rule allows; a limit that changes revokes nothing', async () => {
    const plant = await Plant.make('default-deny');
    await plant.rule('allow', 'all', 'own/${clientid}/#');
    await using device = await plant.connect('d1');
    await subscribe(device, 'own/d1/#', '00');
    await subscribe(device, 'other', '00');
    await api.setRuleDefault(plant.id, 'deny');
    await plant.event('access.subscription-revoked', 'd1', 'other (default)');
    await api.changeDeployment(plant.id, { limits: { subscriptionsPerClient: 50 } });
    await subscribe(device, 'other', '80');
    await subscribe(device, '#', '00');
    await plant.rule('allow', 'publish', '#', { kind: 'clientId', subject: 'publisher' });
    await using publisher = await plant.connect('publisher');
    await publish(publisher, 'own/d1/x');
    await publish(publisher, 'own/d2/x');
    expect(await topicsOf(device)).toEqual(['own/d1/x']);
    expect(plant.events().filter((entry) => entry.fault === 'access.subscription-revoked')).toHaveLength(1);
  });
});

describe('placeholders', () => {
  test('stand for the client id and the user name of the session', async () => {
    const plant = await Plant.make('placeholders');
    await api.setRuleDefault(plant.id, 'deny');
    await plant.rule('allow', 'all', 'c/${clientid}/#');
    await plant.rule('allow', 'all', 'u/${username}/+');
    await using device = await plant.connect('c1', { version: 5, username: 'dash' });
    const codes: number[] = [];
    for (const topic of ['c/c1', 'c/c1/x/y', 'u/dash/x', 'c/c2', 'c/dash', 'u/c1/x', 'u/dash/x/y', 'c'])
      codes.push(await publish(device, topic, 5));
    expect(codes.map((code) => code === 0x87)).toEqual([false, false, false, true, true, true, true, true]);
    await subscribe(device, 'c/+/x', '00', 5);
    await subscribe(device, 'c/c2/x', '87', 5);
  });

  test('match nothing for client ids and user names with wildcards or levels in them', async () => {
    const plant = await Plant.make('evil-names');
    await api.setRuleDefault(plant.id, 'deny');
    await plant.rule('allow', 'all', 'c/${clientid}');
    await plant.rule('allow', 'all', 'u/${username}');
    await plant.rule('allow', 'subscribe', '${clientid}/#');
    for (const [clientId, username] of [
      ['+', '+'],
      ['#', '+'],
      ['a/b', 'a/b'],
    ] as const) {
      await using evil = await plant.connect(clientId, { username });
      for (const filter of [
        `c/${clientId}`,
        `u/${username}`,
        'c/+',
        'c/#',
        '#',
        'c/a/b',
        'u/a/b',
        'victim/#',
        'c/victim',
      ])
        await subscribe(evil, filter, '80');
    }
    await using dollar = await plant.connect('$SYS');
    await subscribe(dollar, '$SYS/#', '80');
    expect(
      (await api.tryRules(plant.id, { clientId: '+', username: '+', action: 'subscribe', topic: 'c/+' })).allowed,
    ).toBe(false);
  });
});

describe('another deployment', () => {
  test('its topics and its $SYS are out of reach, whatever the rules say, and its rules do not count here', async () => {
    const here = await Plant.make('here');
    const there = await Plant.make('there');
    await here.rule('allow', 'all', '#');
    await here.rule('allow', 'all', '$SYS/#');
    await there.rule('deny', 'all', '#');
    await using client = await here.connect('client');
    await using other = await there.connect('client');
    for (const filter of ['#', '$SYS/#', `${there.id}/#`, `$SYS/${there.id}/#`]) await subscribe(client, filter, '00');
    await topicsOf(client);
    await publish(client, 'mine');
    await publish(other, 'theirs');
    expect((await topicsOf(client)).filter((topic) => !topic.startsWith('$SYS/'))).toEqual(['mine']);
    await subscribe(other, '#', '80');
    // `#` does not stand for topics that begin with $: those of the own deployment may be read.
    await subscribe(other, '$SYS/#', '00');
    const clients = await eventually('$SYS', 15_000, async () => {
      const bytes = await other.nextPacket(15_000);
      const text = Buffer.from(bytes).toString('latin1');
      return text.includes('$SYS/broker/clients/connected') ? text.slice(-1) : null;
    });
    expect(clients).toBe('1');
    // Nobody writes there.
    await using modern = await here.connect('modern', { version: 5 });
    expect(await publish(modern, '$SYS/broker/version', 5)).toBe(0x87);
    expect(await here.metric('berth_publishes_denied_total')).toBe(1);
    expect(await there.metric('berth_publishes_denied_total')).toBe(1);
  }, 20_000);
});

test('berth rule try says what a connected client gets, by its exit code too', async () => {
  const plant = await Plant.make('try');
  await service.berthJson('rule', 'add', plant.id, 'deny', 'publish', 'x/#', '--username', 'dash');
  const [denied, allowed] = await Promise.all([
    service.berth('rule', 'try', plant.id, 'publish', 'x/y', '--client-id', 'c', '--username', 'dash'),
    service.berth('rule', 'try', plant.id, 'publish', 'x/y', '--client-id', 'c', '--username', 'device'),
  ]);
  expect([denied.exitCode, allowed.exitCode]).toEqual([1, 0]);
  const { rules } = await api.listRules(plant.id);
  expect(denied.stdout).toContain(`rule ${rules[0]?.id} (deny publish "x/#" for user name "dash")`);
  expect(allowed.stdout).toContain('no rule matches, and the default is allow');
  await using client = await plant.connect('c', { version: 5, username: 'dash' });
  expect(await publish(client, 'x/y', 5)).toBe(0x87);
});

test('after a restart the rules are in force again, and what they cut of kept sessions stays cut', async () => {
  await using first = await Service.start();
  const { password: secret, dataDirectory: data } = first;
  const open = async (of: Service, clientId: string, present: 0 | 1): Promise<RawClient> => {
    const client = await RawClient.connect({ transport: 'tls', port: of.ready.mqtts });
    const { username } = first.ready;
    client.send(connectPacket({ version: 4, clientId, username, password: secret, clean: clientId === 'publisher' }));
    await client.expect(`20 02 0${present} 00`);
    return client;
  };
  const listener = await open(first, 'listener', 0);
  await subscribe(listener, 'room/+', '01', 4, 1);
  listener.send(disconnectPacket);
  await listener.closed();
  await first.berthJson('rule', 'add', 'default', 'deny', 'subscribe', 'room/a');
  await first.berthJson('rule', 'add', 'default', 'allow', 'all', 'room/#');
  await first.berthJson('rule', 'default', 'default', 'deny');
  await first.stop();

  await using second = await Service.start({ data });
  const { default: permission, rules } = await second.berthJson<AccessRuleList>('rule', 'list', 'default');
  expect([permission, rules.map((rule) => rule.topicFilter)]).toEqual(['deny', ['room/a', 'room/#']]);
  await using publisher = await open(second, 'publisher', 0);
  for (const topic of ['room/a', 'room/b', 'elsewhere']) await publish(publisher, topic);
  await using back = await open(second, 'listener', 1);
  expect(await topicsOf(back)).toEqual(['room/b']);
}, 30_000);
