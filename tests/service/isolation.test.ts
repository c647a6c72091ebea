import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectPacket, pingRequest, publishPacket, subscribePacket } from '../../testkit/packets.ts';
import { hex, RawClient, type RawOptions } from '../../testkit/raw-client.ts';
import { Service } from '../../testkit/service.ts';

/** Everything that a guest could confuse is the same in both deployments. */
const username = 'sensor';
const password = 'the same in both';
const clientId = 'same-client';

interface Made {
  readonly id: string;
  readonly address: string;
}

const service = await Service.start();
const temporary = mkdtempSync(join(tmpdir(), 'berth-isolation-'));
afterAll(async () => {
  rmSync(temporary, { recursive: true });
  await service[Symbol.asyncDispose]();
});
const ca = readFileSync(service.ready.ca, 'utf8');
const passwordFile = join(temporary, 'password');
writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });

/** Makes a deployment with the credential that they all have. */
async function make(name: string, ...options: readonly string[]): Promise<Made> {
  const made = await service.berthJson<Made>('deployment', 'create', name, ...options);
  await service.berthJson('credential', 'add', made.id, username, '--password-file', passwordFile);
  return made;
}

/** A port of 127.0.0.1 that was free a moment ago: dedicated listeners take none that is 0. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const ports = { mqtt: [await freePort(), await freePort()], ws: [await freePort(), await freePort()] } as const;
const serverless = [await make('left'), await make('right')] as const;
const dedicated = [
  await make('left-own', '--type', 'dedicated', '--mqtt-port', String(ports.mqtt[0]), '--ws-port', String(ports.ws[0])),
  await make(
    'right-own',
    '--type',
    'dedicated',
    '--mqtt-port',
    String(ports.mqtt[1]),
    '--ws-port',
    String(ports.ws[1]),
  ),
] as const;

type Way = readonly [name: string, left: RawOptions, right: RawOptions];

/** Each listener, and how it finds the deployment. */
const ways: readonly Way[] = [
  ['mqtts, found by SNI', ...both((side) => tls(serverless[side].address, service.ready.mqtts, 'tls'))],
  ['wss, found by SNI', ...both((side) => tls(serverless[side].address, service.ready.wss, 'wss'))],
  [
    'wss, found by the Host header',
    ...both((side) => ({
      transport: 'wss',
      port: service.ready.wss,
      serverName: null,
      hostHeader: `${serverless[side].address}:${service.ready.wss}`,
    })),
  ],
  ['mqtts of dedicated deployments', ...both((side) => tls(dedicated[side].address, service.ready.mqtts, 'tls'))],
  ['mqtt, found by the listener', ...both((side) => ({ transport: 'tcp', port: ports.mqtt[side] }))],
  ['ws, found by the listener', ...both((side) => ({ transport: 'ws', port: ports.ws[side] }))],
];

function tls(serverName: string, port: number, transport: 'tls' | 'wss'): RawOptions {
  return { transport, port, serverName, hostHeader: serverName, ca };
}

function both(of: (side: 0 | 1) => RawOptions): readonly [RawOptions, RawOptions] {
  return [of(0), of(1)];
}

/** Connects with a persistent session, as the one client that all deployments know. */
async function open(options: RawOptions, as: { clean: boolean; sessionPresent: boolean }): Promise<RawClient> {
  const client = await RawClient.connect(options);
  client.send(connectPacket({ version: 4, clientId, username, password, clean: as.clean }));
  await client.expect(as.sessionPresent ? '20 02 01 00' : '20 02 00 00');
  return client;
}

/** The next packets by kind, and those with a payload by payload (`left`, `right` or none); sorted, since some may overtake others. */
async function kinds(client: RawClient, count: number): Promise<string[]> {
  const found: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const bytes = await client.nextPacket();
    const type = ['PUBLISH', 'PUBACK', 'SUBACK', 'PINGRESP'][[3, 4, 9, 13].indexOf((bytes[0] ?? 0) >> 4)] ?? hex(bytes);
    const payload = /(left|right)?$/.exec(Buffer.from(bytes).toString('latin1'))?.[0] ?? '';
    found.push(type === 'PUBLISH' ? `PUBLISH ${payload}` : type);
  }
  return found.toSorted((one, other) => (one < other ? -1 : 1));
}

