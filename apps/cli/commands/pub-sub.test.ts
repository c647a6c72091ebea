import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faults } from '../../../packages/faults/mod.ts';
import { makeCertificates, TestServer, type Script, type TestCertificates } from '../mqtt/test-server.ts';
import { run } from '../run.ts';
import { TestContext } from '../test-context.ts';

let certificates: TestCertificates;
let folder: string;
let ca: string;

beforeAll(async () => {
  certificates = await makeCertificates();
  folder = mkdtempSync(join(tmpdir(), 'berth-cli-'));
  ca = join(folder, 'ca.crt');
  writeFileSync(ca, certificates.ca);
});
afterAll(() => rmSync(folder, { recursive: true }));

const [CONNECT, PUBLISH, PUBREL, SUBSCRIBE, DISCONNECT] = [1, 3, 6, 8, 14];
const connackV5 = [0x20, 0x03, 0x00, 0x00, 0x00];
const connackV3 = [0x20, 0x02, 0x00, 0x00];

function typeOf(packet: Buffer): number {
  return (packet[0] ?? 0) >> 4;
}

/** Packet identifier behind the fixed header (one byte of length). */
function identifierOf(packet: Buffer): [number, number] {
  return [packet[2] ?? 0, packet[3] ?? 0];
}

/** Packet identifier of a PUBLISH: behind the remaining length and the topic. */
function publishIdentifierOf(packet: Buffer): [number, number] {
  const topic = packet.findIndex((byte, index) => index > 0 && byte < 0x80) + 1;
  const at = topic + 2 + packet.readUInt16BE(topic);
  return [packet[at] ?? 0, packet[at + 1] ?? 0];
}

/** A Reason String property (MQTT 5.0 section 2.2.2.2: 0x1F) with its property length. */
function reasonString(text: string): number[] {
  const bytes = [...Buffer.from(text)];
  return [bytes.length + 3, 0x1f, 0, bytes.length, ...bytes];
}

/** Accepts, grants and acknowledges everything in 5.0. */
const kind: Script = (packet, connection) => {
  if (typeOf(packet) === CONNECT) connection.send(connackV5);
  else if (typeOf(packet) === SUBSCRIBE) connection.send([0x90, 0x04, ...identifierOf(packet), 0x00, 0x01]);
  else if (typeOf(packet) === PUBLISH && ((packet[0] ?? 0) & 0x06) === 0x02)
    connection.send([0x40, 0x02, ...publishIdentifierOf(packet)]);
  else if (typeOf(packet) === PUBLISH && ((packet[0] ?? 0) & 0x06) === 0x04)
    connection.send([0x50, 0x02, ...publishIdentifierOf(packet)]);
  else if (typeOf(packet) === PUBREL) connection.send([0x70, 0x02, ...identifierOf(packet)]);
};

/** Answers CONNECT with the bytes and closes. */
function refuseWith(connack: readonly number[]): Script {
  return (packet, connection) => {
    if (typeOf(packet) !== CONNECT) return;
    connection.send(connack);
    connection.end();
  };
}

function login(server: TestServer, host = 'localhost'): string[] {
  return ['-h', host, '-p', String(server.port), '--ca', ca, '-u', 'device', '-P', 'secret'];
}

