import { describe, expect, test } from 'bun:test';
import { firstCertificate, secondCertificate } from './test-certificates.ts';
import { TestClient } from './test-client.ts';
import { alertRecord, clientHello } from './test-client-hello.ts';
import { TestEdge, receivedBytes } from './test-edge.ts';
import type { EdgeLimits } from './options.ts';

function listen(limits: Partial<EdgeLimits> = {}, kind: 'mqtts' | 'wss' = 'mqtts') {
  const core = new TestEdge(limits);
  const listener = core.edge.listenTls(kind, '127.0.0.1', 0, firstCertificate);
  return { core, port: listener.port, listener, [Symbol.dispose]: () => core[Symbol.dispose]() };
}

describe('a TLS connection', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`opens with ${version}, carries bytes both ways and closes in order`, async () => {
      using server = listen();
      server.core.onData = (connection, bytes) => {
        server.core.edge.send(connection.id, bytes);
        server.core.edge.end(connection.id);
      };
      using client = await TestClient.tls(server.port, {
        minVersion: version,
        maxVersion: version,
        servername: 'Device.Berth.LocalHost',
        ca: firstCertificate.ca,
      });
      const remotePort = client.socket.localPort ?? 0;
      client.write('hello');
      expect((await client.receive(5)).toString()).toBe('hello');
      expect(await client.end()).toBe('ended');
      const connection = await server.core.opened();
      expect(connection.facts).toEqual({
        listener: 'mqtts',
        deployment: null,
        serverName: 'device.berth.localhost',
        host: null,
        remoteAddress: '127.0.0.1',
        remotePort,
        tlsVersion: version,
        acceptedAt: server.core.now,
      });
      client.socket.destroy();
      expect(await server.core.closed(connection)).toEqual({ kind: 'local' });
      expect(server.core.wrongs).toEqual([]);
    });
  }

  test('without SNI has no server name', async () => {
    using server = listen();
    using _client = await TestClient.tls(server.port);
    expect((await server.core.opened()).facts.serverName).toBeNull();
  });

  test('on all interfaces shows IPv4 addresses as such', async () => {
    using core = new TestEdge();
    const { port } = core.edge.listenTls('mqtts', '::', 0, firstCertificate);
    using _four = await TestClient.tls(port);
    expect((await core.opened(0)).facts.remoteAddress).toBe('127.0.0.1');
    using _six = await TestClient.tls(port, { host: '::1' });
    expect((await core.opened(1)).facts.remoteAddress).toBe('::1');
  });

  test('that the peer closes or resets is told so', async () => {
    using server = listen();
    using polite = await TestClient.tls(server.port);
    polite.socket.end();
    expect(await server.core.closed(await server.core.opened(0))).toEqual({ kind: 'peer' });
    using rude = await TestClient.tls(server.port);
    const connection = await server.core.opened(1);
    rude.socket.resetAndDestroy();
    expect((await server.core.closed(connection)).kind).not.toBe('local');
  });

  test('bytes behind the end that the core asked for are dropped', async () => {
    using server = listen();
    server.core.onData = (connection) => server.core.edge.end(connection.id);
    using client = await TestClient.tls(server.port);
    client.write('first');
    const connection = await server.core.opened();
    await server.core.until(() => connection.receivedLength > 0);
    client.write('second');
    expect(await client.end()).toBe('ended');
    client.socket.destroy();
    expect(await server.core.closed(connection)).toEqual({ kind: 'local' });
    expect(receivedBytes(connection).toString()).toBe('first');
  });

  test('a peer that never closes is cut after the linger time', async () => {
    using server = listen({ lingerMs: 5_000 });
    server.core.onOpened = (connection) => server.core.edge.end(connection.id);
    using client = await TestClient.tls(server.port, { allowHalfOpen: true } as object);
    const connection = await server.core.opened();
    expect(await client.end()).toBe('ended');
    server.core.now += 5_000;
    expect(await server.core.closed(connection)).toEqual({ kind: 'local' });
    expect(server.core.edge.connectionCount).toBe(0);
  });

  test('abort closes at once, and closed comes once, not within the call', async () => {
    using server = listen();
    using _client = await TestClient.tls(server.port);
    const connection = await server.core.opened();
    server.core.edge.abort(connection.id);
    expect(connection.closed).toBeNull();
    server.core.edge.abort(connection.id);
    expect(server.core.edge.send(connection.id, new Uint8Array(3))).toBe(0);
    expect(await server.core.closed(connection)).toEqual({ kind: 'local' });
    expect(server.core.wrongs).toEqual([]);
  });
});

