import { describe, expect, spyOn, test } from 'bun:test';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { maskedFrame, takeFrame, upgradeRequest } from '../../../../testkit/websocket-frames.ts';
import type { Frame } from '../../../../testkit/websocket-frames.ts';
import type { EdgeLimits } from '../options.ts';
import { SendBuffer } from '../send-buffer.ts';
import { firstCertificate } from '../test-certificates.ts';
import { TestClient, patternBytes } from '../test-client.ts';
import { clientHello } from '../test-client-hello.ts';
import { TestEdge, receivedBytes, testDeployment } from '../test-edge.ts';

const MiB = 1024 * 1024;

function listen(kind: 'ws' | 'wss' = 'ws', limits: Partial<EdgeLimits> = {}) {
  const core = new TestEdge(limits);
  const { port } =
    kind === 'wss'
      ? core.edge.listenTls(kind, '127.0.0.1', 0, firstCertificate)
      : core.edge.listenPlain(kind, '127.0.0.1', 0, testDeployment);
  return { core, edge: core.edge, port, [Symbol.dispose]: () => core[Symbol.dispose]() };
}

/** A client that speaks frames by hand. */
class FrameClient implements Disposable {
  readonly client: TestClient;
  #read = 0;

  private constructor(client: TestClient) {
    this.client = client;
  }