describe('pub', () => {
  for (const qos of ['0', '1', '2']) {
    test(`QoS ${qos} over TLS ends with DISCONNECT and exit code 0`, async () => {
      using server = TestServer.tcp(certificates, kind);
      const context = new TestContext();
      expect(await run(['pub', ...login(server), '-t', 'a/b', '-m', 'hello', '-q', qos], context)).toBe(0);
      expect(context.errors).toBe('');
      const publish = await server.packet(PUBLISH);
      expect(publish.includes('a/b')).toBe(true);
      expect(publish.includes('hello')).toBe(true);
      await server.packet(DISCONNECT);
    });
  }

  test('the name below localhost is resolved here and sent as SNI', async () => {
    const names: (string | null)[] = [];
    using server = TestServer.tcp(certificates, (packet, connection) => {
      names.push(connection.serverName);
      kind(packet, connection);
    });
    expect(await run(['pub', ...login(server, 'k3x9.berth.localhost'), '-t', 'a', '-m', 'x'], new TestContext())).toBe(
      0,
    );
    expect(names[0]).toBe('k3x9.berth.localhost');
  });

  test('--servername replaces the SNI where the host is an address', async () => {
    using server = TestServer.tcp(certificates, kind);
    const context = new TestContext();
    const args = ['pub', ...login(server, '127.0.0.1'), '--servername', 'k3x9.berth.localhost', '-t', 'a', '-m', 'x'];
    expect(await run(args, context)).toBe(0);
  });

  test('over WebSocket with TLS, a large message too', async () => {
    using server = TestServer.websocket(certificates, kind);
    const context = new TestContext({ input: 'x'.repeat(200_000) });
    const url = `wss://k3x9.berth.localhost:${server.port}/mqtt`;
    expect(await run(['pub', '--url', url, '--ca', ca, '-t', 'a', '--stdin', '-q', '1'], context)).toBe(0);
    expect((await server.packet(PUBLISH)).length).toBeGreaterThan(200_000);
  });

  test('each line of standard input is a message, in order', async () => {
    using server = TestServer.tcp(certificates, kind);
    const context = new TestContext({ input: 'one\ntwo\r\n\nlast' });
    expect(await run(['pub', ...login(server), '-t', 'a', '-l', '-q', '1'], context)).toBe(0);
    const payloads = server.received
      .filter((packet) => typeOf(packet) === PUBLISH)
      .map((packet) => packet.toString('utf8', 8));
    expect(payloads).toEqual(['one', 'two', '', 'last']);
  });

  test('properties of 5.0 and the will are on the wire', async () => {
    using server = TestServer.tcp(certificates, kind);
    const args = [
      'pub',
      ...login(server),
      '-t',
      'a',
      '-m',
      'x',
      '-r',
      '--content-type',
      'text/x',
      '--user-property',
      'k=v=w',
    ];
    args.push(
      '--response-topic',
      're',
      '--correlation-data',
      'co',
      '--message-expiry',
      '7',
      '--payload-format',
      'utf8',
    );
    args.push(
      '--will-topic',
      'gone',
      '--will-payload',
      'bye',
      '--will-qos',
      '1',
      '--will-delay',
      '5',
      '--session-expiry',
      '9',
    );
    expect(await run(args, new TestContext())).toBe(0);
    const connect = await server.packet(CONNECT);
    // Session Expiry Interval 0x11, Will Delay Interval 0x18.
    expect(connect.includes(Buffer.from([0x11, 0, 0, 0, 9]))).toBe(true);
    expect(connect.includes(Buffer.from([0x18, 0, 0, 0, 5]))).toBe(true);
    expect(connect.includes('gone')).toBe(true);
    const publish = await server.packet(PUBLISH);
    expect((publish[0] ?? 0) & 0x01).toBe(1);
    expect(publish.includes(Buffer.from([0x01, 1]))).toBe(true);
    expect(publish.includes(Buffer.from([0x02, 0, 0, 0, 7]))).toBe(true);
    for (const text of ['text/x', 'v=w', 're', 'co']) expect(publish.includes(text)).toBe(true);
  });

  test('user name and password come from the environment, the password from a file', async () => {
    using server = TestServer.tcp(certificates, kind);
    const file = join(folder, 'password');
    writeFileSync(file, 'from-file\n');
    const env = { BERTH_USERNAME: 'env-user', BERTH_PASSWORD: 'env-password' };
    const base = ['pub', '-p', String(server.port), '--ca', ca, '-t', 'a', '-m', 'x'];
    expect(await run(base, new TestContext({ env }))).toBe(0);
    expect(await run([...base, '--password-file', file], new TestContext({ env }))).toBe(0);
    const [first, second] = server.received.filter((packet) => typeOf(packet) === CONNECT);
    expect(first?.includes('env-user')).toBe(true);
    expect(first?.includes('env-password')).toBe(true);
    expect(second?.includes('from-file')).toBe(true);
  });

  for (const [option, level, name] of [
    ['3.1', 3, 'MQIsdp'],
    ['3.1.1', 4, 'MQTT'],
    ['5', 5, 'MQTT'],
  ] as const) {
    test(`-V ${option} speaks protocol level ${level}`, async () => {
      using server = TestServer.tcp(certificates, (packet, connection) => {
        if (typeOf(packet) === CONNECT) connection.send(level === 5 ? connackV5 : connackV3);
        else kind(packet, connection);
      });
      expect(
        await run(['pub', ...login(server), '-V', option, '-t', 'a', '-m', 'x', '-q', '1'], new TestContext()),
      ).toBe(0);
      const connect = await server.packet(CONNECT);
      expect(connect.includes(name)).toBe(true);
      expect(connect[4 + name.length]).toBe(level);
    });
  }
});

