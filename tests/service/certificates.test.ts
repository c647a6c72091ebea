import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { connectPacket, pingRequest } from '../../testkit/packets.ts';
import { RawClient } from '../../testkit/raw-client.ts';
import { Service } from '../../testkit/service.ts';

/** The part of `berth ca --json` that is looked at here. */
interface Status {
  readonly source: string;
  readonly server: { readonly fingerprint: string; readonly issuer: string };
  readonly caFile: string | null;
  readonly roots: readonly { readonly name: string; readonly fingerprint: string }[];
  readonly rollover: { readonly phase: string; readonly switchAt: string } | null;
  readonly refused: string | null;
}

const folder = mkdtempSync(join(tmpdir(), 'berth-certificates-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** SHA-256 of the server certificate that a new connection is shown, verified against the CA file. */
function shownOn(port: number, ca: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca }, () => {
    resolve(socket.getPeerCertificate().fingerprint256);
    socket.destroy();
  });
  socket.on('error', reject);
  return promise;
}

/** How many TLS sessions a client is given to come back with: it connects with MQTT and leaves when it has its CONNACK. */
function sessionsGiven({ ready, password }: Service): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let count = 0;
  const ca = readFileSync(ready.ca, 'utf8');
  const socket = connect({ host: '127.0.0.1', port: ready.mqtts, servername: 'localhost', ca, minVersion: 'TLSv1.3' });
  socket.on('secureConnect', () => {
    socket.write(connectPacket({ version: 4, clientId: 'tickets', username: ready.username, password }));
  });
  socket.on('session', () => (count += 1));
  socket.on('data', () => socket.end(Uint8Array.of(0xe0, 0)));
  socket.on('error', reject);
  socket.on('close', () => resolve(count));
  return promise;
}

async function open(service: Service, transport: 'tls' | 'wss', clientId: string): Promise<RawClient> {
  const { mqtts, wss, ca, username } = service.ready;
  const port = transport === 'tls' ? mqtts : wss;
  const client = await RawClient.connect({ transport, port, ca: readFileSync(ca, 'utf8') });
  client.send(connectPacket({ version: 4, clientId, username, password: service.password }));
  await client.expect('20 02 00 00');
  return client;
}

async function expectAlive(client: RawClient): Promise<void> {
  client.send(pingRequest);
  await client.expect('d0 00');
}