describe('two deployments with the same client ids, topics and users do not see each other', () => {
  for (const [name, left, right] of ways) {
    test(name, async () => {
      const topic = `room/${name}`;
      await (await open(left, { clean: true, sessionPresent: false }))[Symbol.asyncDispose]();
      await (await open(right, { clean: true, sessionPresent: false }))[Symbol.asyncDispose]();

      // Neither takes the other over, though the client identifier is the same.
      await using there = await open(left, { clean: false, sessionPresent: false });
      await using here = await open(right, { clean: false, sessionPresent: false });
      there.send(subscribePacket(4, 1, '#', 1));
      await there.expect('90 03 00 01 01');
      here.send(subscribePacket(4, 1, '#', 1));
      await here.expect('90 03 00 01 01');

      // What one publishes, retained too, reaches itself and not the other.
      there.send(publishPacket(4, { topic, payload: 'left', qos: 1, retain: true, packetIdentifier: 2 }));
      expect(await kinds(there, 2)).toEqual(['PUBACK', 'PUBLISH left']);
      here.send(publishPacket(4, { topic, payload: 'right' }));
      expect(await kinds(here, 1)).toEqual(['PUBLISH right']);

      // The retained message is of its own deployment only.
      there.send(subscribePacket(4, 3, topic, 0));
      expect(await kinds(there, 2)).toEqual(['PUBLISH left', 'SUBACK']);
      here.send(subscribePacket(4, 3, topic, 0));
      expect(await kinds(here, 1)).toEqual(['SUBACK']);
      here.send(pingRequest);
      expect(await kinds(here, 1)).toEqual(['PINGRESP']);

      // The next way finds nothing left behind.
      there.send(publishPacket(4, { topic, payload: '', qos: 1, retain: true, packetIdentifier: 4 }));
      expect(await kinds(there, 2)).toEqual(['PUBACK', 'PUBLISH ']);
      expect([there.isClosed, here.isClosed]).toEqual([false, false]);
    });
  }

  test('a session of one is not resumed in the other', async () => {
    const left = tls(serverless[0].address, service.ready.mqtts, 'tls');
    const right = tls(serverless[1].address, service.ready.mqtts, 'tls');
    await (await open(left, { clean: true, sessionPresent: false }))[Symbol.asyncDispose]();
    await (await open(right, { clean: true, sessionPresent: false }))[Symbol.asyncDispose]();
    await (await open(left, { clean: false, sessionPresent: false }))[Symbol.asyncDispose]();
    await (await open(right, { clean: false, sessionPresent: false }))[Symbol.asyncDispose]();
    await (await open(left, { clean: false, sessionPresent: true }))[Symbol.asyncDispose]();
  });

  test('a credential of one is none in the other', async () => {
    await service.berthJson('credential', 'add', serverless[0].id, 'only-left', '--password-file', passwordFile);
    const enter = async (side: 0 | 1) => {
      await using client = await RawClient.connect(tls(serverless[side].address, service.ready.mqtts, 'tls'));
      client.send(connectPacket({ version: 4, clientId: 'guest', username: 'only-left', password }));
      return (await client.nextPacket())[3];
    };
    expect([await enter(0), await enter(1)]).toEqual([0, 4]);
  });

  test('a serverless deployment is not reached on the plain ports of another', async () => {
    await using client = await RawClient.connect({ transport: 'tcp', port: ports.mqtt[0] });
    client.send(
      connectPacket({ version: 4, clientId: 'guest', username: service.ready.username, password: service.password }),
    );
    await client.expect('20 02 00 04');
  });

  test('stopping one closes its connections and leaves the other alone', async () => {
    const left = tls(serverless[0].address, service.ready.mqtts, 'tls');
    const right = tls(serverless[1].address, service.ready.mqtts, 'tls');
    await using there = await open(left, { clean: true, sessionPresent: false });
    await using here = await open(right, { clean: true, sessionPresent: false });
    await service.berthJson('deployment', 'stop', serverless[0].id);
    await there.closed();
    here.send(pingRequest);
    await here.expect('d0 00');
    await using late = await RawClient.connect(left);
    late.send(connectPacket({ version: 4, clientId, username, password }));
    await late.expect('20 02 00 03');
    await service.berthJson('deployment', 'start', serverless[0].id);
    await using again = await open(left, { clean: true, sessionPresent: false });
    expect(again.isClosed).toBe(false);
  });
});