describe('a refusal prints number, name, cause and remedy', () => {
  test('5.0 with a Reason String', async () => {
    const text = faults['sni.unknown'].reasonString ?? '';
    const properties = reasonString(text);
    using server = TestServer.tcp(certificates, refuseWith([0x20, 2 + properties.length, 0, 0x87, ...properties]));
    const context = new TestContext();
    expect(await run(['pub', ...login(server), '-t', 'a', '-m', 'x'], context)).toBe(15);
    expect(context.errors).toContain('CONNACK 0x87 not authorized');
    expect(context.errors).toContain(text);
    expect(context.errors).toContain('error -5  sni.unknown');
    const told = context.errors.replaceAll(/\s+/g, ' ');
    expect(told).toContain(faults['sni.unknown'].cause.en);
    expect(told).toContain(faults['sni.unknown'].remedy.en);
  });

  test('3.1.1, in Chinese', async () => {
    using server = TestServer.tcp(certificates, refuseWith([0x20, 2, 0, 4]));
    const context = new TestContext({ language: 'zh' });
    expect(await run(['sub', ...login(server), '-V', '3.1.1', '-t', 'a'], context)).toBe(14);
    expect(context.errors).toContain('错误 -4');
    expect(context.errors).toContain('用户名或密码未被接受');
  });

  test('the CA is not known', async () => {
    using server = TestServer.tcp(certificates, kind);
    const context = new TestContext();
    expect(await run(['pub', '-p', String(server.port), '-t', 'a', '-m', 'x'], context)).toBe(13);
    expect(context.errors).toContain('tls.unknown-ca');
  });

  test('an IP address sends no SNI', async () => {
    using server = TestServer.tcp(certificates, kind);
    const context = new TestContext();
    expect(await run(['pub', ...login(server, '127.0.0.1'), '-t', 'a', '-m', 'x'], context)).toBe(15);
    expect(context.errors).toContain('sni.missing');
  });

  test('nothing listens', async () => {
    let port: number;
    {
      using server = TestServer.tcp(null, kind);
      port = server.port;
    }
    const context = new TestContext();
    expect(await run(['pub', '-h', '127.0.0.1', '-p', String(port), '-t', 'a', '-m', 'x'], context)).toBe(12);
    expect(context.errors).toContain('port.refused');
  });

  test('plain MQTT on a port that answers with a TLS alert', async () => {
    using server = TestServer.tcp(null, refuseWith([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]));
    const context = new TestContext();
    expect(await run(['pub', '--url', `mqtt://127.0.0.1:${server.port}`, '-t', 'a', '-m', 'x'], context)).toBe(12);
    expect(context.errors).toContain('port.plain-mqtt-on-tls');
  });

  test('a wrong WebSocket path, with what the server says', async () => {
    using server = TestServer.websocket(certificates, kind);
    const context = new TestContext();
    const url = `wss://localhost:${server.port}/wrong`;
    expect(await run(['pub', '--url', url, '--ca', ca, '-t', 'a', '-m', 'x'], context)).toBe(12);
    expect(context.errors).toContain('HTTP 404');
    expect(context.errors).toContain('websocket.path');
  });

  test('PUBACK with a reason', async () => {
    const properties = reasonString(faults['access.publish-denied'].reasonString ?? '');
    using server = TestServer.tcp(certificates, (packet, connection) => {
      if (typeOf(packet) !== PUBLISH) return kind(packet, connection);
      connection.send([0x40, 3 + properties.length, ...publishIdentifierOf(packet), 0x87, ...properties]);
    });
    const context = new TestContext();
    expect(await run(['pub', ...login(server), '-t', 'a', '-m', 'x', '-q', '1'], context)).toBe(20);
    expect(context.errors).toContain('access.publish-denied');
  });

  test('SUBACK with a code, and the filter that it is about', async () => {
    using server = TestServer.tcp(certificates, (packet, connection) => {
      if (typeOf(packet) !== SUBSCRIBE) return kind(packet, connection);
      connection.send([0x90, 5, ...identifierOf(packet), 0x00, 0x00, 0x97]);
    });
    const context = new TestContext();
    expect(await run(['sub', ...login(server), '-t', 'good', '-t', 'too/many'], context)).toBe(21);
    expect(context.errors).toContain('limit.subscriptions');
    expect(context.errors).toContain('too/many');
  });

  test('a message that is never acknowledged because the connection ends', async () => {
    using server = TestServer.tcp(certificates, (packet, connection) => {
      if (typeOf(packet) === PUBLISH) connection.end();
      else kind(packet, connection);
    });
    const context = new TestContext();
    expect(await run(['pub', ...login(server), '-t', 'a', '-m', 'x', '-q', '1'], context)).toBe(23);
    expect(context.errors).toContain('connection.lost');
  });

  test('DISCONNECT while standard input is silent', async () => {
    using server = TestServer.tcp(certificates, (packet, connection) => {
      kind(packet, connection);
      if (typeOf(packet) !== PUBLISH) return;
      connection.send([0xe0, 2, 0x8e, 0]);
      connection.end();
    });
    const context = new TestContext({ input: silentAfter('one\n') });
    expect(await run(['pub', ...login(server), '-t', 'a', '-l', '-q', '1'], context)).toBe(22);
    expect(context.errors).toContain('session.taken-over');
  });
});