describe('bytes that are not TLS on a TLS port', () => {
  const guests = [
    ['an HTTP request', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', ['port.http-on-tls']],
    ['a CONNECT without TLS', '\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0', ['port.plain-mqtt-on-tls']],
    // The first byte is seen only where it came before the handshake began.
    ['an SSH greeting', 'SSH-2.0-OpenSSH_9.9\r\n', ['port.not-tls', 'port.plain-mqtt-on-tls']],
    ['a record that is none', '\x16\x03\x01\0\x05hello', ['port.not-tls']],
  ] as const;
  for (const [name, bytes, faults] of guests) {
    test(`${name} is named`, async () => {
      using server = listen();
      using client = await TestClient.tcp(server.port);
      client.write(Buffer.from(bytes, 'latin1'));
      const refusal = await server.core.refused();
      expect([...faults] as string[]).toContain(refusal.fault);
      expect(refusal).toMatchObject({ listener: 'mqtts', remoteAddress: '127.0.0.1', serverName: null });
      await client.end();
      expect(server.core.connections).toEqual([]);
    });
  }

  test('what came before the handshake began is told apart', async () => {
    using server = listen({ handshakesPerAddress: 1 });
    using first = await TestClient.begun(server.port);
    await server.core.until(() => server.core.edge.handshakeCount === 1);
    using second = await TestClient.tcp(server.port);
    second.write('SSH-2.0-OpenSSH_9.9\r\n');
    using third = await TestClient.tcp(server.port);
    third.write(Buffer.from('\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0', 'latin1'));
    // Connections are accepted in the order in which their first bytes come.
    using _other = await TestClient.tls(server.port, { localAddress: '127.0.0.2' } as object);
    await server.core.opened();
    expect(server.core.edge.delayedHandshakeCount).toBe(2);
    first.socket.end();
    expect((await server.core.refused(0)).fault).toBe('tls.cut');
    expect((await server.core.refused(1)).fault).toBe('port.not-tls');
    expect((await server.core.refused(2)).fault).toBe('port.plain-mqtt-on-tls');
  });

  test('random bytes never open a connection and are always reported', async () => {
    using server = listen();
    for (let round = 0; round < 50; round++) {
      using client = await TestClient.tcp(server.port);
      client.write(crypto.getRandomValues(new Uint8Array(1 + round * 7)));
      client.socket.end();
      expect((await server.core.refused(round)).detail).not.toBe('');
    }
    expect(server.core.refusals).toHaveLength(50);
    expect(server.core.connections).toEqual([]);
  });
});

describe('a handshake that fails', () => {
  test('cut before, in the middle of, and behind the ClientHello', async () => {
    using server = listen();
    const hello = clientHello({ serverName: 'cut.berth.localhost' });
    for (const [index, length] of [0, 1, 5, 40, hello.length].entries()) {
      using client = await TestClient.tcp(server.port);
      client.write(hello.subarray(0, length));
      if (length === hello.length) await client.receive(1);
      client.socket.end();
      const refusal = await server.core.refused(index);
      expect(refusal.fault).toBe('tls.cut');
      const answered = length === hello.length;
      expect(refusal.serverName).toBe(answered ? 'cut.berth.localhost' : null);
      expect(refusal.tlsVersion).toBe(answered ? 'TLSv1.2' : null);
      expect(refusal.detail.includes('certificate')).toBe(answered);
    }
    expect(server.core.connections).toEqual([]);
  });

  test('reset in the middle', async () => {
    using server = listen();
    using client = await TestClient.tcp(server.port);
    client.write(clientHello({ serverName: 'reset.berth.localhost' }));
    await client.receive(1);
    client.socket.resetAndDestroy();
    expect(await server.core.refused()).toMatchObject({
      fault: 'tls.cut',
      serverName: 'reset.berth.localhost',
      detail: expect.stringContaining('reset'),
    });
  });

  test('TLS 1.0 and 1.1 are refused', async () => {
    using server = listen();
    for (const [index, version] of [0x0301, 0x0302].entries()) {
      using client = await TestClient.tcp(server.port);
      client.write(clientHello({ version, serverName: 'old' }));
      expect(await server.core.refused(index)).toMatchObject({ fault: 'tls.version', serverName: 'old' });
      // The client gets the alert protocol_version.
      expect([...(await client.receive(7)).subarray(0, 7)]).toEqual([0x15, 3, expect.any(Number), 0, 2, 2, 70]);
    }
  });

  test('no cipher suite in common', async () => {
    using server = listen();
    using client = await TestClient.tcp(server.port);
    // TLS_RSA_WITH_RC4_128_SHA
    client.write(clientHello({ ciphers: [0x0005] }));
    expect((await server.core.refused()).fault).toBe('tls.cipher');
  });

  const alerts = [
    [42, 'tls.certificate-rejected'],
    [43, 'tls.certificate-rejected'],
    [44, 'tls.certificate-rejected'],
    [45, 'tls.certificate-expired'],
    [46, 'tls.certificate-rejected'],
    [48, 'tls.unknown-ca'],
    [40, 'tls.cipher'],
    [70, 'tls.version'],
    [80, 'tls.failed'],
  ] as const;
  for (const [alert, fault] of alerts) {
    test(`alert ${alert} of the client is ${fault}`, async () => {
      using server = listen();
      using client = await TestClient.tcp(server.port);
      client.write(clientHello({ serverName: 'berth.localhost' }));
      await client.receive(200);
      client.write(alertRecord(alert));
      expect(await server.core.refused()).toMatchObject({ fault, serverName: 'berth.localhost' });
    });
  }

  test('a client that does not trust the CA and leaves without an alert: the report says that it had the certificate', async () => {
    using server = listen();
    await expect(
      TestClient.tls(server.port, { ca: secondCertificate.ca, servername: 'berth.localhost' }),
    ).rejects.toThrow();
    const refusal = await server.core.refused();
    expect(refusal).toMatchObject({ fault: 'tls.cut', serverName: 'berth.localhost', tlsVersion: 'TLSv1.3' });
    expect(refusal.detail).toContain('certificate');
  });

  test('one that does not go on is closed after the time-out', async () => {
    using server = listen({ handshakeTimeoutMs: 30_000 });
    using silent = await TestClient.begun(server.port);
    using slow = await TestClient.tcp(server.port);
    slow.write(clientHello().subarray(0, 20));
    await server.core.until(() => server.core.edge.handshakeCount === 2);
    using _third = await TestClient.tls(server.port);
    await server.core.opened();
    expect(server.core.edge.handshakeCount).toBe(2);
    server.core.now += 30_000;
    expect((await server.core.refused(0)).fault).toBe('tls.timeout');
    expect((await server.core.refused(1)).fault).toBe('tls.timeout');
    await silent.end();
    await slow.end();
    expect(server.core.edge.handshakeCount).toBe(0);
    expect(server.core.refusals).toHaveLength(2);
  });
});
