/** `berth doctor` against servers that follow a script: those that no broker at hand behaves like. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { makeCertificates, TestServer, type Script, type TestCertificates } from '../mqtt/test-server.ts';
import { run } from '../run.ts';
import { TestContext } from '../test-context.ts';
import { thisWorld, type World } from './world.ts';

const password = 'Quarrel-Obelisk-92';

/** `localhost` is one address here, so that every machine sees the same. */
const world: World = { ...thisWorld, resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]) };

interface Document {
  readonly findings: readonly {
    readonly step: string;
    readonly status: string;
    readonly seen: readonly string[];
    readonly fault?: { readonly name: string; readonly help?: { readonly lines: readonly string[] } };
    readonly details: Record<string, unknown>;
  }[];
  readonly exitCode: number;
}

async function doctor(...args: string[]): Promise<{ code: number; output: string; errors: string }> {
  const context = new TestContext({ world });
  const code = await run(['doctor', ...args], context);
  return { code, output: context.output.toString('utf8'), errors: context.errors };
}

async function examined(...args: string[]): Promise<Document & { text: string }> {
  const { output, errors } = await doctor(...args, '-u', 'device', '-P', password, '--json');
  return { ...(JSON.parse(output) as Document), text: output + errors };
}

/** Steps that are not ok, with the name of the fault. */
function wrongIn({ findings }: Document): string[] {
  return findings
    .filter(({ status }) => status === 'warning' || status === 'failed')
    .map(({ step, status, fault }) => `${step} ${status} ${fault?.name ?? ''}`);
}

const versionOf = (connect: Buffer): number => connect[8] ?? 0;
const typeOf = (packet: Buffer): number => (packet[0] ?? 0) >> 4;

/** A broker that keeps to the standard; `connect` and `publish` replace how it answers those. */
function brokerScript(parts: { connect?: Script; publish?: Script } = {}): Script {
  return (packet, connection) => {
    switch (typeOf(packet)) {
      case 1:
        if (parts.connect !== undefined) parts.connect(packet, connection);
        else connection.send(versionOf(packet) === 5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]);
        return;
      case 8:
        connection.send([0x90, 4, packet[2] ?? 0, packet[3] ?? 0, 0, 0]);
        return;
      default:
        parts.publish?.(packet, connection);
    }
  };
}

describe('a broker without 5.0 that acknowledges what it denies', () => {
  let server: TestServer;
  beforeAll(() => {
    server = TestServer.tcp(null, (packet, connection) => {
      const id = [packet[2] ?? 0, packet[3] ?? 0];
      if (typeOf(packet) === 1) connection.send(versionOf(packet) === 5 ? [0x20, 2, 0, 1] : [0x20, 2, 0, 0]);
      else if (typeOf(packet) === 8) connection.send([0x90, 3, ...id, 2]);
      else if (typeOf(packet) === 3) connection.send([0x40, 2, packet.at(-10) ?? 0, packet.at(-9) ?? 0]);
    });
  });
  afterAll(() => server[Symbol.dispose]());

  test('is one where the message does not come back: a warning for a topic that was made up', async () => {
    const document = await examined(`mqtt://localhost:${server.port}`, '--connect-timeout', '2');
    expect(wrongIn(document)).toEqual(['round-trip warning access.publish-denied']);
    expect(document.exitCode).toBe(0);
    expect(document.findings.find(({ step }) => step === 'connect-5.0')?.details).toEqual({ offered: false });
    expect(document.text).toContain('--topic TOPIC');
  });

  test('and a failure for a topic that was given', async () => {
    const document = await examined(`mqtt://localhost:${server.port}`, '--connect-timeout', '2', '--topic', 'a/b');
    expect(wrongIn(document)).toEqual(['round-trip failed access.publish-denied']);
    expect(document.exitCode).toBe(20);
  });
});

test('a password that a server sends back does not come into the output', async () => {
  const reason = Buffer.from(`no user with ${password}`);
  const connack = [0x20, reason.length + 6, 0, 0x86, reason.length + 3, 0x1f, 0, reason.length];
  using server = TestServer.tcp(null, (packet, connection) => {
    connection.send(versionOf(packet) === 5 ? [...connack, ...reason] : [0x20, 2, 0, 4]);
  });
  const document = await examined(`mqtt://localhost:${server.port}`);
  expect(wrongIn(document)).toEqual([
    'connect-5.0 failed credentials.wrong-password',
    'connect-3.1.1 failed credentials.wrong-password',
  ]);
  expect(document.text).toContain('no user with ***');
  expect(document.text).not.toContain(password);
  const { output } = await doctor(`mqtt://device:${password}@localhost:${server.port}`);
  expect(output).toContain('no user with ***');
  expect(output).not.toContain(password);
});

test('a broker without 3.1.1 is a warning: some devices have nothing else', async () => {
  using server = TestServer.tcp(null, (packet, connection) => {
    if (typeOf(packet) === 1) connection.send(versionOf(packet) === 5 ? [0x20, 5, 0, 0, 2, 0x24, 0] : [0x20, 2, 0, 1]);
  });
  const document = await examined(`mqtt://localhost:${server.port}`, '--connect-timeout', '2');
  expect(wrongIn(document)[0]).toBe('connect-3.1.1 warning protocol.version');
});

