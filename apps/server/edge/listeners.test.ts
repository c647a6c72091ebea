import { describe, expect, test } from 'bun:test';
import { connect as connectTls } from 'node:tls';
import { PortInUseError } from './port-in-use-error.ts';
import { firstCertificate, secondCertificate } from './test-certificates.ts';
import { TestClient } from './test-client.ts';
import { clientHello } from './test-client-hello.ts';
import { TestEdge, receivedBytes, testDeployment } from './test-edge.ts';

describe('a plain listener', () => {
  test('opens at once, with the deployment that it belongs to', async () => {
    using core = new TestEdge();
    const { port } = core.edge.listenPlain('mqtt', '127.0.0.1', 0, testDeployment);
    using client = await TestClient.tcp(port);
    const { facts } = await core.opened();
    expect(facts).toMatchObject({ listener: 'mqtt', deployment: testDeployment, serverName: null, tlsVersion: null });
    expect(facts.remotePort).toBe(client.socket.localPort ?? 0);
  });

  for (const cut of [1, 2, 50]) {
    test(`names TLS on it, the ClientHello cut behind byte ${cut}`, async () => {
      using core = new TestEdge();
      const { port } = core.edge.listenPlain('mqtt', '127.0.0.1', 0, testDeployment);
      using client = await TestClient.tcp(port);
      const connection = await core.opened();
      const hello = clientHello();
      client.socket.setNoDelay(true);
      client.write(hello.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      client.write(hello.subarray(cut));
      expect(await client.end()).toBe('ended');
      client.socket.destroy();
      expect(await core.closed(connection)).toMatchObject({ kind: 'fault', fault: 'port.tls-on-plain' });
      expect(connection.receivedLength).toBe(0);
    });
  }

  test('keeps a first byte that only looks like TLS', async () => {
    using core = new TestEdge();
    const { port } = core.edge.listenPlain('mqtt', '127.0.0.1', 0, testDeployment);
    using client = await TestClient.tcp(port);
    const connection = await core.opened();
    client.write(Uint8Array.of(0x16));
    await new Promise((resolve) => setImmediate(resolve));
    client.write(Uint8Array.of(0x04, 0x05));
    await core.until(() => connection.receivedLength === 3);
    expect([...receivedBytes(connection)]).toEqual([0x16, 0x04, 0x05]);
  });

  test('a peer that ends its side in the middle of a packet is closed as the peer', async () => {
    using core = new TestEdge();
    const { port } = core.edge.listenPlain('mqtt', '127.0.0.1', 0, testDeployment);
    using client = await TestClient.tcp(port);
    client.socket.end(Uint8Array.of(0x10, 0x40));
    const connection = await core.opened();
    expect(await core.closed(connection)).toEqual({ kind: 'peer' });
    expect([...receivedBytes(connection)]).toEqual([0x10, 0x40]);
  });

  test('closed, it takes no more connections and keeps those that are open', async () => {
    using core = new TestEdge();
    const listener = core.edge.listenPlain('mqtt', '127.0.0.1', 0, testDeployment);
    using client = await TestClient.tcp(listener.port);
    const { id } = await core.opened();
    listener.close();
    await expect(TestClient.tcp(listener.port)).rejects.toThrow();
    core.edge.send(id, Buffer.from('still here'));
    expect((await client.receive(10)).toString()).toBe('still here');
  });
});

describe('a port in use', () => {
  test('is named, for TLS and for plain listeners, whoever has it', () => {
    using core = new TestEdge();
    const plain = core.edge.listenPlain('mqtt', '127.0.0.1', 0, testDeployment);
    const tls = core.edge.listenTls('mqtts', '127.0.0.1', 0, firstCertificate);
    for (const { port } of [plain, tls]) {
      expect(() => core.edge.listenPlain('ws', '127.0.0.1', port, testDeployment)).toThrow(PortInUseError);
      expect(() => core.edge.listenTls('wss', '127.0.0.1', port, firstCertificate)).toThrow(PortInUseError);
    }
  });

  test('is free again behind close', () => {
    using core = new TestEdge();
    const listener = core.edge.listenTls('mqtts', '127.0.0.1', 0, firstCertificate);
    listener.close();
    listener.close();
    expect(core.edge.listenTls('mqtts', '127.0.0.1', listener.port, firstCertificate).port).toBe(listener.port);
  });
});

describe('handshakes of one address', () => {
  test('above the limit wait, and start in their order as others end', async () => {
    using core = new TestEdge({ handshakesPerAddress: 2 });
    const { port } = core.edge.listenTls('mqtts', '127.0.0.1', 0, firstCertificate);
    using first = await TestClient.begun(port);
    using second = await TestClient.begun(port);
    await core.until(() => core.edge.handshakeCount === 2);
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (index) => {
      const client = await TestClient.tls(port, { servername: `n${index}.berth.localhost` });
      order.push(index);
      return client;
    });
    // Another address is not held back.
    using other = await TestClient.tls(port, { localAddress: '127.0.0.2' } as object);
    const { facts } = await core.opened();
    expect(facts.remoteAddress).toBe('127.0.0.2');
    expect(core.edge.handshakeCount).toBe(2);
    expect(order).toEqual([]);
    first.socket.end();
    const clients = await Promise.all(waiting);
    await core.opened(3);
    expect(core.connections.slice(1).map((connection) => connection.facts.serverName)).toEqual([
      'n1.berth.localhost',
      'n2.berth.localhost',
      'n3.berth.localhost',
    ]);
    second.socket.end();
    await core.refused(1);
    expect(core.edge.handshakeCount).toBe(0);
    for (const client of [...clients, other]) client.socket.destroy();
  });

  test('the time of waiting does not count against the time-out', async () => {
    using core = new TestEdge({ handshakesPerAddress: 1, handshakeTimeoutMs: 30_000 });
    const { port } = core.edge.listenTls('mqtts', '127.0.0.1', 0, firstCertificate);
    using _silent = await TestClient.begun(port);
    await core.until(() => core.edge.handshakeCount === 1);
    const patient = TestClient.tls(port);
    using _other = await TestClient.tls(port, { localAddress: '127.0.0.2' } as object);
    await core.opened();
    core.now += 30_000;
    expect((await core.refused()).fault).toBe('tls.timeout');
    using _patient = await patient;
    expect((await core.opened(1)).facts.acceptedAt).toBe(core.now);
  });

  test('one that waits too long is turned away, and one that has closed meanwhile takes no turn', async () => {
    using core = new TestEdge({ handshakesPerAddress: 1, handshakeTimeoutMs: 30_000 });
    const { port } = core.edge.listenTls('mqtts', '127.0.0.1', 0, firstCertificate);
    using silent = await TestClient.begun(port);
    await core.until(() => core.edge.handshakeCount === 1);
    using ended = await TestClient.begun(port);
    ended.socket.end();
    const last = TestClient.tls(port);
    using _other = await TestClient.tls(port, { localAddress: '127.0.0.2' } as object);
    await core.opened();
    silent.socket.destroy();
    using _last = await last;
    expect((await core.refused(1)).fault).toBe('tls.cut');
    await core.opened(1);
    expect(core.edge.handshakeCount).toBe(0);
    // Now one that waits for longer than a handshake may take.
    using slow = await TestClient.begun(port);
    await core.until(() => core.edge.handshakeCount === 1);
    core.handshakePace = () => ({ key: 'slow', perSecond: 0.001 });
    const hello = clientHello({ serverName: 'slow.berth.localhost' });
    const patient = await Promise.all(Array.from({ length: 6 }, () => TestClient.tcp(port)));
    for (const client of patient) client.write(hello);
    await core.until(() => core.edge.pacedHandshakeCount === 1);
    core.now += 30_000;
    await core.until(() => core.refusals.some(({ fault }) => fault === 'server.busy'));
    for (const client of [slow, ...patient]) client.socket.destroy();
  });

  test('one that gives up while it waits is reported, and holds nobody up', async () => {
    using core = new TestEdge({ handshakesPerAddress: 1 });
    const { port } = core.edge.listenTls('mqtts', '127.0.0.1', 0, firstCertificate);
    using silent = await TestClient.begun(port);
    await core.until(() => core.edge.handshakeCount === 1);
    using reset = await TestClient.begun(port);
    const last = TestClient.tls(port);
    using _other = await TestClient.tls(port, { localAddress: '127.0.0.2' } as object);
    await core.opened();
    reset.socket.resetAndDestroy();
    expect((await core.refused()).fault).toBe('tls.cut');
    silent.socket.end();
    using _last = await last;
    await core.opened(1);
    expect(core.refusals).toHaveLength(2);
    expect(core.edge.handshakeCount).toBe(0);
  });
});