async function* silentAfter(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
  await new Promise(() => {});
}

/** Subscribes kindly, then sends the packets. */
function deliver(...packets: readonly (readonly number[])[]): Script {
  return (packet, connection) => {
    kind(packet, connection);
    if (typeOf(packet) === SUBSCRIBE) connection.send(...packets);
  };
}

/** A 5.0 PUBLISH at QoS 0. */
function publishPacket(
  topic: string,
  payload: readonly number[],
  properties: readonly number[] = [],
  flags = 0,
): number[] {
  const body = [0, topic.length, ...Buffer.from(topic), properties.length, ...properties, ...payload];
  return [0x30 | flags, body.length, ...body];
}

describe('sub', () => {
  const hello = [...Buffer.from('hello')];

  test('-C ends after so many messages, -v prints topics', async () => {
    using server = TestServer.tcp(
      certificates,
      deliver(publishPacket('a/b', hello), publishPacket('c', []), publishPacket('d', hello)),
    );
    const context = new TestContext();
    expect(await run(['sub', ...login(server), '-t', '#', '-v', '-C', '2'], context)).toBe(0);
    expect(context.output.toString()).toBe('a/b hello\nc \n');
    await server.packet(DISCONNECT);
  });

  test('a payload that is not text is written byte for byte', async () => {
    using server = TestServer.tcp(certificates, deliver(publishPacket('a', [0, 0xff, 0xfe])));
    const context = new TestContext();
    expect(await run(['sub', ...login(server), '-t', '#', '-C', '1'], context)).toBe(0);
    expect([...context.output]).toEqual([0, 0xff, 0xfe, 0x0a]);
  });

  test('--json has the properties; base64 where the payload is not UTF-8', async () => {
    const contentType = [0x03, 0, 1, 0x74];
    using server = TestServer.tcp(
      certificates,
      deliver(publishPacket('a', hello, contentType), publishPacket('b', [0xff])),
    );
    const context = new TestContext();
    expect(await run(['sub', ...login(server), '-t', '#', '-C', '2', '--json'], context)).toBe(0);
    const lines = context.output
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines[0]).toMatchObject({
      topic: 'a',
      qos: 0,
      retain: false,
      payload: 'hello',
      encoding: 'utf8',
      properties: { contentType: 't' },
    });
    expect(lines[1]).toMatchObject({ topic: 'b', payload: '/w==', encoding: 'base64' });
  });

  test('--no-retained leaves out retained messages', async () => {
    using server = TestServer.tcp(certificates, deliver(publishPacket('a', hello, [], 1), publishPacket('b', hello)));
    const context = new TestContext();
    expect(await run(['sub', ...login(server), '-t', '#', '-C', '1', '-v', '--no-retained'], context)).toBe(0);
    expect(context.output.toString()).toBe('b hello\n');
    // Retain Handling 2 in the Subscription Options.
    expect((await server.packet(SUBSCRIBE)).at(-1)).toBe(0x20);
  });

  test('subscription options and properties of 5.0 are on the wire', async () => {
    using server = TestServer.tcp(certificates, deliver(publishPacket('a', hello)));
    const args = ['sub', ...login(server), '-t', '#', '-C', '1', '-q', '1', '--no-local', '--retain-as-published'];
    args.push('--retain-handling', '1', '--subscription-identifier', '5');
    expect(await run(args, new TestContext())).toBe(0);
    const packet = await server.packet(SUBSCRIBE);
    expect(packet.at(-1)).toBe(0x01 | 0x04 | 0x08 | 0x10);
    expect(packet.includes(Buffer.from([0x0b, 5]))).toBe(true);
  });

  test('over WebSocket, a large message too', async () => {
    const body = Buffer.concat([Buffer.from([0, 1, 0x61, 0]), Buffer.alloc(100_000, 'x')]);
    const large = [0x30, 0x80 | (body.length & 0x7f), 0x80 | ((body.length >> 7) & 0x7f), body.length >> 14, ...body];
    using server = TestServer.websocket(certificates, deliver(large));
    const context = new TestContext();
    expect(
      await run(['sub', '--url', `wss://localhost:${server.port}`, '--ca', ca, '-t', '#', '-C', '1'], context),
    ).toBe(0);
    expect(context.output.length).toBe(100_001);
  });

  test('Ctrl-C sends DISCONNECT and exits with 0', async () => {
    using server = TestServer.tcp(certificates, deliver(publishPacket('a', hello)));
    const context = new TestContext();
    const finished = run(['sub', ...login(server), '-t', '#'], context);
    await context.printed('hello\n');
    context.interrupt();
    expect(await finished).toBe(0);
    await server.packet(DISCONNECT);
    expect(context.errors).toBe('');
  });

  test('-W ends with 3 where messages are missing, with 0 where none were counted', async () => {
    using server = TestServer.tcp(certificates, kind);
    expect(await run(['sub', ...login(server), '-t', '#', '-W', '1', '-C', '1'], new TestContext())).toBe(3);
    expect(await run(['sub', ...login(server), '-t', '#', '-W', '1'], new TestContext())).toBe(0);
  });

  test('--no-clean resumes the session of its client identifier', async () => {
    using server = TestServer.tcp(certificates, deliver(publishPacket('a', hello)));
    expect(
      await run(['sub', ...login(server), '-t', '#', '-C', '1', '--no-clean', '-i', 'worker-1'], new TestContext()),
    ).toBe(0);
    const connect = await server.packet(CONNECT);
    // Connect Flags: Clean Start off. Session Expiry Interval: does not expire.
    expect((connect[9] ?? 0) & 0x02).toBe(0);
    expect(connect.includes(Buffer.from([0x11, 0xff, 0xff, 0xff, 0xff]))).toBe(true);
  });
});