test('a 5.0 that cannot be read, beside a 3.1.1 that can', async () => {
  using server = TestServer.tcp(null, (packet, connection) => {
    const isConnect = typeOf(packet) === 1;
    if (isConnect) connection.send(versionOf(packet) === 5 ? [0x20, 5, 0, 0, 3, 0x24, 0] : [0x20, 2, 0, 0]);
    else connection.end();
  });
  const document = await examined(`mqtt://localhost:${server.port}`);
  expect(wrongIn(document)[0]).toBe('connect-5.0 warning protocol.malformed');
});

test('a CONNECT that is too large for the server', async () => {
  using server = TestServer.tcp(null, (packet, connection) => {
    if (versionOf(packet) === 5) connection.send([0x20, 3, 0, 0x95, 0]);
    connection.end();
  });
  const document = await examined(`mqtt://localhost:${server.port}`);
  expect(wrongIn(document)[0]).toBe('connect-5.0 failed limit.packet-size');
  expect(document.exitCode).toBe(21);
});

test('bytes that are no MQTT', async () => {
  using server = TestServer.tcp(null, (_packet, connection) => connection.send(Buffer.from('hello\r\n')));
  const document = await examined(`mqtt://localhost:${server.port}`);
  expect(wrongIn(document)).toEqual(['port failed port.not-mqtt']);
});

test('a server that says why it ends an idle connection is not one that was cut', async () => {
  let connections = 0;
  using server = TestServer.tcp(
    null,
    brokerScript({
      connect: (packet, connection) => {
        connections += 1;
        connection.send(versionOf(packet) === 5 ? [0x20, 5, 0, 0, 2, 0x24, 0] : [0x20, 2, 0, 0]);
        // The first is 3.1.1, the second makes the round trip.
        if (connections === 3) connection.send([0xe0, 2, 0x8b, 0]);
      },
    }),
  );
  const document = await examined(`mqtt://localhost:${server.port}`, '--connect-timeout', '2', '--idle', '5');
  expect(wrongIn(document).at(-1)).toBe('idle failed server.draining');
});

test('a WebSocket server that does not name the subprotocol', async () => {
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('data', (request: Buffer) => {
        const key = /^Sec-WebSocket-Key: (.+)\r$/m.exec(request.toString('latin1'))?.[1] ?? '';
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
        socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, '\r\n'].join('\r\n'));
        socket.once('data', () => socket.end());
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const document = await examined(`ws://localhost:${(server.address() as AddressInfo).port}/mqtt`);
    expect(wrongIn(document)).toEqual([
      'websocket failed websocket.subprotocol',
      'connect-5.0 failed protocol.no-connack',
      'connect-3.1.1 failed protocol.no-connack',
    ]);
  } finally {
    server.close();
  }
});

describe('TLS', () => {
  let certificates: TestCertificates;
  let directory: string;
  let ca: string;
  beforeAll(async () => {
    certificates = await makeCertificates();
    directory = mkdtempSync(join(tmpdir(), 'berth-doctor-'));
    ca = join(directory, 'ca.crt');
    writeFileSync(ca, certificates.ca);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('a server that wants a client certificate says so', async () => {
    const { cert, key } = certificates;
    const server = createTlsServer({ cert, key, ca: certificates.ca, requestCert: true, rejectUnauthorized: true });
    server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const document = await examined(`mqtts://localhost:${port}`, '--ca', ca);
      expect(wrongIn(document)[0]).toBe('connect-5.0 failed tls.failed');
      expect(document.text).toContain('the server wants a client certificate');
    } finally {
      server.close();
    }
  });

  test('--insecure makes a warning of a certificate that is not trusted, and logs in', async () => {
    using server = TestServer.tcp(certificates, (packet, connection) => {
      if (typeOf(packet) === 1) connection.send(versionOf(packet) === 5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]);
      else connection.end();
    });
    const document = await examined(`mqtts://localhost:${server.port}`, '--insecure');
    expect(wrongIn(document)[0]).toBe('trust warning tls.unknown-ca');
    expect(document.findings.find(({ step }) => step === 'connect-5.0')?.status).toBe('ok');
  });

  test('--for shows the lines of the language', async () => {
    using server = TestServer.tcp(certificates, (_packet, connection) => connection.end());
    const document = await examined(`mqtts://localhost:${server.port}`, '--for', 'go');
    const trust = document.findings.find(({ step }) => step === 'trust');
    expect(trust?.fault?.help?.lines.join('\n')).toContain('RootCAs');
  });
});

test('what cannot be examined is wrong usage', async () => {
  for (const args of [
    ['http://localhost'],
    ['mqtts://localhost', '--no-sni', '--servername', 'a'],
    ['mqtts://localhost', '--for', 'cobol'],
    ['mqtts://localhost', '--topic', 'a/#'],
    ['mqtts://localhost', '--idle', '-1'],
    ['mqtts://localhost', 'another'],
  ]) {
    const { code, output, errors } = await doctor(...args);
    expect([args, code, output]).toEqual([args, 2, '']);
    expect(errors).not.toBe('');
  }
});

test('--help names every class of exit codes', async () => {
  const { code, output } = await doctor('--help');
  expect(code).toBe(0);
  for (let exitCode = 11; exitCode <= 25; exitCode += 1) expect(output).toContain(String(exitCode));
});