describe('handshakes of one deployment', () => {
  test('start at its pace, others in between; one that gives up meanwhile is reported', async () => {
    using core = new TestEdge();
    const asked: unknown[] = [];
    core.handshakePace = (listener, serverName) => {
      asked.push([listener, serverName]);
      return serverName === 'noisy.berth.localhost' ? { key: 'noisy', perSecond: 5 } : null;
    };
    const { port } = core.edge.listenTls('wss', '127.0.0.1', 0, firstCertificate);
    const noisy = () => TestClient.tls(port, { servername: 'Noisy.berth.localhost' });
    // As many as may come at once.
    const begun = await Promise.all(Array.from({ length: 5 }, noisy));
    const hello = clientHello({ serverName: 'noisy.berth.localhost' });
    using gone = await TestClient.tcp(port);
    gone.write(hello);
    const waiting = noisy();
    await core.until(() => asked.length === 7);
    expect(core.edge.handshakeCount).toBe(0);
    using quiet = await TestClient.tls(port, { servername: 'quiet.berth.localhost' });
    expect(asked.at(-1)).toEqual(['wss', 'quiet.berth.localhost']);
    expect(asked[0]).toEqual(['wss', 'noisy.berth.localhost']);
    gone.socket.resetAndDestroy();
    expect((await core.refused()).fault).toBe('tls.cut');
    core.now += 200;
    for (const client of [await waiting, quiet, ...begun]) client.socket.destroy();
  });

  test('one that has not told its name yet does not wait', async () => {
    using core = new TestEdge();
    core.handshakePace = () => ({ key: 'all', perSecond: 1 });
    const { port } = core.edge.listenTls('mqtts', '127.0.0.1', 0, firstCertificate);
    const clients = await Promise.all(Array.from({ length: 10 }, () => TestClient.begun(port)));
    await core.until(() => core.edge.handshakeCount === 10);
    for (const client of clients) client.socket.destroy();
  });
});