  /** @param behind bytes in the same piece as the request. */
  static async open(port: number, behind: Uint8Array = new Uint8Array()): Promise<FrameClient> {
    const client = await TestClient.tcp(port);
    const { text, accept } = upgradeRequest({ host: 'a.berth.localhost:1', path: '/mqtt', protocols: 'mqtt' });
    client.write(Buffer.concat([Buffer.from(text), behind]));
    await client.until(() => client.bytes.includes('\r\n\r\n'));
    const frames = new FrameClient(client);
    frames.#read = client.bytes.indexOf('\r\n\r\n') + 4;
    expect(client.bytes.toString('latin1', 0, frames.#read)).toContain(accept);
    return frames;
  }

  send(payload: Uint8Array | string, options: { opcode?: number; final?: boolean } = {}): void {
    this.client.write(maskedFrame(Buffer.from(payload), options));
  }

  async next(): Promise<Frame> {
    let taken = takeFrame(this.client.bytes.subarray(this.#read));
    while (taken === null) {
      await this.client.receive(this.client.length + 1);
      taken = takeFrame(this.client.bytes.subarray(this.#read));
    }
    this.#read = this.client.length - taken.rest.length;
    return taken.frame;
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }
}

const closePayload = (code: number): Uint8Array => Uint8Array.of(code >> 8, code & 0xff);

describe('a client that we did not write', () => {
  for (const kind of ['ws', 'wss'] as const) {
    test(`opens over ${kind}, exchanges messages of every length class, and closes in order`, async () => {
      using server = listen(kind);
      server.core.onData = ({ id }, bytes) => server.edge.send(id, bytes);
      const client = new WebSocket(`${kind}://127.0.0.1:${server.port}/mqtt`, ['mqttv3.1', 'mqtt'], {
        rejectUnauthorized: false,
        headers: { Host: 'A.Berth.localhost:8084' },
        // Of the TLS client underneath; the types leave it out.
        ...{ servername: 'a.berth.localhost' },
      });
      await once(client, 'open');
      expect(client.protocol).toBe('mqttv3.1');
      const connection = await server.core.opened();
      expect(connection.facts).toMatchObject({
        listener: kind,
        deployment: kind === 'ws' ? testDeployment : null,
        serverName: kind === 'ws' ? null : 'a.berth.localhost',
        host: 'a.berth.localhost',
        tlsVersion: kind === 'ws' ? null : 'TLSv1.3',
      });
      let received = Buffer.alloc(0);
      const wake: (() => void)[] = [];
      client.on('message', (data: Buffer) => {
        received = Buffer.concat([received, data]);
        wake.pop()?.();
      });
      for (const length of [1, 125, 126, 65_535, 65_536, 3 * MiB]) {
        received = Buffer.alloc(0);
        const bytes = patternBytes(length);
        client.send(bytes);
        while (received.length < length) await new Promise<void>((resolve) => wake.push(resolve));
        expect(Buffer.compare(received, bytes)).toBe(0);
      }
      client.close(1000, 'bye');
      const [code] = (await once(client, 'close')) as [number];
      expect(code).toBe(1000);
      expect(await server.core.closed(connection)).toEqual({ kind: 'peer' });
    });

    test(`sees close code 1000 over ${kind} when the core ends the connection`, async () => {
      using server = listen(kind);
      const client = new WebSocket(`${kind}://127.0.0.1:${server.port}/mqtt`, 'mqtt', { rejectUnauthorized: false });
      await once(client, 'open');
      const connection = await server.core.opened();
      server.edge.send(connection.id, Buffer.from('last words'));
      server.edge.end(connection.id);
      const [[data], [code]] = await Promise.all([once(client, 'message'), once(client, 'close')]);
      expect(String(data)).toBe('last words');
      expect(code).toBe(1000);
      expect(await server.core.closed(connection)).toEqual({ kind: 'local' });
    });
  }
});

describe('frames', () => {
  test('what is sent in one turn is one frame', async () => {
    using server = listen();
    using client = await FrameClient.open(server.port);
    const { id } = await server.core.opened();
    for (let index = 0; index < 50; index++) server.edge.send(id, Uint8Array.of(index, index));
    const frame = await client.next();
    expect(frame).toMatchObject({ opcode: 2, final: true });
    expect(frame.payload.length).toBe(100);
  });

  test('behind the upgrade request, in the same piece, are taken', async () => {
    using server = listen();
    const first = maskedFrame(Buffer.from('first'));
    using client = await FrameClient.open(
      server.port,
      Buffer.concat([first, maskedFrame(Buffer.from('p'), { opcode: 9 })]),
    );
    const connection = await server.core.opened();
    expect((await client.next()).opcode).toBe(10);
    expect(receivedBytes(connection).toString()).toBe('first');
  });

  test('behind the upgrade request: what the core has copied of them is its own', async () => {
    using server = listen();
    const slices: Uint8Array[] = [];
    server.core.onData = (_connection, bytes) => {
      slices.push(bytes.slice());
      bytes.fill(0);
    };
    using _client = await FrameClient.open(server.port, maskedFrame(Buffer.from('first')));
    await server.core.until(() => slices.length > 0);
    expect(Buffer.concat(slices).toString()).toBe('first');
  });

  test('of the core, sent while the connection opens, come behind the response', async () => {
    using server = listen();
    server.core.onOpened = ({ id }) => server.edge.send(id, Buffer.from('welcome'));
    using client = await FrameClient.open(server.port);
    expect(Buffer.from((await client.next()).payload).toString()).toBe('welcome');
  });

  test('a slow reader gets every byte, in frames, and a pong for the newest ping', async () => {
    using server = listen();
    using client = await FrameClient.open(server.port);
    client.client.socket.pause();
    const connection = await server.core.opened();
    const bytes = patternBytes(8 * MiB);
    for (let start = 0; start < bytes.length; start += 10_007) {
      server.edge.send(connection.id, bytes.subarray(start, start + 10_007));
    }
    await server.core.until(() => connection.drained.length > 0);
    const buffered = connection.drained[0] ?? 0;
    for (let ping = 0; ping < 1_000; ping++) client.send(`ping ${ping}`, { opcode: 9 });
    client.send('behind the pings');
    await server.core.until(() => connection.receivedLength > 0);
    // None of the pongs waits in memory.
    expect(server.edge.send(connection.id, new Uint8Array(0))).toBeLessThanOrEqual(buffered);
    client.client.socket.resume();
    const payload: Uint8Array[] = [];
    let length = 0;
    while (length < bytes.length) {
      await client.client.receive(client.client.length);
      const frame = await client.next();
      expect(frame.opcode).toBe(2);
      payload.push(frame.payload);
      length += frame.payload.length;
    }
    expect(Buffer.compare(Buffer.concat(payload), bytes)).toBe(0);
    const pong = await client.next();
    expect(pong.opcode).toBe(10);
    expect(Buffer.from(pong.payload).toString()).toBe('ping 999');
    await server.core.until(() => connection.drained.at(-1) === 0);
  });

  test('of a flood of pings the first ones and the newest are answered, and none of them fills memory', async () => {
    using server = listen();
    using client = await FrameClient.open(server.port);
    await server.core.opened();
    const flood = Array.from({ length: 20_000 }, (_, index) => maskedFrame(Buffer.from(String(index)), { opcode: 9 }));
    const buffered = spyOn(SendBuffer.prototype, 'appendRaw');
    try {
      client.client.write(Buffer.concat(flood));
      for (let pong = await client.next(); Buffer.from(pong.payload).toString() !== '19999'; pong = await client.next())
        expect(pong.opcode).toBe(10);
      // A few for each piece that was read, and each answer one piece.
      expect(buffered.mock.calls.length).toBeLessThan(1_000);
      for (const [bytes] of buffered.mock.calls) expect(bytes.length).toBeLessThan(2_048);
    } finally {
      buffered.mockRestore();
    }
  });

  test('a few pings in one piece are each answered, in their order', async () => {
    using server = listen();
    using client = await FrameClient.open(server.port);
    client.client.write(
      Buffer.concat(Array.from({ length: 10 }, (_, index) => maskedFrame(Buffer.from(String(index)), { opcode: 9 }))),
    );
    for (let index = 0; index < 10; index++)
      expect(Buffer.from((await client.next()).payload).toString()).toBe(String(index));
  });

  test('a ping is answered with its payload, between fragments too', async () => {
    using server = listen();
    using client = await FrameClient.open(server.port);
    const connection = await server.core.opened();
    client.send('a', { final: false });
    client.send('payload', { opcode: 9 });
    client.send('b', { opcode: 0 });
    const pong = await client.next();
    expect([pong.opcode, Buffer.from(pong.payload).toString()]).toEqual([10, 'payload']);
    await server.core.until(() => connection.receivedLength === 2);
    expect(receivedBytes(connection).toString()).toBe('ab');
  });

  test('pause holds frames back, resume loses none', async () => {
    using server = listen();
    using client = await FrameClient.open(server.port);
    const connection = await server.core.opened();
    const bytes = patternBytes(4 * MiB);
    server.core.onData = ({ id }) => {
      server.edge.pause(id);
      setImmediate(() => server.edge.resume(id));
    };
    client.send(bytes);
    await server.core.until(() => connection.receivedLength === bytes.length);
    expect(server.core.wrongs).toEqual([]);
  });
});

describe('the end of a WebSocket connection', () => {
  test('by the peer: the close frame is echoed, then the server closes', async () => {
    using server = listen();
    using client = await FrameClient.open(server.port);
    const connection = await server.core.opened();
    client.send(closePayload(1001), { opcode: 8 });
    expect(await client.next()).toMatchObject({ opcode: 8, payload: closePayload(1001) });
    expect(await client.client.end()).toBe('ended');
    client.client.socket.destroy();
    expect(await server.core.closed(connection)).toEqual({ kind: 'peer' });
  });

  test('by the peer without a close frame', async () => {
    using server = listen();
    using client = await FrameClient.open(server.port);
    client.client.socket.end();
    expect(await server.core.closed(await server.core.opened())).toEqual({ kind: 'peer' });
  });

  test('by the core: a peer that does not answer the close frame is cut after the linger time', async () => {
    using server = listen();
    using client = await FrameClient.open(server.port);
    const connection = await server.core.opened();
    server.edge.end(connection.id);
    expect(await client.next()).toMatchObject({ opcode: 8, payload: closePayload(1000) });
    server.core.now += 5_000;
    expect(await server.core.closed(connection)).toEqual({ kind: 'local' });
  });

  test('by the core: what the peer sends meanwhile is dropped, and its close frame ends it', async () => {
    using server = listen();
    using client = await FrameClient.open(server.port);
    const connection = await server.core.opened();
    server.edge.end(connection.id);
    expect((await client.next()).opcode).toBe(8);
    client.send('late');
    client.send(closePayload(1000), { opcode: 8 });
    expect(await client.client.end()).toBe('ended');
    client.client.socket.destroy();
    expect(await server.core.closed(connection)).toEqual({ kind: 'local' });
    expect(connection.receivedLength).toBe(0);
  });

  const violations: readonly (readonly [string, Uint8Array, number, string])[] = [
    ['a text frame', maskedFrame(Buffer.from('x'), { opcode: 1 }), 1003, 'websocket.text-frame'],
    ['a frame without a mask', Uint8Array.of(0x82, 1, 97), 1002, 'websocket.protocol-error'],
    [
      'a reason that is not UTF-8',
      maskedFrame(Uint8Array.of(3, 232, 255), { opcode: 8 }),
      1007,
      'websocket.protocol-error',
    ],
    ['a message over the limit', maskedFrame(new Uint8Array(1_001)), 1009, 'limit.packet-size'],
  ];
  for (const [name, bytes, code, fault] of violations) {
    test(`by ${name}: close code ${code} and a fault`, async () => {
      using server = listen('ws', { webSocketMessageBytesMax: 1_000 });
      using client = await FrameClient.open(server.port);
      const connection = await server.core.opened();
      client.client.write(bytes);
      expect(await client.next()).toMatchObject({ opcode: 8, payload: closePayload(code) });
      expect(await client.client.end()).toBe('ended');
      client.client.socket.destroy();
      expect(await server.core.closed(connection)).toMatchObject({ kind: 'fault', fault });
      expect(connection.receivedLength).toBe(0);
    });
  }
});

describe('before the upgrade', () => {
  test('a request a byte at a time', async () => {
    using server = listen();
    using client = await TestClient.tcp(server.port);
    client.socket.setNoDelay(true);
    const { text, accept } = upgradeRequest({ host: 'a', path: '/mqtt', protocols: 'mqtt' });
    for (const letter of text) {
      client.write(letter);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.until(() => client.bytes.includes('\r\n\r\n'));
    expect(client.bytes.toString()).toContain(accept);
  });

  for (const [path, status, fault] of [
    ['/', 404, 'websocket.path'],
    ['/mqtt', 400, 'websocket.subprotocol'],
  ] as const) {
    test(`${status} is answered and reported for ${path} without a subprotocol`, async () => {
      using server = listen('ws');
      using client = await TestClient.tcp(server.port);
      client.write(upgradeRequest({ host: 'A.example:99', path, protocols: null }).text);
      expect(await client.end()).toBe('ended');
      expect(client.bytes.toString()).toStartWith(`HTTP/1.1 ${status} `);
      expect(await server.core.refused()).toMatchObject({ listener: 'ws', host: 'a.example', fault });
      expect(server.core.connections).toEqual([]);
      expect(server.core.refusals).toHaveLength(1);
    });
  }

  const guests: readonly (readonly [string, Uint8Array, string, string])[] = [
    ['MQTT', Buffer.from('\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0', 'latin1'), 'port.mqtt-on-websocket', ''],
    ['TLS', clientHello(), 'port.tls-on-plain', ''],
    ['random bytes', Uint8Array.of(0xfe, 0x01), 'websocket.bad-request', 'HTTP/1.1 400 '],
    ['a request that never ends', Buffer.from(`GET /${'a'.repeat(9_000)}`), 'websocket.bad-request', 'HTTP/1.1 431 '],
  ];
  for (const [name, bytes, fault, answer] of guests) {
    test(`${name} is named ${fault}`, async () => {
      using server = listen();
      using client = await TestClient.tcp(server.port);
      client.write(bytes);
      expect(await client.end()).toBe('ended');
      expect(client.bytes.toString()).toStartWith(answer);
      expect((await server.core.refused()).fault as string).toBe(fault);
    });
  }

  test('MQTT inside TLS on the WebSocket port is named, with the SNI', async () => {
    using server = listen('wss');
    using client = await TestClient.tls(server.port, { servername: 'a.berth.localhost' });
    client.write(Buffer.from('\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0', 'latin1'));
    await client.end();
    expect(await server.core.refused()).toMatchObject({
      fault: 'port.mqtt-on-websocket',
      serverName: 'a.berth.localhost',
      tlsVersion: 'TLSv1.3',
    });
  });

  test('a peer that closes, resets or says nothing is reported once', async () => {
    using server = listen('ws', { handshakeTimeoutMs: 30_000 });
    using closing = await TestClient.tcp(server.port);
    closing.socket.end('GET /mq');
    expect((await server.core.refused(0)).fault).toBe('websocket.bad-request');
    using resetting = await TestClient.tcp(server.port);
    resetting.socket.resetAndDestroy();
    expect((await server.core.refused(1)).fault).toBe('websocket.bad-request');
    using silent = await TestClient.tcp(server.port);
    using _behind = await FrameClient.open(server.port);
    server.core.now += 30_000;
    expect((await server.core.refused(2)).detail).toContain('30000 ms');
    await silent.end();
    expect(server.core.refusals).toHaveLength(3);
  });
});