describe('certificates of Berth', () => {
  let service: Service;
  beforeAll(async () => {
    service = await Service.start();
  });
  afterAll(() => service[Symbol.asyncDispose]());

  test('berth ca renew: new connections see the new one on every listener, open ones stay', async () => {
    await using first = await open(service, 'tls', 'first');
    await using second = await open(service, 'wss', 'second');
    const before = await service.berthJson<Status>('ca');
    const after = await service.berthJson<Status>('ca', 'renew');
    expect(after.server.fingerprint).not.toBe(before.server.fingerprint);
    for (const port of [service.ready.mqtts, service.ready.wss]) {
      expect(await shownOn(port, after.caFile ?? '')).toBe(after.server.fingerprint);
    }
    await expectAlive(first);
    await expectAlive(second);
  });

  test('no connect fails while the certificate is swapped', async () => {
    const url = `http://127.0.0.1:${service.ready.http}/api/v1/certificates/renew`;
    const token = readFileSync(join(service.dataDirectory, 'admin-token'), 'utf8').trim();
    const connecting: Promise<void>[] = [];
    for (let swap = 0; swap < 5; swap += 1) {
      const swapped = fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
      for (let count = 0; count < 20; count += 1) {
        connecting.push(
          (async () => {
            await using client = await open(service, count % 2 === 0 ? 'tls' : 'wss', `swap-${swap}-${count}`);
            client.end();
          })(),
        );
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect((await swapped).status).toBe(200);
    }
    const outcomes = await Promise.allSettled(connecting);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
  });

  test('a rollover from its plan to its end, over restarts', async () => {
    const oldFile = readFileSync(service.ready.ca, 'utf8');
    const planned = await service.berthJson<Status>('ca', 'rollover');
    const days = (Date.parse(planned.rollover?.switchAt ?? '') - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(30);
    const bundle = planned.caFile ?? '';
    expect(bundle.startsWith(oldFile)).toBe(true);
    expect(bundle.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(await (await fetch(`http://127.0.0.1:${service.ready.http}/ca.crt`)).text()).toBe(bundle);
    expect((await service.berth('ca')).stdout).toBe(bundle);
    expect((await service.berth('ca', '--fingerprint')).stdout.trim().split('\n')).toEqual(
      planned.roots.map(({ fingerprint }) => fingerprint),
    );
    // A device with the old file, and one with both.
    for (const ca of [oldFile, bundle]) expect(await shownOn(service.ready.mqtts, ca)).toBe(planned.server.fingerprint);

    await service.stop();
    const offline = await service.berthJson<Status>('ca', 'rollover', '--status');
    expect(offline).toEqual(planned);
    await using restarted = await Service.start({ data: service.dataDirectory });
    const { stdout, stderr } = await restarted.berth('ca', 'rollover', '--now');
    expect([stderr.startsWith('Warning: '), stdout.includes(planned.roots[1]?.name ?? '?')]).toEqual([true, true]);
    const switched = await restarted.berthJson<Status>('ca');
    expect([switched.rollover?.phase, switched.caFile]).toEqual(['switched', bundle]);
    expect(switched.server.issuer).toBe(planned.roots[1]?.name ?? '?');
    expect(await shownOn(restarted.ready.mqtts, bundle)).toBe(switched.server.fingerprint);
    await expect(shownOn(restarted.ready.mqtts, oldFile)).rejects.toThrow();

    const finished = await restarted.berthJson<Status>('ca', 'rollover', '--finish');
    expect([finished.rollover, finished.server.fingerprint]).toEqual([null, switched.server.fingerprint]);
    expect(bundle.endsWith(finished.caFile ?? '?')).toBe(true);
    const refused = await restarted.berth('ca', 'rollover', '--cancel');
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      'berth: No second root is being introduced. Begin with "berth ca rollover".\n',
    ]);
  });

  test('with no service running, the commands act on the data directory', async () => {
    await using other = await Service.start({ data: join(folder, 'stopped') });
    await other.stop();
    const before = await other.berthJson<Status>('ca');
    const renewed = await other.berthJson<Status>('ca', 'renew');
    expect(renewed.server.fingerprint).not.toBe(before.server.fingerprint);
    const switched = await other.berthJson<Status>('ca', 'rollover', '--now');
    expect(switched.rollover?.phase).toBe('switched');
    await using again = await Service.start({ data: join(folder, 'stopped') });
    expect(await again.berthJson<Status>('ca')).toEqual(switched);
    expect(await shownOn(again.ready.wss, readFileSync(again.ready.ca, 'utf8'))).toBe(switched.server.fingerprint);
  });
});

describe('a certificate of the operator', () => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  /** A chain with its root, and the key, as another authority would give them. */
  let own: { readonly chain: string; readonly key: string; readonly root: string };

  beforeAll(async () => {
    // Another Berth is an authority like any other.
    await using authority = await Service.start();
    const file = (name: string) => readFileSync(join(authority.dataDirectory, name), 'utf8');
    own = { chain: file('server.crt') + file('ca.crt'), key: file('server.key'), root: file('ca.crt') };
  });

  test('is shown, watched, and kept where its change is broken; its root is the CA file', async () => {
    writeFileSync(cert, own.chain);
    writeFileSync(key, own.key);
    await using service = await Service.start({ args: ['--cert', cert, '--key', key] });
    const status = await service.berthJson<Status>('ca');
    expect([status.source, status.caFile, status.server.fingerprint]).toEqual([
      'own',
      own.root,
      new X509Certificate(own.chain).fingerprint256,
    ]);
    expect(readFileSync(service.ready.ca, 'utf8')).toBe(own.root);
    expect((await service.berth('ca')).stdout).toBe(own.root);
    await using client = await open(service, 'tls', 'kept');
    expect(await shownOn(service.ready.mqtts, own.root)).toBe(status.server.fingerprint);

    writeFileSync(key, 'broken');
    const broken = await service.berth('ca', 'renew');
    expect([broken.exitCode, broken.stderr]).toEqual([1, expect.stringContaining('holds no private key in PEM form')]);
    expect((await service.berthJson<Status>('ca')).refused).toContain('holds no private key in PEM form');
    expect(await shownOn(service.ready.mqtts, own.root)).toBe(status.server.fingerprint);

    await using next = await Service.start();
    const file = (name: string) => readFileSync(join(next.dataDirectory, name), 'utf8');
    writeFileSync(cert, file('server.crt') + file('ca.crt'));
    writeFileSync(key, file('server.key'));
    const renewed = await service.berthJson<Status>('ca', 'renew');
    expect([renewed.refused, renewed.caFile]).toEqual([null, file('ca.crt')]);
    expect(await shownOn(service.ready.wss, file('ca.crt'))).toBe(renewed.server.fingerprint);
    await expectAlive(client);
    const refused = await service.berth('ca', 'rollover');
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('one of your own')]);
  });

  test('without its root: commands over HTTPS know it, and there is no CA file', async () => {
    // A chain that ends below a root which nobody is given: the root of Berth stands in for an intermediate.
    writeFileSync(cert, own.chain);
    writeFileSync(key, own.key);
    await using service = await Service.start({ args: ['--cert', cert, '--key', key, '--http-bind', '0.0.0.0'] });
    rmSync(join(service.dataDirectory, 'own-ca.crt'));
    expect((await service.berthJson<Status>('ca')).source).toBe('own');
    const refused = await service.berth('ca');
    expect([refused.exitCode, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain('There is no CA file');
  });

  test('one that does not fit keeps the service from starting, with one sentence', async () => {
    writeFileSync(cert, own.chain);
    writeFileSync(key, own.key);
    const options = ['--cert', cert, '--key', key, '--domain', 'mqtt.example.com'];
    await expect(Service.start({ args: options })).rejects.toThrow(
      'does not cover *.mqtt.example.com, mqtt.example.com',
    );
    await expect(Service.start({ args: ['--cert', cert] })).rejects.toThrow('--cert is set and --key is not');
  });
});

test('HTTPS of the console follows a renewal, and commands trust it', async () => {
  // Every address is not loopback, so it is HTTPS.
  await using service = await Service.start({ args: ['--http-bind', '0.0.0.0'] });
  expect(service.ready).toMatchObject({ httpBind: '0.0.0.0', httpTls: true });
  const before = await service.berthJson<Status>('ca');
  expect(await shownOn(service.ready.http, before.caFile ?? '')).toBe(before.server.fingerprint);
  const after = await service.berthJson<Status>('ca', 'renew');
  expect(await shownOn(service.ready.http, after.caFile ?? '')).toBe(after.server.fingerprint);
});

test('session tickets are given where the operator turns them on, and go on with another certificate', async () => {
  await using without = await Service.start();
  expect(await sessionsGiven(without)).toBe(0);
  await using service = await Service.start({ args: ['--session-tickets', 'on'] });
  expect(await sessionsGiven(service)).toBe(2);
  await service.berthJson<Status>('ca', 'renew');
  expect(await sessionsGiven(service)).toBe(2);
});