describe('a change of the certificate', () => {
  test('shows the new one at once, and open connections stay', async () => {
    using core = new TestEdge();
    const { port } = core.edge.listenTls('mqtts', '127.0.0.1', 0, firstCertificate);
    using before = await TestClient.tls(port, { ca: firstCertificate.ca, servername: 'berth.localhost' });
    await core.edge.replaceCertificate(secondCertificate);
    for (let count = 0; count < 30; count++) {
      using _after = await TestClient.tls(port, { ca: secondCertificate.ca, servername: 'berth.localhost' });
    }
    const { id } = await core.opened(0);
    core.edge.send(id, Buffer.from('still here'));
    expect((await before.receive(10)).toString()).toBe('still here');
  });

  test('that is broken changes nothing', async () => {
    using core = new TestEdge();
    const { port } = core.edge.listenTls('mqtts', '127.0.0.1', 0, firstCertificate);
    await expect(core.edge.replaceCertificate({ cert: 'no', key: 'no' })).rejects.toThrow();
    using _client = await TestClient.tls(port, { ca: firstCertificate.ca, servername: 'berth.localhost' });
    expect((await core.opened()).facts.tlsVersion).toBe('TLSv1.3');
  });

  test('twenty times while clients connect without a pause fails none of them', async () => {
    using core = new TestEdge({ listenerRetireMs: 100 });
    core.onData = ({ id }, bytes) => core.edge.send(id, bytes);
    const { port } = core.edge.listenTls('mqtts', '127.0.0.1', 0, firstCertificate);
    using early = await TestClient.tls(port);
    let running = true;
    let count = 0;
    const failures: string[] = [];
    const load = async (): Promise<void> => {
      while (running) {
        count += 1;
        await connectAndEcho(port).catch((error: unknown) => failures.push(String(error)));
      }
    };
    const loads = Array.from({ length: 6 }, load);
    for (let swap = 1; swap <= 20; swap++) {
      const target = count + 15;
      await core.edge.replaceCertificate(swap % 2 === 1 ? secondCertificate : firstCertificate);
      await core.until(() => count >= target);
    }
    running = false;
    await Promise.all(loads);
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(300);
    early.write('early');
    expect((await early.receive(5)).toString()).toBe('early');
  }, 30_000);
});

/** @throws Error when anything but a proper echo happens. */
async function connectAndEcho(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => socket.write('ping'));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed')));
    socket.on('data', () => {
      resolve();
      socket.destroy();
    });
  });
}
