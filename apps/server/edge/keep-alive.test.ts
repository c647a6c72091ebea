import { expect, test } from 'bun:test';
import { acceptWithKeepAlive } from './socket-options.ts';
import { firstCertificate, secondCertificate } from './test-certificates.ts';
import { TestClient } from './test-client.ts';
import { LoneConnection } from './test-lone-connection.ts';
import { TestEdge, testDeployment } from './test-edge.ts';
import { descriptorBetween, socketOption } from './test-kernel-socket.ts';

/** SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT on the side of the server. */
function keepAliveOf(port: number, client: TestClient): number[] {
  const descriptor = descriptorBetween(port, client.socket.localPort ?? 0);
  const options = [
    [1, 9],
    [6, 4],
    [6, 5],
    [6, 6],
  ] as const;
  return options.map(([level, name]) => socketOption(descriptor, level, name));
}

// Each is looked at before it is open, which is when it would get keep-alive by itself.
test('connections of every listener are accepted with keep-alive, also behind a change of the certificate', async () => {
  using core = new TestEdge({ listenerRetireMs: 0 });
  const { edge } = core;
  if (process.platform !== 'linux') {
    using listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: {} });
    expect(acceptWithKeepAlive(listener)).toBe(false);
    return;
  }
  const plain = edge.listenPlain('ws', '127.0.0.1', 0, testDeployment);
  using webSocket = await TestClient.tcp(plain.port);
  webSocket.write('no request\r\n\r\n');
  await core.refused();
  expect(keepAliveOf(plain.port, webSocket)).toEqual([1, 120, 1, 10]);

  const tls = edge.listenTls('mqtts', '127.0.0.1', 0, firstCertificate);
  using before = await TestClient.begun(tls.port);
  await core.until(() => edge.handshakeCount === 1);
  expect(keepAliveOf(tls.port, before)).toEqual([1, 120, 1, 10]);

  await edge.replaceCertificate(secondCertificate);
  using after = await TestClient.begun(tls.port);
  await core.until(() => edge.handshakeCount === 2);
  expect(keepAliveOf(tls.port, after)).toEqual([1, 120, 1, 10]);
  expect(core.connections).toEqual([]);
});

for (const comes of [true, false]) {
  test(`a connection that is accepted ${comes ? 'with keep-alive does not set it' : 'without keep-alive sets it'}`, () => {
    const bench = new LoneConnection('mqtt', { keepAliveComes: comes });
    bench.connection.startStream();
    expect(bench.keepAlive).toEqual(comes ? [] : [[true, 120_000]]);
  });
}

test('a listener that has no descriptor says that keep-alive does not come', () => {
  expect(acceptWithKeepAlive({})).toBe(false);
});
